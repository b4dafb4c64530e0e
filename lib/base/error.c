/* SPDX-License-Identifier: MIT */
/* See error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void format_text(
	struct baton_error *error, const char *format, va_list args)
{
	(void)vsnprintf(error->text, sizeof(error->text), format, args); /* cut if too long */
	for (char *c = error->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

int error_set(struct baton_error *error, int code, const char *format, ...)
{
	va_list args;

	if (!error)
		return code;
	va_start(args, format);
	format_text(error, format, args);
	va_end(args);
	return code;
}

int error_set_errno(struct baton_error *error, int code, const char *format, ...)
{
	va_list args;

	if (!error)
		return code;
	va_start(args, format);
	format_text(error, format, args);
	va_end(args);
	size_t used = strlen(error->text);

	(void)snprintf(error->text + used, sizeof(error->text) - used, ": %s",
		strerrordesc_np(-code)); /* cut if too long */
	return code;
}
