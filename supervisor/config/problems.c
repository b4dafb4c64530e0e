/* SPDX-License-Identifier: MIT */
/* See problems.h. */
#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "log.h"

void problems_add(
	struct problems *problems, const char *path, unsigned line, const char *format, ...)
{
	cleanup_free char *message = NULL;
	va_list arguments;

	problems->count++;
	va_start(arguments, format);
	if (vasprintf(&message, format, arguments) == -1)
		message = NULL;
	va_end(arguments);
	if (path)
		strbuf_appendf(&problems->text, "%s:", path);
	if (path && line)
		strbuf_appendf(&problems->text, "%u:", line);
	strbuf_appendf(
		&problems->text, "%s%s\n", path ? " " : "", message ? message : "out of memory");
}

void problems_first(const struct problems *problems, char *ret, size_t size)
{
	const char *text = problems->text.text;

	(void)snprintf(ret, size, "%.*s", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
	if (ret[0] == '\0')
		(void)snprintf(ret, size, "out of memory");
}

void problems_log(const struct problems *problems)
{
	if (problems->text.is_broken)
		log_error(NULL, "out of memory");
	for (const char *line = problems->text.text; line && *line;) {
		int length = (int)strcspn(line, "\n");

		log_error(NULL, "%.*s", length, line);
		line += length + 1;
	}
}

void problems_finish(struct problems *problems)
{
	strbuf_finish(&problems->text);
	problems->count = 0;
}
