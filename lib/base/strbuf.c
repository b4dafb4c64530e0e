/* SPDX-License-Identifier: MIT */
/* See strbuf.h. */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for more bytes and a NUL behind them. */
static bool reserve(struct strbuf *buf, size_t more)
{
	size_t needed = buf->length + more + 1;

	if (buf->is_broken)
		return false;
	if (needed <= buf->capacity)
		return true;
	size_t capacity = buf->capacity ? buf->capacity : 64;

	while (capacity < needed)
		capacity *= 2;
	char *text = realloc(buf->text, capacity);
	if (!text) {
		buf->is_broken = true;
		return false;
	}
	buf->text = text;
	buf->capacity = capacity;
	return true;
}

void strbuf_append_bytes(struct strbuf *buf, const void *bytes, size_t length)
{
	if (!reserve(buf, length))
		return;
	if (length)
		memcpy(buf->text + buf->length, bytes, length);
	buf->length += length;
	buf->text[buf->length] = '\0';
}

void strbuf_append(struct strbuf *buf, const char *text)
{
	strbuf_append_bytes(buf, text, strlen(text));
}

void strbuf_appendf(struct strbuf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0) {
		buf->is_broken = true;
		return;
	}
	if (!reserve(buf, (size_t)length))
		return;
	va_start(args, format);
	(void)vsnprintf(buf->text + buf->length, (size_t)length + 1, format, args);
	va_end(args);
	buf->length += (size_t)length;
}

char *strbuf_take(struct strbuf *buf)
{
	strbuf_append_bytes(buf, "", 0);
	char *text = buf->is_broken ? NULL : buf->text;

	if (!text)
		free(buf->text);
	*buf = (struct strbuf)STRBUF_INIT;
	return text;
}

void strbuf_finish(struct strbuf *buf)
{
	free(buf->text);
	*buf = (struct strbuf)STRBUF_INIT;
}
