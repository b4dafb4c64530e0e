/* SPDX-License-Identifier: MIT */
/* See error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Fills the first size bytes of the text; returns its length. */
__attribute__((format(printf, 3, 0))) static size_t format_text(
	struct baton_error *error, size_t size, const char *format, va_list args)
{
	(void)vsnprintf(error->text, size, format, args); /* cut if too long */
	for (char *c = error->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return strlen(error->text);
}

int error_set(struct baton_error *error, int code, const char *format, ...)
{
	va_list args;

	if (!error)
		return code;
	va_start(args, format);
	(void)format_text(error, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

int error_set_errno(struct baton_error *error, int code, const char *format, ...)
{
	char words[64]; /* the longest has 50 bytes */
	const char *known = strerrordesc_np(-code);
	va_list args;

	if (!error)
		return code;
	if (known)
		(void)snprintf(words, sizeof(words), ": %s", known);
	else
		(void)snprintf(words, sizeof(words), ": error %d", -code);
	va_start(args, format);
	size_t used = format_text(error, sizeof(error->text) - strlen(words), format, args);
	va_end(args);
	memcpy(error->text + used, words, strlen(words) + 1); /* in the room that was left */
	return code;
}
