/* SPDX-License-Identifier: MIT */
/* See lines.h. */
#include "config/lines.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "config/problems.h"

enum {
	LINE_MAX_BYTES = 1 << 16, /* where libinih can be told, as Debian's */
	NEWLINE_AND_NUL = 2,
};

struct lines {
	const struct lines_options *options;
	const char *at, *end;
	unsigned next;    /* the number of the line at `at` */
	unsigned number;  /* of the line in hand: where it began */
	size_t length;    /* of the line in hand */
	bool is_too_long; /* the line in hand */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_comment(const char *text)
{
	return *text == '#' || *text == ';';
}

static void problem(const struct lines *lines, const char *text)
{
	problems_add(lines->options->problems, lines->options->path, lines->number, "%s", text);
}

/* Adds the next line of the file to the one in hand, without its end; whether yet another belongs
 * to it. */
static bool take_line(struct lines *lines, char *buffer, size_t size)
{
	const char *newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	const char *end = newline ? newline : lines->end;
	const char *start = lines->at;

	lines->at = newline ? newline + 1 : lines->end;
	lines->next++;
	while (end > start && is_blank(end[-1]))
		end--;
	while (start < end && is_blank(*start))
		start++;
	bool is_first = lines->length == 0;
	bool goes_on = end > start && end[-1] == '\\' && !(is_first && is_comment(start));
	size_t length = (size_t)(end - start) - goes_on;

	if (!is_first && start < end && is_comment(start)) /* in the midst of a long command */
		return true;
	if (length + lines->length + goes_on >= size - NEWLINE_AND_NUL) {
		lines->is_too_long = true;
		return goes_on;
	}
	memcpy(buffer + lines->length, start, length);
	lines->length += length;
	if (goes_on)
		buffer[lines->length++] = ' ';
	return goes_on;
}

static bool is_text(const char *line, size_t length)
{
	for (size_t i = 0; i < length;) {
		uint32_t code;
		size_t bytes = utf8_decode(line + i, length - i, &code);

		if (bytes == 0 || (code < ' ' && code != '\t') || code == 0x7f)
			return false;
		i += bytes;
	}
	return true;
}

static const char *check_section(const char *line)
{
	const char *end = strchr(line, ']');

	if (!end || end[1])
		return "a section is written [NAME], and nothing stands after it";
	if (end - line - 1 > LINES_SECTION_MAX)
		return "the section's name is too long: 49 bytes at most, which are 40 of a "
		       "listener's";
	return strchr(line, ';') ? "a section's name has no ';'" : NULL;
}

static const char *check_assignment(const char *line)
{
	const char *equals = strchr(line, '=');

	if (!equals || equals == line || strcspn(line, ":") < (size_t)(equals - line))
		return "not of the form KEY = VALUE";
	for (const char *c = line + 1; *c; c++)
		if (*c == ';' && is_blank(c[-1]))
			return "a ';' after a blank: comments have lines of their own, and in a "
			       "value it needs another byte before it";
	return NULL;
}

/* What libinih would not read as it is written; NULL: nothing. */
static const char *check(const struct lines *lines, const char *line)
{
	if (lines->is_too_long)
		return "the line is too long";
	if (!is_text(line, lines->length))
		return "control characters, or no UTF-8";
	if (!*line || is_comment(line))
		return NULL;
	return *line == '[' ? check_section(line) : check_assignment(line);
}

/* A bad one begins, too: what follows is none of the section before. */
static void begin_section(const struct lines *lines, char *line, bool is_bad)
{
	char *end = is_bad ? NULL : strchr(line, ']');

	if (!end) {
		lines->options->on_line(lines->options->data, lines->number, NULL, NULL, NULL);
		return;
	}
	*end = '\0';
	lines->options->on_line(lines->options->data, lines->number, line + 1, NULL, NULL);
	*end = ']';
}

/* As fgets(3), for libinih: a line, whose number is noted. What is no line for it becomes an empty
 * one. */
static char *next_line(char *buffer, int size, void *stream)
{
	struct lines *lines = stream;

	if (lines->at == lines->end)
		return NULL;
	lines->number = lines->next;
	lines->length = 0;
	lines->is_too_long = false;
	while (take_line(lines, buffer, (size_t)size) && lines->at < lines->end)
		;
	buffer[lines->length] = '\0';
	const char *wrong = check(lines, buffer);

	if (wrong)
		problem(lines, wrong);
	if (*buffer == '[')
		begin_section(lines, buffer, wrong);
	if (wrong)
		*buffer = '\0';
	memcpy(buffer + strlen(buffer), "\n", NEWLINE_AND_NUL); /* take_line left the room */
	return buffer;
}

static int on_value(void *data, const char *section, const char *key, const char *value)
{
	const struct lines *lines = data;

	lines->options->on_line(lines->options->data, lines->number, section, key, value);
	return 1;
}

/* Debian's libinih is told at run time what others are built with: lines of 197 bytes. */
static void take_long_lines(void)
{
#ifdef HAVE_INI_MAX_LINE
	ini_use_stack = false;
	ini_initial_alloc = LINE_MAX_BYTES;
	ini_max_line = LINE_MAX_BYTES;
#endif
}

int lines_parse(const char *text, size_t length, const struct lines_options *options)
{
	static const char mark[] = "\xef\xbb\xbf"; /* as some editors begin UTF-8 */
	struct lines lines = { .options = options, .at = text, .end = text + length, .next = 1 };

	if (length >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
		lines.at += strlen(mark);
	take_long_lines();
	/* A line that it does not understand is none of those it is given. */
	return ini_parse_stream(next_line, &lines, on_value, &lines) == -2 ? -ENOMEM : 0;
}
