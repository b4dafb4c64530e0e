/* SPDX-License-Identifier: MIT */
/* See name.h. */
#include "socket/name.h"

#include <errno.h>
#include <string.h>

#include <baton/listener.h>

#include "base/error.h"

bool name_has_byte(char c)
{
	return c > ' ' && c < 0x7f && !strchr(NAME_SEPARATORS, c);
}

int name_check(const char *name, struct baton_error *error)
{
	if (!name || !*name)
		return error_set(error, -EINVAL, "a listener name has 1 to %d bytes",
			BATON_LISTENER_NAME_MAX);
	if (strlen(name) > BATON_LISTENER_NAME_MAX)
		return error_set(error, -EINVAL, "listener name \"%.40s...\": longer than %d bytes",
			name, BATON_LISTENER_NAME_MAX);
	for (const char *c = name; *c; c++)
		if (!name_has_byte(*c))
			return error_set(error, -EINVAL,
				"listener name \"%.100s\": only ASCII without spaces and without "
				"any of : ; , = { }",
				name);
	return 0;
}
