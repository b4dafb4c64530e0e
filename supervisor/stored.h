/* SPDX-License-Identifier: MIT */
/*
 * What an earlier baton has left in the manager's store of descriptors (fd_store.h), and the
 * manager has passed to this one, as it passes those of socket units (sd_listen_fds(3)).
 *
 * A listener of the settings gets what is bound to its address, whatever it was called; one for
 * any port what was called as it is. What no listener gets is closed and removed from the store.
 */
#ifndef SUPERVISOR_STORED_H
#define SUPERVISOR_STORED_H

#include <stddef.h>

#include <baton/error.h>

struct baton_inherit;
struct baton_listener;
struct fd_store;
struct settings;
struct stored_listener;
struct stored_socket;

struct stored {
	char *text;                    /* $LISTEN_FDNAMES, which the names point into */
	struct stored_socket *sockets; /* sorted by their names */
	size_t socket_count;
	struct stored_listener *listeners; /* made of them */
	size_t listener_count;
};

#define STORED_INIT \
	{ \
		0 \
	}

/* Reads the names of what was passed, before baton_inherit_open forgets them. 0 or -ENOMEM. */
int stored_init(struct stored *stored);

/* Takes what is ours from what was passed. What cannot be used, as a worker has ended it
 * (shutdown(2)), is said in the log. 0 or -errno, with the reason. */
int stored_claim(struct stored *stored, struct baton_inherit *inherit, struct fd_store *store,
	struct baton_error *error);

/* Finds for each listener of the settings what it gets. 0, or -errno of looking an address up. */
int stored_match(struct stored *stored, const struct settings *settings, struct baton_error *error);

/* Closes what no listener gets, with its paths, has the manager close it, and says so. Returns once
 * it has, or a second is over: then its addresses are free. */
void stored_drop(struct stored *stored);

/* The listener that the one with this index in the settings gets, the caller's and in the store. 0;
 * -ENOENT if there is none; -ENOMEM. */
int stored_take(
	struct stored *stored, size_t index, struct fd_store *store, struct baton_listener **ret);

/* Closes what was not taken; the manager still has it. */
void stored_finish(struct stored *stored);

#endif
