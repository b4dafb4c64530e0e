/* SPDX-License-Identifier: MIT */
/*
 * --adopt: servers that bind for themselves get their sockets from baton all
 * the same. The bind calls of a worker and of all that it starts wait for a broker's word
 * (seccomp_unotify(2)). The first of an address is let pass, and its socket held; a
 * later generation that binds the address finds the held socket in its descriptor's place.
 *
 *     filter.c        which calls wait
 *     notification.c  a call that waits, and the answer
 *     directory.c     the directories of whoever called; its memory and descriptors: task.h
 *     binding.c       what it asks for
 *     held.c          what is held, and who has it; held_file.c: the files of unix sockets
 *     broker.c        one worker's calls; what is done about each: bind.c, listen.c, paths.c,
 *                     shutdown.c
 *     open_sockets.c  what a worker and all that it starts have open
 *     watches.c       epoll sets that the fresh socket was in
 *     takeover.c      the sockets of a server that runs already
 */
#ifndef SUPERVISOR_ADOPT_ADOPT_H
#define SUPERVISOR_ADOPT_ADOPT_H

#include <stdbool.h>

#include <baton/error.h>

#include "adopt/filter.h"
#include "adopt/held.h"

struct log_where;

/* The generation of what another server has bound, or another baton's: before the first. */
enum { ADOPT_TAKEN_OVER = 0 };

/* What the brokers of a service share. */
struct adopt {
	struct held_table held;
	char *const
		*keep_files; /* that a retired worker does not remove; NULL-terminated, borrowed */
	struct list brokers;
	uint64_t broker_count; /* ever */
	size_t max_held;       /* sockets: what else is opened needs descriptors, too */
	bool was_full;         /* which has been said */
	bool is_borrowing;     /* what is held is another server's still: see takeover.h */
	bool is_over;          /* nobody comes after those that run */
};

void adopt_init(struct adopt *adopt, char *const *keep_files, bool is_steering);

/* The service ends: closes what is held, and removes the files of it, unless they are another
 * server's. Brokers may go on. */
void adopt_finish(struct adopt *adopt);

/* At the end: whoever is left of the workers is answered by nobody any more. */
void adopt_abandon(struct adopt *adopt);

/* Whether a program can be put under the filter here: tries it. 0 or -errno with the reason. */
int adopt_try(struct baton_error *error);

/* Whether one more socket may be held; says so the first time that it may not. */
bool adopt_has_room(struct adopt *adopt, const struct log_where *where);

/* Writes the filter for the next worker. */
void adopt_build_filter(const struct adopt *adopt, struct filter *ret);

/* From time to time: forgets what is no listening socket after all, and closes those that the
 * server itself has closed while it serves. */
void adopt_look(struct adopt *adopt);

/* The workers of another baton, which were taken back, are told to stop. */
void adopt_retire_others(struct adopt *adopt);

/* A worker was retired, or a retired one is gone: closes what the others do not want. */
void adopt_drop_unwanted(struct adopt *adopt);

#endif
