/* SPDX-License-Identifier: MIT */
/*
 * The sockets that a service has bound and that are held for its next
 * generation. A socket is held from the call of bind on, which is only later
 * known to have worked; and is claimed by everybody who has it:
 *
 *   - a process that binds an address that is held gets the socket that nobody of its
 *     generation has claimed, or, but for SO_REUSEPORT, shares it with other workers;
 *   - where connections are steered each generation has sockets of its own, or those that
 *     one that is gone has left;
 *   - the same worker gets it again once it has closed it: while it is open, the second bind
 *     fails as it would anyway;
 *   - a socket of which all claims have ended stays as long as nobody else serves.
 */
#ifndef SUPERVISOR_ADOPT_HELD_H
#define SUPERVISOR_ADOPT_HELD_H

#include <stdbool.h>
#include <sys/types.h>

#include "adopt/binding.h"
#include "base/list.h"
#include "steer/steer.h"

struct held {
	struct list link;
	struct binding binding;
	int fd;              /* our duplicate of it */
	unsigned generation; /* the last that claimed it */
	int position;        /* in its group: see steer/steer.h; -1: not in it */
	bool is_left;        /* by a generation that was retired: its last claim has ended */
	bool had_queue;      /* at the last look: see held_is_abandoned */
	bool is_bound;
	bool is_closed;               /* by its server: nothing more is steered to it */
	bool is_passed;               /* to the generations, which do not bind it */
	bool is_shared;               /* by them, though others are steered */
	pid_t binder;                 /* whose bind it was, as long as !is_bound */
	struct binding_path expected; /* where its file may be by now; no directory: nowhere */
	dev_t device;                 /* of its file, if it has one */
	ino_t inode;
	struct list claims;
};

struct held_table {
	struct list sockets; /* the oldest first */
	struct steer steer;
};

/* Who claims: a worker. Whether it still has the socket open is asked when it binds the address
 * again. */
struct held_claimant {
	unsigned generation;
	bool is_retired;
	bool (*has_open)(const struct held_claimant *claimant, ino_t socket);
};

enum held_verdict {
	HELD_UNKNOWN, /* nobody has asked for it before */
	HELD_JOIN,    /* it is steered: the fresh one is to join the group */
	HELD_GIVE,    /* that one is to be given */
	HELD_IN_USE,  /* by the same worker: the kernel is to say whether that can be */
};

void held_init(struct held_table *table);

/* Closes all, and removes their files if removes_files. */
void held_finish(struct held_table *table, bool removes_files);

/* What is to happen to the bind. *ret is written for HELD_GIVE. */
enum held_verdict held_choose(struct held_table *table, const struct binding *binding,
	const struct held_claimant *claimant, struct held **ret);

/*
 * Adds a socket that the thread is about to bind, claimed by its worker. Takes both the binding and
 * the descriptor, whatever it returns. NULL if memory ran out.
 */
struct held *held_take(struct held_table *table, struct binding *binding, int fd, pid_t binder,
	const struct held_claimant *claimant);

/* Adds a socket that is bound already, claimed by nobody and in no group. As held_take. */
struct held *held_take_bound(struct held_table *table, struct binding *binding, int fd);

/* The worker has the socket now. 0 or -ENOMEM. */
int held_claim(struct held *held, const struct held_claimant *claimant);

/* Whether it is the worker's. */
bool held_has_claim(const struct held *held, const struct held_claimant *claimant);

/* Finds out which binds have worked. Those of the thread, 0: of none, must be over: one that failed
 * is forgotten. Others may have been let pass and not take place yet. And what has been connected
 * since is no server's: it is forgotten, too. */
void held_settle(struct held_table *table, pid_t binder);

/* Whether a bind of the same address was let pass of which nobody knows yet whether it has worked:
 * another thread's, at the same time. Not of paths. */
bool held_is_pending(const struct held_table *table, const struct binding *binding);

/* Whether a worker of the generation has it. */
bool held_is_of(const struct held *held, unsigned generation);

/* The worker is gone. */
void held_release(struct held_table *table, const struct held_claimant *claimant);

/*
 * One that nobody wants who has not been retired; or NULL. The retired go on to use theirs
 * until they end, but not where others share the address (SO_REUSEPORT): there the kernel would
 * send connections to a socket from which soon nobody accepts.
 */
struct held *held_find_unwanted(const struct held_table *table);

/* Whether connections wait there to be accepted, or datagrams to be read; not of unix sockets,
 * which do not tell. */
bool held_has_queue(const struct held *held);

/* Ends the connections that wait where nobody accepts any more, and nobody will be steered to:
 * their clients are better told now than never. */
void held_empty_queue(const struct held *held);

/*
 * Whether its workers have closed it, and clients wait all the same: since we have it open, too,
 * they are not refused, and would wait for ever. It takes two looks, at which somebody waits.
 */
bool held_is_abandoned(struct held *held);

/* The one that is the socket of that inode; or NULL. */
struct held *held_find_socket(const struct held_table *table, ino_t socket);

/* The one of whose socket the file is; or NULL. */
struct held *held_find_file(const struct held_table *table, const struct binding_path *path);

/* The file is about to have another name: the path is taken, and counts once the file is there. */
void held_expect_path(struct held *held, const struct binding_path *take_path);

/* Whether any of them has a file, or is about to. */
bool held_has_files(const struct held_table *table);

/* Closes it and forgets it; its file is left. */
void held_destroy(struct held *held);

/* As held_destroy, but its file goes, too. */
void held_remove(struct held *held);

#endif
