/* SPDX-License-Identifier: MIT */
/* See log_entry.h: one object of texts and numbers, without escapes but \" and \\. */
#include "log_entry.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/container.h"
#include "base/parse.h"

static const struct {
	const char *key;
	size_t offset;
	size_t size; /* of a text; 0: it is a number */
} members[] = {
	{ "generation", offsetof(struct log_entry, generation), 0 },
	{ "pid", offsetof(struct log_entry, pid), 0 },
	{ "ms", offsetof(struct log_entry, ms), 0 },
	{ "level", offsetof(struct log_entry, level), sizeof(((struct log_entry *)0)->level) },
	{ "event", offsetof(struct log_entry, event), sizeof(((struct log_entry *)0)->event) },
	{ "subject", offsetof(struct log_entry, subject),
		sizeof(((struct log_entry *)0)->subject) },
	{ "message", offsetof(struct log_entry, message),
		sizeof(((struct log_entry *)0)->message) },
};

/* Reads the text behind a quotation mark, up to the next one. Where it goes on, or NULL. */
static const char *read_text(const char *at, char *ret, size_t size)
{
	size_t length = 0;

	for (; *at && *at != '"'; at++) {
		if (*at == '\\' && !*++at)
			return NULL;
		if (length < size - 1)
			ret[length++] = *at;
	}
	ret[length] = '\0';
	return *at ? at + 1 : NULL;
}

static const char *read_number(const char *at, int *ret)
{
	char digits[16];
	size_t length = strcspn(at, ",}");

	if (length >= sizeof(digits))
		return NULL;
	memcpy(digits, at, length);
	digits[length] = '\0';
	return parse_int(digits, 0, INT_MAX, ret) == 0 ? at + length : NULL;
}

static void put_text(struct log_entry *entry, const char *key, const char *text)
{
	for (size_t i = 0; i < array_length(members); i++) {
		char *to = (char *)entry + members[i].offset;
		size_t size = members[i].size;

		if (size == 0 || strcmp(members[i].key, key) != 0)
			continue;
		size_t length = strnlen(text, size - 1);

		memcpy(to, text, length);
		to[length] = '\0';
	}
}

static void put_number(struct log_entry *entry, const char *key, int number)
{
	for (size_t i = 0; i < array_length(members); i++)
		if (members[i].size == 0 && strcmp(members[i].key, key) == 0)
			memcpy((char *)entry + members[i].offset, &number, sizeof(number));
}

/* Reads "KEY":VALUE. Where it goes on, or NULL. */
static const char *read_member(const char *at, struct log_entry *entry)
{
	char key[32], text[PIPE_BUF];
	int number = 0;

	if (*at != '"')
		return NULL;
	at = read_text(at + 1, key, sizeof(key));
	if (!at || *at != ':')
		return NULL;
	at++;
	if (*at == '"') {
		at = read_text(at + 1, text, sizeof(text));
		if (at)
			put_text(entry, key, text);
		return at;
	}
	at = read_number(at, &number);
	if (at)
		put_number(entry, key, number);
	return at;
}

int log_entry_parse(const char *line, struct log_entry *ret)
{
	struct log_entry entry = { 0 };
	const char *at = line;

	/* Whatever the server writes goes to the same place. */
	if (strncmp(line, "{\"time\":\"", 9) != 0)
		return -EINVAL;
	do {
		at = read_member(at + 1, &entry);
		if (!at)
			return -EINVAL;
	} while (*at == ',');
	if (strcmp(at, "}") != 0 || !*entry.level)
		return -EINVAL;
	*ret = entry;
	return 0;
}
