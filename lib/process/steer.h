/* SPDX-License-Identifier: MIT */
/*
 * The object of <baton/steer.h>: a listener of several sockets, of which this process claims one
 * (socket/claim.h), and what it watches.
 *
 *     steer.c          the public calls
 *     steer_choose.c   who gets what is new
 *     steer_watch.c    the sockets, and the ends of those who have others
 *     upgrade_steer.c  when: all objects of the process at once
 *
 * Processes say nothing to each other. What all have to know the kernel tells each of them:
 * who has which socket, and whether it drains. Whoever sees that change has the selector
 * choose anew, and all come to the same choice. So nothing depends on who starts whom.
 */
#ifndef PROCESS_STEER_H
#define PROCESS_STEER_H

#include <baton/steer.h>
#include <ev.h>
#include <stdbool.h>

#include "base/list.h"
#include "socket/claim.h"
#include "socket/flow.h"
#include "socket/selector.h"

/*
 *     OPEN -> CLAIMED -> SERVING -> DRAINING -> ENDED     (each but SERVING -> ENDED)
 *
 * - own is valid in all but OPEN; the listener has its sockets in all but ENDED.
 * - SERVING: watched are its own sockets, the ends of those who have others and, if it gets
 *   what is new, those that nobody has. DRAINING: its own sockets alone. Otherwise: nothing.
 */
enum steer_phase {
	STEER_OPEN,
	STEER_CLAIMED, /* not chosen yet */
	STEER_SERVING,
	STEER_DRAINING,
	STEER_ENDED,
};

/* The end of who has a socket. */
struct steer_holder {
	pid_t pid; /* 0: it is not watched */
	ev_io ended;
};

struct baton_steer {
	struct list link; /* upgrade_steer::objects */
	struct baton_upgrade *upgrade;
	struct baton_listener *listener; /* the upgrade object's */
	baton_steer_fn on_readable;
	void *data;
	struct selector_route routes[SELECTOR_ROUTES_MAX];
	size_t route_count;

	enum steer_phase phase;
	size_t count;                 /* of sockets of each address: that many processes */
	size_t own;                   /* the index of ours */
	ev_io *readable;              /* owned; one for each socket of the listener */
	struct steer_holder *holders; /* owned; count of them */
	struct flows *flows;          /* owned; one for each address, beside our socket of it */

	/* As of the last look. */
	struct claim claims[SELECTOR_SOCKETS_MAX];
	struct selector_set newest;
	struct selector selector;
	bool has_new; /* what is new comes to us, as far as we know */
};

/* The socket of that index, of the listener's address of that number. */
int steer_fd(const struct baton_steer *steer, size_t address, size_t index);
size_t steer_addresses(const struct baton_steer *steer);

/* The socket of that index is ours: phase CLAIMED. */
void steer_own(struct baton_steer *steer, size_t index);

/* Looks who has which socket, and has the selector choose the newest of them. 0 or -errno. */
int steer_choose_newest(struct baton_steer *steer);

/* Prepares the watchers. */
void steer_watch_init(struct baton_steer *steer);

/* What phase SERVING has, as of now; then what DRAINING has; then nothing. */
void steer_watch_start(struct baton_steer *steer);
void steer_watch_drain(struct baton_steer *steer);
void steer_watch_stop(struct baton_steer *steer);

/* Has the host read what waits for it, for so long at most. */
void steer_watch_flush(struct baton_steer *steer, int timeout_ms);

/* Whether something waits on the descriptor. */
bool steer_waits(int fd);

/* Stops, and lets go of the sockets: phase ENDED. */
void steer_end(struct baton_steer *steer);

/* Frees it; the listener is not its own. */
void steer_destroy(struct baton_steer *steer);

#endif
