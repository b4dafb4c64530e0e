/* SPDX-License-Identifier: MIT */
/*
 * A listener: a named address and the sockets that listen on it. It has
 * several sockets when its host resolves to several addresses or when
 * reuseport=N asks for N. They are non-blocking and close-on-exec.
 *
 * Unix paths: mode and owner are right before anybody can connect, a path left
 * behind is replaced only if nobody listens on it, and a path is removed at the
 * end by whoever made it, only if it is still the same inode. A listener that was passed leaves
 * its path to the manager that passed it, unless that gave the path away, too:
 * baton_listener_own_path.
 */
#ifndef BATON_LISTENER_H
#define BATON_LISTENER_H

#include <baton/address.h>
#include <baton/error.h>
#include <stddef.h>

BATON_BEGIN

struct baton_listener;

/* Names are 1 to 255 bytes of printable ASCII without spaces and without any of : ; , = (what the
 * protocols separate with) and { } (as in the {fd:NAME} of baton(1)). */
#define BATON_LISTENER_NAME_MAX 255

/*
 * Opens the sockets of address: resolves the host (this may block), binds and
 * listens. For an fd address the descriptor itself is taken over, on success
 * only; a systemd address is not opened but inherited: -EINVAL here (see
 * <baton/inherit.h>). The name is copied; the address is not kept. The result
 * is the caller's, to be given to baton_listener_close.
 *
 * Returns 0; -EINVAL for a bad name; -EADDRINUSE, -EACCES, -EADDRNOTAVAIL, -ENOENT (directory
 * of a unix path), -EMFILE, ...: what the system said; -EHOSTUNREACH if the host does not
 * resolve; -ESRCH for an unknown user or group. error names the address and the step, and the
 * mend where there is one.
 */
BATON_API int baton_listener_open(const char *name, const struct baton_address *address,
	struct baton_listener **ret, struct baton_error *error);

/*
 * Makes a listener of sockets that are open already, in this order. Owns the
 * descriptors from the call on, whatever it returns. Close-on-exec and
 * O_NONBLOCK are set. Returns 0, -EINVAL (a bad name, no descriptors, or one
 * that is not a socket that listens or a datagram socket), -EBADF (a
 * descriptor that is not open) or -ENOMEM.
 */
BATON_API int baton_listener_take(const char *name, const int *fds, size_t count,
	struct baton_listener **ret, struct baton_error *error);

/*
 * Stops: closes the sockets (close(2) only, never shutdown(2): other holders go
 * on) and, unless baton_listener_keep_path was called, removes the unix path
 * if it is still the same inode. Removing a path waits for others that are about to make or remove
 * one in its directory, 100 ms at most. NULL is allowed.
 */
BATON_API void baton_listener_close(struct baton_listener *listener);

/*
 * Stops as baton_listener_close does, unix path included, but keeps the object: its
 * descriptors stay valid numbers, which refer to /dev/null from now on. For a server that
 * drains: clients are refused at once, and do not wait for a queue that nobody empties. Stop
 * watching them first. May wait as baton_listener_close. Returns 0 or -errno of opening
 * /dev/null; the sockets are then still open.
 */
BATON_API int baton_listener_stop(struct baton_listener *listener);

/* From now on closing leaves the unix path alone: it is a successor's. */
BATON_API void baton_listener_keep_path(struct baton_listener *listener);

/*
 * From now on closing removes the unix path, as if this listener had made it:
 * for one that was passed by a predecessor which does not come back. Nothing
 * happens for a socket without a path. Returns 0 or -ENOMEM.
 */
BATON_API int baton_listener_own_path(struct baton_listener *listener);

/* The name. Borrowed. */
BATON_API const char *baton_listener_name(const struct baton_listener *listener);

/* How many sockets it has: 1 or more. */
BATON_API size_t baton_listener_count(const struct baton_listener *listener);

/* The descriptor of a socket, borrowed; -EINVAL if there is no such index. */
BATON_API int baton_listener_fd(const struct baton_listener *listener, size_t index);

/* The port it is bound to (that of the first socket), also if 0 was asked for; -1 if it has
 * none. */
BATON_API int baton_listener_port(const struct baton_listener *listener);

/*
 * Where a socket is bound, for people and for protocols that match by address:
 * "127.0.0.1:80", "[::1]:80", "/path", "@abstract". Borrowed; NULL if there
 * is no such index.
 */
BATON_API const char *baton_listener_bound(const struct baton_listener *listener, size_t index);

/* The type of its sockets: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
BATON_API int baton_listener_type(const struct baton_listener *listener);

/*
 * How many neighbouring sockets belong to one SO_REUSEPORT address: the N of
 * reuseport=N, otherwise 1. Sockets i*N .. i*N+N-1 share an address.
 */
BATON_API size_t baton_listener_shares(const struct baton_listener *listener);

BATON_END

#endif
