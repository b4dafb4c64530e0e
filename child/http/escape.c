/* SPDX-License-Identifier: MIT */
/* See escape.h. */
#include "http/escape.h"

#include <stdbool.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/*
 * How many bytes the character that text begins with has; 0 if it is none of
 * UTF-8 (RFC 3629: no surrogates, nothing overlong, nothing past U+10FFFF).
 */
static size_t character_size(const char *text)
{
	unsigned char c = (unsigned char)text[0];
	unsigned char next = (unsigned char)(c ? text[1] : 0);

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4 || !is_continuation(text[1]))
		return 0;
	if (c < 0xe0)
		return 2;
	if (!is_continuation(text[2]))
		return 0;
	if (c < 0xf0)
		return (c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f) ? 0 : 3;
	if (!is_continuation(text[3]))
		return 0;
	return (c == 0xf0 && next < 0x90) || (c == 0xf4 && next > 0x8f) ? 0 : 4;
}

/* What stands for the byte, or NULL for the byte itself. */
typedef const char *(*replace_fn)(char c, char text[8]);

static int escape(struct buffer *out, const char *text, replace_fn replace)
{
	int r = 0;

	while (r == 0 && *text) {
		size_t size = character_size(text);
		char scratch[8];
		const char *other = size == 1 ? replace(*text, scratch) : NULL;

		if (size == 0)
			r = buffer_append_text(out, REPLACEMENT);
		else if (other)
			r = buffer_append_text(out, other);
		else
			r = buffer_append(out, text, size);
		text += size ? size : 1;
	}
	return r;
}

static const char hex[] = "0123456789abcdef";

static const char *replace_in_json(char c, char text[8])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\t':
		return "\\t";
	}
	if ((unsigned char)c >= ' ' && c != 0x7f)
		return NULL;
	memcpy(text, "\\u00", 4);
	text[4] = hex[(unsigned char)c >> 4];
	text[5] = hex[c & 15];
	text[6] = '\0';
	return text;
}

int escape_json(struct buffer *out, const char *text)
{
	int r = buffer_append_text(out, "\"");

	if (r == 0)
		r = escape(out, text, replace_in_json);
	return r < 0 ? r : buffer_append_text(out, "\"");
}

static const char *replace_in_html(char c, char text[8])
{
	(void)text;
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	}
	return (unsigned char)c < ' ' || c == 0x7f ? REPLACEMENT : NULL;
}

int escape_html(struct buffer *out, const char *text)
{
	return escape(out, text, replace_in_html);
}

/* pchar but '%' itself, and '/'. A ':' in the first part would look like a scheme, "'" may end an
 * attribute. */
static bool is_plain_in_path(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		(c && strchr("-._~!$()*+,;=@/", c));
}

int escape_path(struct buffer *out, const char *path)
{
	int r = 0;

	for (; r == 0 && *path; path++) {
		char text[3] = { '%', hex[(unsigned char)*path >> 4], hex[*path & 15] };
		bool is_plain = is_plain_in_path(*path);

		r = buffer_append(out, is_plain ? path : text, is_plain ? 1 : sizeof(text));
	}
	return r;
}
