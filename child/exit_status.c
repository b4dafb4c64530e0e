/* SPDX-License-Identifier: MIT */
/* See exit_status.h. */
#include "exit_status.h"

#include <errno.h>
#include <sysexits.h>

int exit_status(enum exit_step step, int error)
{
	switch (-error) {
	case EAGAIN: /* no thread can be started */
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return EX_OSERR;
	}
	if (step == EXIT_STEP_READ)
		return EX_NOINPUT;
	switch (-error) {
	case EINVAL:
	case EBADF: /* a descriptor on the command line */
	case EPROTOTYPE:
	case ENAMETOOLONG:
		return EX_USAGE;
	case ESRCH:
		return EX_NOUSER;
	case EHOSTUNREACH:
		return EX_NOHOST;
	case EADDRINUSE:
	case EADDRNOTAVAIL:
		return EX_UNAVAILABLE;
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case EROFS:
	case ENOSPC:
	case ENXIO: /* a pipe that nobody reads */
		return EX_CANTCREAT;
	}
	return EX_OSERR;
}
