/* SPDX-License-Identifier: MIT */
/* See notify_message.h. What each key means: sd_notify(3). */
#include "notify_message.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/container.h"
#include "base/error.h"
#include "base/parse.h"
#include "base/utf8.h"

/* The longest value that is no status: a number of 20 digits. */
#define NUMBER_SIZE 24

/* The largest number that parse_unsigned tells from an overflow. */
#define USEC_MAX (UINT64_MAX - 1)

/* No errno is larger: MAX_ERRNO of the kernel. */
#define ERRNO_MAX 4095

/* How long the character at the start of text is, or 0 if it is not UTF-8 or a control
 * character. */
static size_t character_length(const char *text, size_t length)
{
	uint32_t point;
	size_t width = utf8_decode(text, length, &point);
	bool is_control = width > 0 && (point < 0x20 || (point >= 0x7f && point < 0xa0));

	return is_control ? 0 : width;
}

/* Copies a line for people, and for JSON, which must be UTF-8; cut between characters. */
static void copy_status(const char *value, size_t length, char *ret)
{
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		size_t width = character_length(value + i, length - i);
		size_t step = width ? width : 1;

		if (used + step > NOTIFY_STATUS_SIZE - 1)
			break;
		if (width)
			memcpy(ret + used, value + i, width);
		else
			ret[used] = '?';
		used += step;
		i += step;
	}
	ret[used] = '\0';
}

static bool equals(const char *value, size_t length, const char *text)
{
	return length == strlen(text) && memcmp(value, text, length) == 0;
}

/* 0, -EINVAL or -ERANGE. */
static int parse_number(const char *value, size_t length, uint64_t min, uint64_t max, uint64_t *ret)
{
	char text[NUMBER_SIZE];

	if (length >= sizeof(text))
		return -ERANGE;
	memcpy(text, value, length);
	text[length] = '\0';
	return parse_unsigned(text, min, max, ret);
}

enum value_kind {
	VALUE_ONE, /* "1" */
	VALUE_WATCHDOG,
	VALUE_STATUS,
	VALUE_NUMBER,
};

static const struct key {
	const char *name;
	enum notify_field field;
	enum value_kind kind;
	uint64_t min, max;
} keys[] = {
	{ "READY", NOTIFY_READY, VALUE_ONE, 0, 0 },
	{ "RELOADING", NOTIFY_RELOADING, VALUE_ONE, 0, 0 },
	{ "STOPPING", NOTIFY_STOPPING, VALUE_ONE, 0, 0 },
	{ "BARRIER", NOTIFY_BARRIER, VALUE_ONE, 0, 0 },
	{ "WATCHDOG", NOTIFY_WATCHDOG, VALUE_WATCHDOG, 0, 0 },
	{ "STATUS", NOTIFY_STATUS, VALUE_STATUS, 0, 0 },
	{ "ERRNO", NOTIFY_ERRNO, VALUE_NUMBER, 0, ERRNO_MAX },
	{ "MAINPID", NOTIFY_MAINPID, VALUE_NUMBER, 1, INT_MAX },
	{ "EXTEND_TIMEOUT_USEC", NOTIFY_EXTEND_TIMEOUT, VALUE_NUMBER, 1, USEC_MAX },
	{ "WATCHDOG_USEC", NOTIFY_WATCHDOG_USEC, VALUE_NUMBER, 1, USEC_MAX },
	{ "MONOTONIC_USEC", NOTIFY_MONOTONIC, VALUE_NUMBER, 0, USEC_MAX },
};

static const struct key *find_key(const char *name, size_t length)
{
	for (size_t i = 0; i < array_length(keys); i++) {
		if (equals(name, length, keys[i].name))
			return &keys[i];
	}
	return NULL;
}

static void store_number(struct notify_message *message, enum notify_field field, uint64_t number)
{
	if (field == NOTIFY_ERRNO)
		message->errno_value = (int)number;
	else if (field == NOTIFY_MAINPID)
		message->main_pid = (pid_t)number;
	else if (field == NOTIFY_EXTEND_TIMEOUT)
		message->extend_timeout_usec = number;
	else if (field == NOTIFY_WATCHDOG_USEC)
		message->watchdog_usec = number;
	else
		message->monotonic_usec = number;
}

/* The fields that the line sets, or 0 if its value is malformed. */
static unsigned take_value(
	const struct key *key, const char *value, size_t length, struct notify_message *message)
{
	uint64_t number;

	switch (key->kind) {
	case VALUE_ONE:
		return equals(value, length, "1") ? key->field : 0;
	case VALUE_WATCHDOG:
		if (equals(value, length, "trigger"))
			return NOTIFY_WATCHDOG_TRIGGER;
		return equals(value, length, "1") ? NOTIFY_WATCHDOG : 0;
	case VALUE_STATUS:
		copy_status(value, length, message->status);
		return NOTIFY_STATUS;
	case VALUE_NUMBER:
		if (parse_number(value, length, key->min, key->max, &number) < 0)
			return 0;
		store_number(message, key->field, number);
		return key->field;
	}
	return 0;
}

/* Takes one line; false if it is malformed. */
static bool take_line(const char *line, size_t length, struct notify_message *message)
{
	const char *equal = memchr(line, '=', length);

	if (length == 0)
		return true;
	if (!equal || equal == line)
		return false;
	size_t name_length = (size_t)(equal - line);
	const struct key *key = find_key(line, name_length);

	/* The first counts, as in systemd. WATCHDOG=1 and =trigger are one key, but both count. */
	if (!key || message->fields & key->field)
		return true;
	unsigned field = take_value(key, equal + 1, length - name_length - 1, message);

	message->fields |= field;
	return field != 0;
}

int notify_message_parse(
	const char *text, size_t length, struct notify_message *ret, struct baton_error *error)
{
	struct notify_message message = { 0 };
	int malformed = 0;

	if (length > NOTIFY_MESSAGE_SIZE)
		return error_set(error, -EMSGSIZE, "longer than %d bytes", NOTIFY_MESSAGE_SIZE);
	if (length > 0 && text[length - 1] == '\0')
		length--; /* some count the NUL of their string in */
	if (length > 0 && memchr(text, '\0', length))
		return error_set(error, -EINVAL, "a NUL byte inside");
	for (size_t start = 0; start < length;) {
		const char *line = text + start;
		const char *end = memchr(line, '\n', length - start);
		size_t line_length = end ? (size_t)(end - line) : length - start;

		if (!take_line(line, line_length, &message) && malformed++ == 0)
			(void)error_set(error, 0, "malformed \"%.*s\"",
				(int)(line_length < 80 ? line_length : 80), line);
		start += line_length + 1;
	}
	*ret = message;
	return malformed;
}
