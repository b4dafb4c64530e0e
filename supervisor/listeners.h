/* SPDX-License-Identifier: MIT */
/*
 * The listeners of the service: opened once, or taken over from the manager
 * that started baton, and held for as long as some generation may need them.
 */
#ifndef SUPERVISOR_LISTENERS_H
#define SUPERVISOR_LISTENERS_H

#include <stddef.h>

#include <baton/error.h>
#include <baton/listener.h>

struct fd_store;
struct inherit_socket;
struct settings;

enum listeners_origin {
	LISTENERS_OPENED,
	LISTENERS_PASSED, /* the manager listens on it, too: as from a socket unit */
	LISTENERS_STORED, /* an earlier baton had left it with the manager (stored.h) */
};

struct listeners_item {
	char *name; /* as the settings say, whatever the manager called it */
	struct baton_listener *listener;
	enum listeners_origin origin;
	unsigned *users; /* how many sets have it */
};

struct listeners {
	struct listeners_item *items; /* in the order of the settings */
	size_t count;
	struct fd_store *store; /* where the manager keeps duplicates; NULL: nothing is open */
};

#define LISTENERS_INIT \
	{ \
		0 \
	}

/*
 * Opens every listener of the settings. A socket that baton's manager passed
 * is used where the address says so (systemd:NAME, fd:N) or is the same; what
 * nobody claims is reported and closed. What an earlier baton has left in the manager's store is
 * taken back, and what is opened is left there. Call it while there is one thread: the
 * variables that announced the sockets are removed from environ. Returns 0 or
 * -errno, for which EXIT_STEP_LISTEN has the exit status; nothing is left open
 * then.
 */
int listeners_open(
	struct listeners *ret, const struct settings *settings, struct baton_error *error);

/*
 * The listeners of other settings, beside those that are held and were asked for by held_settings:
 * what has the same address is the very same socket, with the options that it was opened with,
 * whatever it is called; what is new is opened. held stays as it is. Returns as listeners_open,
 * and -EINVAL for a socket that can only be passed when baton starts, and for any that is new or
 * missing where they are steered.
 */
int listeners_reopen(struct listeners *ret, const struct settings *settings,
	const struct listeners *held, const struct settings *held_settings,
	struct baton_error *error);

/* Logs which of those that are held the new set does not have. */
void listeners_log_dropped(const struct listeners *listeners, const struct listeners *held);

/* Leaves in the manager's store what has been opened and is not there, as far as it has room. */
void listeners_store(struct listeners *listeners);

/* Closes those that no other set has and removes their unix paths, but of those that the manager
 * keeps for the next baton; the object is empty again. */
void listeners_close(struct listeners *listeners);

/* The same for listeners that no baton is to have again: the manager closes them, too. */
void listeners_drop(struct listeners *listeners);

/* The listener of that name, borrowed; NULL if there is none. */
struct baton_listener *listeners_find(const struct listeners *listeners, const char *name);

/* How many sockets there are over all listeners. */
size_t listeners_socket_count(const struct listeners *listeners);

/* Descriptors of this number and above are for upgrades, and for nobody else to take. */
int listeners_spare_fds(const struct listeners *listeners, const struct settings *settings);

/*
 * The sockets that worker (0 to workers - 1) is given, numbered from 3 on in
 * the order of the settings, and the descriptors they are duplicates of. Those
 * of a reuseport=N listener are shared out, so that each has a worker; of
 * every other listener each worker gets all. ret_sockets and ret_fds have room
 * for listeners_socket_count entries. Returns how many were written.
 */
size_t listeners_of_worker(const struct listeners *listeners, unsigned worker, unsigned workers,
	struct inherit_socket *ret_sockets, int *ret_fds);

#endif
