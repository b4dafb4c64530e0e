/* SPDX-License-Identifier: MIT */
/*
 * Locals that own: the attribute closes or frees them on every way out, and
 * take_fd or take_ptr move the ownership away. Never used between fork or
 * vfork and exec: with CLONE_VM they would close the parent's business.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>

#include "base/fd.h"

static inline void cleanup_fd_run(int *fd)
{
	fd_close(*fd);
}

static inline void cleanup_free_run(void *p)
{
	free(*(void **)p);
}

#define cleanup_fd   __attribute__((cleanup(cleanup_fd_run)))
#define cleanup_free __attribute__((cleanup(cleanup_free_run)))

/* Returns *fd and leaves -1 there: the caller of take_fd owns it now. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Returns *p, whatever its type, and leaves NULL there. */
#define take_ptr(p) \
	__extension__({ \
		__typeof__(*(p)) taken_ = *(p); \
		*(p) = NULL; \
		taken_; \
	})

#endif
