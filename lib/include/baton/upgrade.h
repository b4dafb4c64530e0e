/* SPDX-License-Identifier: MIT */
/*
 * A server that upgrades itself: the shape of Go's endless, on libev.
 *
 * On SIGHUP the process starts a child from the binary now on disk, with the
 * same command line, and passes it duplicates of its listening sockets. Once
 * the child accepts, it sends SIGTERM to its parent through the pidfd it was
 * given; the parent stops accepting, finishes its requests and ends. A child
 * that fails or is not ready in time is ended, and the parent goes on.
 *
 *     r = baton_upgrade_create(loop, &options, &upgrade, &error);
 *     r = baton_upgrade_listener(upgrade, "http", address, &listener, &error);
 *     ... start accepting on listener ...
 *     r = baton_upgrade_ready(upgrade, &error);
 *     ev_run(loop, 0);    until on_end breaks it
 *     baton_upgrade_destroy(upgrade);
 *
 * The same program runs below `baton run`, which then decides: SIGHUP is passed
 * up to it, and readiness told to it. Under systemd use Type=notify or
 * notify-reload with NotifyAccess=main or wider. As the first process of a container
 * the first generation stays as a minimal init once it has drained.
 *
 * All functions belong on the loop's thread. Callbacks run there, from the loop:
 * never before the call that caused them has returned. on_log alone may also be
 * called within a call, as it happens. The object may be destroyed in any of
 * them.
 */
#ifndef BATON_UPGRADE_H
#define BATON_UPGRADE_H

#include <baton/address.h>
#include <baton/error.h>
#include <baton/group.h>
#include <baton/listener.h>
#include <stddef.h>

BATON_BEGIN

struct ev_loop;
struct baton_upgrade;

enum baton_upgrade_state {
	BATON_UPGRADE_STARTING, /* created, not ready yet */
	BATON_UPGRADE_SERVING,
	BATON_UPGRADE_UPGRADING, /* serving, and a successor is starting */
	BATON_UPGRADE_DRAINING,  /* a successor took over, or the process was told to stop */
	BATON_UPGRADE_DRAINED,   /* nothing left but, as first process, to wait for the successor */
};

/* When a hook runs: before or after the library has acted on the signal. */
enum baton_upgrade_hook {
	BATON_UPGRADE_BEFORE_SIGNAL,
	BATON_UPGRADE_AFTER_SIGNAL,
};

/* The levels of the log callback are those of syslog(3): LOG_ERR, LOG_WARNING, LOG_NOTICE, ... */
typedef void (*baton_upgrade_log_fn)(int level, const char *text, void *data);
typedef void (*baton_upgrade_fn)(struct baton_upgrade *upgrade, void *data);
typedef void (*baton_upgrade_signal_fn)(
	struct baton_upgrade *upgrade, int signal, enum baton_upgrade_hook hook, void *data);
typedef void (*baton_upgrade_end_fn)(struct baton_upgrade *upgrade, int status, void *data);

struct baton_upgrade_options {
	size_t size;          /* sizeof(struct baton_upgrade_options) */
	char *const *argv;    /* the command line of every generation; must outlive the object */
	const char *workdir;  /* where the next generation starts; NULL: the current directory as
	                         * it is named now, so that a `current` symlink is followed anew */
	const char *pid_file; /* written by each generation once it is ready; NULL: none */
	int ready_timeout_ms; /* until the child must be ready; 0: 60 s */
	int drain_timeout_ms; /* from the drain's begin to on_deadline; 0: 60 s */
	int hammer_ms;        /* from on_deadline to the forced end; 0: 1 s */
	void *data;           /* given to every callback */
	/* Stop accepting (stop the watchers, close nothing), finish what is in flight and call
	 * baton_upgrade_drained. NULL is for a host whose group does that: see
	 * baton_upgrade_join. */
	baton_upgrade_fn on_drain;
	/* The drain timeout has passed: close what is still open. May be NULL. */
	baton_upgrade_fn on_deadline;
	/* All is done, or hammer_ms have passed: break the loop and end with this exit status.
	 * Required. The library itself never ends the process. */
	baton_upgrade_end_fn on_end;
	/* Called before and after each of HUP, TERM, INT, USR1, USR2, WINCH, QUIT. May be NULL. */
	baton_upgrade_signal_fn on_signal;
	/* One line for people; also from within calls. May be NULL: nothing is logged. */
	baton_upgrade_log_fn on_log;
};

/*
 * With NULL for the loop the host has another one, or none: see baton_upgrade_fd.
 *
 * Takes over SIGHUP, SIGTERM and SIGINT (drain, a second one: on_deadline at once) and SIGQUIT
 * (on_end at once) on the loop, ignores SIGPIPE, and reads what this process inherited (see
 * baton_inherit_open). One object a process at a time. The options are
 * copied, the strings in them are not. Returns 0, -EINVAL, -EBUSY if there is an object
 * already, which may be one that is destroyed but not freed yet (see baton_upgrade_destroy),
 * -ENOMEM, or an error of baton_inherit_open.
 *
 * A SIGTERM to a process that has handed over concerns that process alone: the
 * server goes on in its successor. For a second it changes nothing, as the process
 * drains already; then it counts as a second one.
 *
 * Whatever tells the process to stop within 250 ms of the first is the same wish: timeout(1)
 * signals a process and its group, a service manager a whole control group.
 */
BATON_API int baton_upgrade_create(struct ev_loop *loop,
	const struct baton_upgrade_options *options, struct baton_upgrade **ret,
	struct baton_error *error);

/*
 * For a host that waits by poll(2), or by whatever library: the descriptor that it is to
 * watch, for reading, and what it is to call whenever that is readable. All callbacks are
 * called from there. The signals are blocked in this thread, from baton_upgrade_create to
 * baton_upgrade_destroy, and in threads that are started in between; no other thread may have
 * them unblocked. baton_upgrade_fd returns the descriptor, borrowed, or -EINVAL if the object
 * was made with a loop; it stays the same. baton_upgrade_dispatch never waits, and returns 0
 * or -EINVAL; the object may be destroyed in a callback.
 */
BATON_API int baton_upgrade_fd(const struct baton_upgrade *upgrade);
BATON_API int baton_upgrade_dispatch(struct baton_upgrade *upgrade);

/*
 * The listener of that name: inherited if it was passed, opened otherwise (address may be NULL
 * only if it was passed: -ENOENT if not). It belongs to the upgrade object, is passed on to
 * every successor and closed at the end; ret may be NULL. Successors know it by its name, so
 * there is one of each name. Returns 0, -ENOENT, -EEXIST if there is one of that name already,
 * -EINVAL, -ENOMEM, or what baton_listener_open says.
 */
BATON_API int baton_upgrade_listener(struct baton_upgrade *upgrade, const char *name,
	const struct baton_address *address, struct baton_listener **ret,
	struct baton_error *error);

/* The first inherited listener that was not claimed yet; -ENOENT if none is left. For a server that
 * serves whatever it is given. */
BATON_API int baton_upgrade_next_listener(
	struct baton_upgrade *upgrade, struct baton_listener **ret, struct baton_error *error);

/*
 * Keeps a listener of the object open while this process drains because it was told
 * to stop: for a debug port, on which it can be watched then. While it drains for a successor
 * the listener is closed as the others are, for clients are the successor's; and so is
 * one that a manager or a supervisor passed. Returns 0 or -EINVAL.
 */
BATON_API int baton_upgrade_keep_open(
	struct baton_upgrade *upgrade, const struct baton_listener *listener);

/* From on_drain on: 1 if the host may go on accepting on that listener, until it has drained;
 * otherwise 0. */
BATON_API int baton_upgrade_stays_open(
	const struct baton_upgrade *upgrade, const struct baton_listener *listener);

/*
 * This generation accepts: inherited sockets that nobody claimed are reported
 * and closed, the pid file is written, the manager is told READY=1, and the
 * predecessor gets its SIGTERM. Returns 0, or an error of writing the pid
 * file: the rest has been done all the same. Or -EINVAL, and nothing has been
 * done: there is no on_drain, and no group has joined, so that a drain could not end. Likewise
 * where no socket is left for it: see baton_steer_open.
 */
BATON_API int baton_upgrade_ready(struct baton_upgrade *upgrade, struct baton_error *error);

/*
 * Makes the object an actor of a group, before that is started: when the process is to end,
 * for whatever reason, the group stops, and when the group has ended the host counts as
 * drained; when another actor ends, the process is to end. So on_drain is not needed: actors
 * stop accepting when they are told to stop, and the sockets are closed after that. Returns 0,
 * -EINVAL (also if it has joined one, or the group has been started), -EBUSY if the group has one
 * already, or -ENOMEM.
 *
 * The order: the object comes first, while there is one thread; then contexts, pools and
 * acceptors; the group, which the object joins before other actors are added; baton_group_start,
 * baton_upgrade_ready. They are destroyed in the opposite order, and the loop last: the acceptor
 * before the object, which closes the sockets that it watches. Group and object alone may
 * go in either order.
 */
BATON_API int baton_upgrade_join(
	struct baton_upgrade *upgrade, struct baton_group *group, struct baton_error *error);

/* Upgrades, as SIGHUP does; while one is under way it is remembered and done after. */
BATON_API void baton_upgrade_start(struct baton_upgrade *upgrade);

/* Drains, as SIGTERM does: so a second call, later than 250 ms, has on_deadline called. */
BATON_API void baton_upgrade_stop(struct baton_upgrade *upgrade);

/* The host has nothing left to finish: to be called once, after on_drain, from any callback. */
BATON_API void baton_upgrade_drained(struct baton_upgrade *upgrade);

/* BATON_UPGRADE_DRAINED if there is no object. */
BATON_API enum baton_upgrade_state baton_upgrade_state(const struct baton_upgrade *upgrade);

/* The number of this generation: 1 for the first, as its starter counts. 0 if there is no
 * object. */
BATON_API unsigned baton_upgrade_generation(const struct baton_upgrade *upgrade);

/*
 * Closes the listeners, stops the watchers and frees; no callback is called any
 * more. A successor that has not taken over is killed and its end awaited, which
 * takes no time but where the kernel cannot end it: then a second. NULL is allowed.
 *
 * In on_end this happens at once. In any other callback the host is done with the object
 * likewise, but it is freed a little later by the loop, which must go on until the
 * callback's events are handled, as ev_run does even after ev_break.
 */
BATON_API void baton_upgrade_destroy(struct baton_upgrade *upgrade);

BATON_END

#endif
