/* SPDX-License-Identifier: MIT */
/*
 * Connections that stay: a server that is replaced passes those on which
 * nothing is under way to its successor, with their state, instead of closing
 * them. The client sees nothing of it.
 *
 * The object is that of <baton/upgrade.h>; the same code is predecessor in one upgrade and
 * successor in the next:
 *
 *     r = baton_handoff_open(upgrade, &options, &error);    before baton_upgrade_ready
 *
 * - on_room is called when connections may be passed: for each one that has no request in flight
 *   stop watching it and call baton_handoff_pass, as often as baton_handoff_room allows. A
 *   connection that is busy is passed when it is so no more, as long as there is room.
 * - on_passed says what became of it: it is the successor's, or goes on here.
 * - In the successor on_connection gets it.
 *
 * The successor is first passed what is idle, while this process still accepts: if
 * it dies meanwhile, it takes with it what it had been passed, and this process goes on with the
 * rest as if there had been no upgrade. Then on_drain is called, and on_room again
 * whenever there is room, until the host has drained.
 *
 * A predecessor or successor that knows nothing of this is replaced, or replaces, as ever. Below
 * `baton run` the supervisor introduces a worker to its predecessor of the same number.
 *
 * All functions belong on the loop's thread. Callbacks run there, from the loop: from
 * baton_upgrade_dispatch where the host has another one.
 */
#ifndef BATON_HANDOFF_H
#define BATON_HANDOFF_H

#include <baton/error.h>
#include <baton/upgrade.h>
#include <stddef.h>
#include <stdint.h>

BATON_BEGIN

#define BATON_HANDOFF_TYPE_MAX  15
#define BATON_HANDOFF_STATE_MAX (64 * 1024)

/* A connection, and what its next owner has to know. */
struct baton_handoff_connection {
	int fd;
	const char *type;  /* what the state is, such as "http"; 1 to 15 bytes */
	uint32_t version;  /* of its format */
	const void *state; /* bytes read and not used, a session, ...; NULL if size is 0 */
	size_t size;       /* up to 64 KiB */
};

/*
 * In the successor: the predecessor passes a connection. All of it is valid during the
 * call; the descriptor, which is close-on-exec, belongs to the callee if it returns 0.
 * Otherwise it is closed, and the predecessor goes on with the connection: -EPROTONOSUPPORT for a
 * type or a version that is not known, -EBADMSG for a state that makes no sense,
 * or any other -errno. It may start to watch the connection, but nothing may be read
 * from it or written to it before the callback has returned to the loop: until then the
 * predecessor may get it back.
 */
typedef int (*baton_handoff_connection_fn)(struct baton_upgrade *upgrade,
	const struct baton_handoff_connection *connection, void *data);

/*
 * In the predecessor: what became of a connection. result is 0 if the successor has
 * it: close the descriptor, without shutdown(2). Otherwise it goes on here: -EPIPE if the
 * successor ended before it said that it has it, -EMFILE if that had no descriptor left, or what
 * on_connection returned there; for that it should not be passed to the same successor again.
 */
typedef void (*baton_handoff_passed_fn)(
	struct baton_upgrade *upgrade, void *connection, int result, void *data);

struct baton_handoff_options {
	size_t size; /* sizeof(struct baton_handoff_options) */
	void *data;  /* given to every callback */
	/* NULL: this process takes no connections. */
	baton_handoff_connection_fn on_connection;
	/* The predecessor passes no more, or there is none that does: called once, after
	 * baton_upgrade_ready. May be NULL. */
	baton_upgrade_fn on_complete;
	/* What baton_handoff_room says has changed. NULL: this process passes none. */
	baton_upgrade_fn on_room;
	baton_handoff_passed_fn on_passed; /* required with on_room */
};

/*
 * Says what this process does with connections; before baton_upgrade_ready, once. The options
 * are copied; what is opened is closed with the object, and callbacks end with it. Returns 0,
 * -EINVAL, or -EALREADY.
 */
BATON_API int baton_handoff_open(struct baton_upgrade *upgrade,
	const struct baton_handoff_options *options, struct baton_error *error);

/*
 * How many connections may be passed now; on_room says when that changes. 0 if that has to wait for
 * answers, which are under way; -ENOSPC if the successor takes no more, for want of
 * descriptors, which may change; -ENOTCONN if there is no successor that takes any: finish and
 * close them in the ordinary way.
 */
BATON_API int baton_handoff_room(const struct baton_upgrade *upgrade);

/*
 * Passes a connection on. The record is copied; the descriptor stays the host's, which may not
 * use it before on_passed, called with `cookie`. A set of epoll(7) that has it
 * still is relieved of it: otherwise it would go on to tell of a connection that is closed here.
 * Returns 0; or, with the connection as it was, -EAGAIN without room, -ENOTCONN, -EINVAL, or
 * -EMSGSIZE for a state that is too large.
 */
BATON_API int baton_handoff_pass(struct baton_upgrade *upgrade,
	const struct baton_handoff_connection *connection, void *cookie);

BATON_END

#endif
