/* SPDX-License-Identifier: MIT */
/*
 * Accepting connections: net/http's Serve loop for any number of listeners on
 * one loop. A listener with many clients waiting takes turns with the others, and with
 * all else that the loop does: at most a batch is accepted each time.
 *
 * When the process or the system is out of descriptors or buffers (EMFILE,
 * ENFILE, ENOBUFS, ENOMEM) the connection stays in the listener's queue, and
 * with it the listener readable: to try again at once would be to spin. So
 * nothing is accepted for 5 ms, twice that the next time, and so on up to a
 * second, until it works again. Errors of a single connection, which is then
 * gone (accept(2)), are passed over. Any other error ends the accepting on that
 * socket.
 *
 * All functions belong on the loop's thread. Callbacks run there, from the loop.
 */
#ifndef BATON_ACCEPTOR_H
#define BATON_ACCEPTOR_H

#include <baton/error.h>
#include <baton/listener.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

BATON_BEGIN

struct baton_acceptor;
struct ev_loop;

/* A connection, as baton_accept_fn gets it. */
struct baton_accepted {
	int fd; /* non-blocking and close-on-exec */
	const struct baton_listener *listener;
	struct sockaddr_storage peer; /* who connected, as of accept4(2) */
	socklen_t peer_size;
};

/*
 * A connection was accepted: fd belongs to the callee from now on, whatever it
 * returns. Returns 0, or -errno if it could not be served; for -EMFILE,
 * -ENFILE, -ENOBUFS and -ENOMEM nothing more is accepted for a while. It may
 * pause or stop the acceptor, but not destroy it.
 */
typedef int (*baton_accept_fn)(
	struct baton_acceptor *acceptor, const struct baton_accepted *accepted, void *data);

/*
 * Nothing can be accepted on a socket of this listener any more: error is the -errno
 * of accept(2). Other sockets go on, also those of the same listener. It may destroy
 * the acceptor.
 */
typedef void (*baton_accept_end_fn)(struct baton_acceptor *acceptor,
	const struct baton_listener *listener, int error, void *data);

/* One line for people, with a level of syslog(3): as a pause begins, and as it has ended. */
typedef void (*baton_accept_log_fn)(int level, const char *text, void *data);

struct baton_acceptor_options {
	size_t size;                /* sizeof(struct baton_acceptor_options) */
	unsigned batch;             /* connections a turn; 0: 16 */
	void *data;                 /* given to the callbacks */
	baton_accept_fn on_accept;  /* required */
	baton_accept_end_fn on_end; /* may be NULL */
	baton_accept_log_fn on_log; /* may be NULL */
};

/* An acceptor without listeners, paused. The options are copied. *ret is the caller's, to be given
 * to baton_acceptor_destroy. Returns 0, -EINVAL or -ENOMEM. */
BATON_API int baton_acceptor_create(struct ev_loop *loop,
	const struct baton_acceptor_options *options, struct baton_acceptor **ret,
	struct baton_error *error);

/*
 * Adds the sockets of a listener, which is borrowed until the acceptor is stopped.
 * Returns 0, -EPROTOTYPE if nothing can be accepted on it (datagrams),
 * -ESHUTDOWN after a stop, or -ENOMEM.
 */
BATON_API int baton_acceptor_add(
	struct baton_acceptor *acceptor, const struct baton_listener *listener);

/* Begins to accept, or goes on. */
BATON_API void baton_acceptor_resume(struct baton_acceptor *acceptor);

/* Leaves clients in the queues of the listeners until baton_acceptor_resume. */
BATON_API void baton_acceptor_pause(struct baton_acceptor *acceptor);

/* For good: lets go of the listeners, which may be closed then. */
BATON_API void baton_acceptor_stop(struct baton_acceptor *acceptor);

struct baton_acceptor_counts {
	uint64_t accepted; /* connections, so far */
	uint64_t pauses;   /* for want of descriptors or buffers, so far */
	uint64_t failed;   /* connections that were gone before they were accepted, so far */
	bool is_short;     /* just now nothing is accepted for want of something */
};

/* What has happened so far. On the loop's thread. */
BATON_API void baton_acceptor_get_counts(
	const struct baton_acceptor *acceptor, struct baton_acceptor_counts *ret);

/* Stops and frees; not in on_accept or on_log. NULL is allowed. */
BATON_API void baton_acceptor_destroy(struct baton_acceptor *acceptor);

BATON_END

#endif
