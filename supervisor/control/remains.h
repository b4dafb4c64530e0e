/* SPDX-License-Identifier: MIT */
/* What a baton that was killed has left, with a holder that waits for the next one: see
 * holder/holder.h. It is only looked at. */
#ifndef SUPERVISOR_CONTROL_REMAINS_H
#define SUPERVISOR_CONTROL_REMAINS_H

#include <sys/types.h>

#include <baton/error.h>

#include "adopt/record.h"

struct remains {
	pid_t holder;
	int sockets;
	int workers;                       /* that have not ended */
	char command[RECORD_COMMAND_SIZE]; /* in words; "": it is not known */
};

/* Asks the holder of that name, for some seconds at most. 0; -ENOENT or -ECONNREFUSED if there is
 * none; -EPIPE if its baton lives; or -errno. */
int remains_look(const char *name, struct remains *ret);

/* Says that, and how to go on; -ENOENT. */
int remains_error(const char *name, const struct remains *remains, struct baton_error *error);

#endif
