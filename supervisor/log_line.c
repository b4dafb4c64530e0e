/* SPDX-License-Identifier: MIT */
/* See log_line.h. */
#include "log_line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/container.h"
#include "base/utf8.h"

enum {
	TAIL_SIZE = 4,     /* room that is kept for what ends a line */
	MEMBER_MAX = 1024, /* of a JSON member, so that the message has room */
};

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static const char *const format_names[] = {
	[LOG_FORMAT_TEXT] = "text",
	[LOG_FORMAT_JSON] = "json",
};

static int find_name(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] && strcmp(names[i], text) == 0)
			return (int)i;
	return -EINVAL;
}

int log_parse_format(const char *text, enum log_format *ret)
{
	int r = find_name(format_names, array_length(format_names), text);
	if (r < 0)
		return r;
	*ret = (enum log_format)r;
	return 0;
}

int log_parse_level(const char *text, enum log_level *ret)
{
	int r = find_name(level_names, array_length(level_names), text);
	if (r < 0)
		return r;
	*ret = (enum log_level)r;
	return 0;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

/* Appends all of the bytes or, where there is no room, nothing. */
static void append(struct log_line *line, const char *bytes, size_t length)
{
	if (length > sizeof(line->text) - TAIL_SIZE - line->length)
		return;
	memcpy(line->text + line->length, bytes, length);
	line->length += length;
}

__attribute__((format(printf, 2, 3))) static void appendf(
	struct log_line *line, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	int length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length > 0 && (size_t)length < sizeof(text))
		append(line, text, (size_t)length);
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Text is for people and their terminals: no escape sequence of a stranger's gets there. */
static void append_text(struct log_line *line, const char *text)
{
	for (; *text; text++)
		append(line, is_control(*text) ? "?" : text, 1);
}

static void append_json_string(struct log_line *line, const char *text)
{
	size_t size = strlen(text);

	append(line, "\"", 1);
	while (size > 0) {
		uint32_t point;
		size_t length = utf8_decode(text, size, &point);

		if (*text == '"')
			append(line, "\\\"", 2);
		else if (*text == '\\')
			append(line, "\\\\", 2);
		else if (length == 0 || is_control(*text))
			append(line, "?", 1);
		else
			append(line, text, length);
		text += length ? length : 1;
		size -= length ? length : 1;
	}
}

static void append_where(struct log_line *line, const struct log_where *where)
{
	size_t start = line->length;

	if (where->generation)
		appendf(line, "generation=%u ", where->generation);
	if (where->worker)
		appendf(line, "worker=%u ", where->worker);
	if (where->pid)
		appendf(line, "pid=%d ", (int)where->pid);
	if (where->listener) {
		append(line, "listener=", 9);
		append_text(line, where->listener);
		append(line, " ", 1);
	}
	if (line->length > start) {
		line->length--;
		append(line, ": ", 2);
	}
}

static void format_text(struct log_line *line, const struct log_record *record)
{
	if (record->has_priority)
		appendf(line, "<%d>", record->level);
	append(line, "baton: ", 7);
	if (record->where)
		append_where(line, record->where);
	append_text(line, record->message);
}

/* One that is too long is left out: cut, it would be another one. */
static void append_json_member(struct log_line *line, const char *key, const char *value)
{
	if (!value || strlen(value) > MEMBER_MAX)
		return;
	appendf(line, ",\"%s\":", key);
	append_json_string(line, value);
	append(line, "\"", 1);
}

static void append_json_where(struct log_line *line, const struct log_where *where)
{
	if (where->generation)
		appendf(line, ",\"generation\":%u", where->generation);
	if (where->worker)
		appendf(line, ",\"worker\":%u", where->worker);
	if (where->pid)
		appendf(line, ",\"pid\":%d", (int)where->pid);
	append_json_member(line, "listener", where->listener);
	append_json_member(line, "event", where->event);
	append_json_member(line, "subject", where->subject);
	if (where->ms)
		appendf(line, ",\"ms\":%d", where->ms);
}

static void format_json(struct log_line *line, const struct log_record *record)
{
	char time[32] = "";
	struct tm tm;

	if (gmtime_r(&record->time.tv_sec, &tm))
		(void)strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &tm); /* fits */
	appendf(line, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\"", time,
		record->time.tv_nsec / 1000000, level_names[record->level]);
	if (record->where)
		append_json_where(line, record->where);
	append(line, ",\"message\":", 11);
	append_json_string(line, record->message);
}

void log_line_format(struct log_line *line, enum log_format format, const struct log_record *record)
{
	const char *end = format == LOG_FORMAT_JSON ? "\"}\n" : "\n";

	line->length = 0;
	if (format == LOG_FORMAT_JSON)
		format_json(line, record);
	else
		format_text(line, record);
	memcpy(line->text + line->length, end, strlen(end)); /* in the room of TAIL_SIZE */
	line->length += strlen(end);
}
