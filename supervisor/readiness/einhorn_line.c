/* SPDX-License-Identifier: MIT */
/*
 * Einhorn's commands: one YAML mapping, with '%' and newline escaped so that
 * it fits a line, or JSON, which is YAML. The part of the two that its
 * clients write is pairs of plain or quoted words.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "readiness/einhorn.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undoes %25 and %0A (and any other); the result is never longer. */
static size_t unescape(const char *line, size_t length, char *ret)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		int high = line[i] == '%' && i + 2 < length ? hex_digit(line[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(line[i + 2]) : -1;

		if (low < 0) {
			ret[used++] = line[i];
			continue;
		}
		ret[used++] = (char)(high * 16 + low);
		i += 2;
	}
	return used;
}

struct word {
	const char *text;
	size_t length;
};

static bool is_decoration(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '"' || c == '\'';
}

/* Without blanks and quotes around it. */
static struct word strip(struct word word)
{
	while (word.length && is_decoration(word.text[0])) {
		word.text++;
		word.length--;
	}
	while (word.length && is_decoration(word.text[word.length - 1]))
		word.length--;
	return word;
}

static bool is_word(struct word word, const char *text)
{
	/* A Ruby symbol begins with a colon. */
	if (word.length && word.text[0] == ':') {
		word.text++;
		word.length--;
	}
	return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

/* Splits "key: value"; false if that is none. */
static bool split_pair(struct word pair, struct word *ret_key, struct word *ret_value)
{
	pair = strip(pair);
	if (pair.length < 2)
		return false;
	const char *colon = memchr(pair.text + 1, ':', pair.length - 1);
	if (!colon)
		return false;
	size_t length = (size_t)(colon - pair.text);

	*ret_key = strip((struct word){ pair.text, length });
	*ret_value = strip((struct word){ colon + 1, pair.length - length - 1 });
	return true;
}

int einhorn_parse(const char *line, size_t length, enum einhorn_command *ret)
{
	char text[EINHORN_LINE_SIZE];
	struct word key, value;

	if (length > sizeof(text))
		return -EINVAL;
	length = unescape(line, length, text);
	for (size_t start = 0, end; start < length; start = end + 1) {
		for (end = start; end < length && !strchr("{},\n", text[end]);)
			end++;
		if (!split_pair((struct word){ text + start, end - start }, &key, &value) ||
			!is_word(key, "command"))
			continue;
		if (value.length == 0)
			return -EINVAL;
		*ret = is_word(value, "worker:ack") ? EINHORN_ACK : EINHORN_OTHER;
		return 0;
	}
	return -EINVAL;
}
