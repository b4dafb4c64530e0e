/* SPDX-License-Identifier: MIT */
/*
 * --takeover: a server that runs already, without baton. Its listening sockets are held as if it
 * had bound them under baton's eyes; the first generation gets them, and once that serves the
 * server is told to stop. If it never does, the server goes on as if nothing had been.
 */
#ifndef SUPERVISOR_ADOPT_TAKEOVER_H
#define SUPERVISOR_ADOPT_TAKEOVER_H

#include <ev.h>
#include <sys/types.h>

#include <baton/error.h>

#include "process_tree.h"

struct adopt;

struct takeover {
	struct ev_loop *loop;
	pid_t pid; /* 0: nothing is taken over */
	int pidfd;
	struct process_list processes; /* the server's, when it was told to stop */
	ev_io ended;
	ev_timer hammer;
};

/* Prepares caller's memory: nothing is taken over. */
void takeover_init(struct takeover *takeover, struct ev_loop *loop);

/*
 * Duplicates the listening sockets of the process, and of all below it, into what is held. Returns
 * 0; -ESRCH if there is no such process; -EPERM if it may not be looked into; -ENOENT if it listens
 * nowhere; or another -errno.
 */
int takeover_begin(
	struct takeover *takeover, pid_t pid, struct adopt *adopt, struct baton_error *error);

/* Tells the server to stop, once; kills what is left of it after drain_ms. Nothing happens if
 * nothing is taken over. */
void takeover_complete(struct takeover *takeover, struct adopt *adopt, int signal, int drain_ms);

/* Lets go of it, wherever it stands. */
void takeover_finish(struct takeover *takeover);

#endif
