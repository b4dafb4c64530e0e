/* SPDX-License-Identifier: MIT */
/* What others of baton may do with a listener (<baton/listener.h>), beside its users. */
#ifndef SOCKET_LISTENER_H
#define SOCKET_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <baton/error.h>

struct baton_listener;

/*
 * Sets O_NONBLOCK of each socket as it was before the listener was made. The flag belongs to the
 * open file (fcntl(2)): of sockets that were passed others may be in the middle of using it, and
 * who means to be told EAGAIN waits in accept(2) instead. 0 or -errno.
 */
int listener_restore_blocking(const struct baton_listener *listener);

/* What the program before (execve(2)) knew of one, and baton_listener_name and its like do not
 * tell. */
struct listener_past {
	size_t shares; /* baton_listener_shares */
	bool owns_path; /* removes the path of its unix socket when it is closed, as long as that is */
	dev_t device;
	ino_t inode;
};

void listener_get_past(const struct baton_listener *listener, struct listener_past *ret);

/*
 * The listener once more: nothing about its sockets changes, whatever has become of them, as others
 * use them now. Takes the descriptors, which are close-on-exec from now on, if it returns 0; -errno
 * with the reason otherwise.
 */
int listener_resume(const char *name, const int *fds, size_t count,
	const struct listener_past *past, struct baton_listener **ret, struct baton_error *error);

#endif
