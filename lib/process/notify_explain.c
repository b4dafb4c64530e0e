/* SPDX-License-Identifier: MIT */
/* See notify_explain.h. */
#include "process/notify_explain.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

int notify_explain(int code, struct baton_error *error)
{
	const char *text = getenv("NOTIFY_SOCKET");

	if (code == -EINVAL || code == -EAFNOSUPPORT)
		return error_set(error, code,
			"NOTIFY_SOCKET=\"%.100s\" is no absolute path, nor @NAME, of at most 107 "
			"bytes",
			text ? text : "");
	return error_set_errno(error, code, "NOTIFY_SOCKET=\"%.100s\"", text ? text : "");
}
