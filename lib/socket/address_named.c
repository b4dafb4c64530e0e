/* SPDX-License-Identifier: MIT */
/* "[NAME=]ADDRESS", as programs take it on their command lines. */
#include <baton/address.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "socket/name.h"

/* What an address has before its first '=', which is that of an option: "=" itself for an empty
 * name. */
static const char name_ends[] = "=:/?@[";

int baton_address_parse_named(
	const char *text, char **ret_name, struct baton_address **ret, struct baton_error *error)
{
	if (!text || !ret_name || !ret)
		return error_set(error, -EINVAL, "no address given");
	size_t length = strcspn(text, name_ends);
	bool is_named = text[length] == '=';
	cleanup_free char *name = is_named ? strndup(text, length) : NULL;

	if (is_named && !name)
		return error_set(error, -ENOMEM, "out of memory");
	int r = is_named ? name_check(name, error) : 0;
	if (r == 0)
		r = baton_address_parse(is_named ? text + length + 1 : text, ret, error);
	if (r == 0)
		*ret_name = take_ptr(&name);
	return r;
}
