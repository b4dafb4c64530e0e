/* SPDX-License-Identifier: MIT */
/* See exit_status.h. */
#include "exit_status.h"

#include <errno.h>
#include <stddef.h>
#include <sysexits.h>

#include "base/container.h"

enum {
	EXIT_NOT_EXECUTABLE = 126, /* as env(1), nohup(1) and the shells have it */
	EXIT_NOT_FOUND = 127,
	ANY_ERROR = 0,
};

/* The first that fits counts; what no row names is a failure of the system. */
static const struct {
	enum exit_step step;
	int error;
	int status;
} table[] = {
	{ EXIT_STEP_SETTINGS, -EINVAL, EX_USAGE },
	{ EXIT_STEP_SETTINGS, -EEXIST, EX_USAGE },
	{ EXIT_STEP_SETTINGS, -ENAMETOOLONG, EX_USAGE },
	{ EXIT_STEP_SETTINGS, -ESRCH, EX_NOUSER },
	{ EXIT_STEP_SETTINGS, -EBADMSG, EX_DATAERR },
	{ EXIT_STEP_SETTINGS, -ENOMEM, EX_OSERR },
	{ EXIT_STEP_SETTINGS, ANY_ERROR, EX_NOINPUT },

	{ EXIT_STEP_CONFIG, -ENOMEM, EX_OSERR },
	{ EXIT_STEP_CONFIG, ANY_ERROR, EX_CONFIG },

	{ EXIT_STEP_LISTEN, -EINVAL, EX_USAGE },
	{ EXIT_STEP_LISTEN, -EBADF, EX_USAGE },
	{ EXIT_STEP_LISTEN, -ENAMETOOLONG, EX_USAGE },
	{ EXIT_STEP_LISTEN, -ESRCH, EX_NOUSER },
	{ EXIT_STEP_LISTEN, -EHOSTUNREACH, EX_NOHOST },
	{ EXIT_STEP_LISTEN, -EADDRINUSE, EX_UNAVAILABLE },
	{ EXIT_STEP_LISTEN, -EADDRNOTAVAIL, EX_UNAVAILABLE },
	{ EXIT_STEP_LISTEN, -EACCES, EX_NOPERM },
	{ EXIT_STEP_LISTEN, -EPERM, EX_NOPERM },
	{ EXIT_STEP_LISTEN, -ENOENT, EX_CANTCREAT },
	{ EXIT_STEP_LISTEN, -ENOTDIR, EX_CANTCREAT },
	{ EXIT_STEP_LISTEN, -EROFS, EX_CANTCREAT },
	{ EXIT_STEP_LISTEN, -ENOSPC, EX_CANTCREAT },
	{ EXIT_STEP_LISTEN, -EISDIR, EX_CANTCREAT },
	{ EXIT_STEP_LISTEN, -EEXIST, EX_CANTCREAT },
	{ EXIT_STEP_LISTEN, -ELOOP, EX_CANTCREAT },

	{ EXIT_STEP_COMMAND, -ENOENT, EXIT_NOT_FOUND },
	{ EXIT_STEP_COMMAND, -EACCES, EXIT_NOT_EXECUTABLE },
	{ EXIT_STEP_COMMAND, -ENOEXEC, EXIT_NOT_EXECUTABLE },
	{ EXIT_STEP_COMMAND, -ENOTDIR, EXIT_NOT_EXECUTABLE },
	{ EXIT_STEP_COMMAND, -EISDIR, EXIT_NOT_EXECUTABLE },
	{ EXIT_STEP_COMMAND, -ELOOP, EXIT_NOT_EXECUTABLE },
	{ EXIT_STEP_COMMAND, -EPERM, EX_NOPERM },
	{ EXIT_STEP_COMMAND, -ESRCH, EX_NOUSER },
};

int exit_status(enum exit_step step, int error)
{
	for (size_t i = 0; i < array_length(table); i++)
		if (table[i].step == step &&
			(table[i].error == error || table[i].error == ANY_ERROR))
			return table[i].status;
	return EX_OSERR;
}
