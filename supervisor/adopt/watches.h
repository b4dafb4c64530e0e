/* SPDX-License-Identifier: MIT */
/*
 * A server may put its socket into an epoll set before it binds it. When
 * another takes the descriptor's place the set knows nothing of that, and the server would
 * never hear of a connection. So what was registered is registered again.
 */
#ifndef SUPERVISOR_ADOPT_WATCHES_H
#define SUPERVISOR_ADOPT_WATCHES_H

#include <stddef.h>
#include <sys/types.h>

#include "task.h"

enum { WATCHES_MAX = 16 };

struct watch {
	int set; /* a duplicate of the epoll set, owned */
	struct task_watch registered;
};

struct watches {
	struct watch list[WATCHES_MAX];
	size_t count;
};

/* Lists where the socket of that inode is registered in the sets of the task; none if that cannot
 * be seen. To be finished. */
void watches_find(struct watches *watches, pid_t tid, ino_t socket);

/* Registers ours in its place. 0 or -errno. */
int watches_move(const struct watches *watches, int ours);

void watches_finish(struct watches *watches);

#endif
