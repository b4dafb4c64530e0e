/* SPDX-License-Identifier: MIT */
/*
 * When is a worker ready? One struct readiness watches one worker, from
 * right after its start until it is ready or stopped, in the mode of --ready:
 *
 *   notify        it says READY=1 (or BATON_CHANNEL's or Einhorn's word for it)
 *   accept        a process of its family is seen to wait on an inherited socket
 *   delay:TIME    it is still alive after TIME
 *   exec:COMMAND  COMMAND, run by /bin/sh again and again, exits 0
 *   auto          notify or accept, whichever comes first; only notify once any
 *                 generation of the service has notified. Without listeners there is nothing
 *                 to see: then notify, or alive after a second.
 *
 * The worker's exit is the caller's to see; it calls readiness_stop then.
 */
#ifndef SUPERVISOR_READINESS_READINESS_H
#define SUPERVISOR_READINESS_READINESS_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <baton/error.h>

struct family;
struct readiness;
struct waiting_sockets;

enum readiness_kind {
	READINESS_AUTO, /* the default: a zeroed mode is this one */
	READINESS_NOTIFY,
	READINESS_ACCEPT,
	READINESS_DELAY,
	READINESS_EXEC,
};

struct readiness_mode {
	enum readiness_kind kind;
	int delay_ms;        /* READINESS_DELAY */
	const char *command; /* READINESS_EXEC; points into the text that was parsed */
};

/* How it was seen that a worker is ready. */
enum readiness_how {
	READINESS_BY_NOTIFY,
	READINESS_BY_ACK, /* Einhorn's ack, or CHANNEL_READY */
	READINESS_BY_ACCEPT,
	READINESS_BY_DELAY,
	READINESS_BY_EXEC,
};

/* What a service remembers from one generation to the next; zeroed at first. */
struct readiness_memory {
	bool has_notified; /* some generation said READY=1 */
};

/* "ready" is said once; the readiness is stopped by then and may be started again or forgotten. */
typedef void (*readiness_fn)(struct readiness *readiness, enum readiness_how how, void *data);

/* Something to log, in words; said at most once a start for each kind of trouble. */
typedef void (*readiness_problem_fn)(struct readiness *readiness, const char *text, void *data);

/* All pointers are borrowed and must stay until readiness_stop or "ready". */
struct readiness_options {
	struct readiness_mode mode;
	struct readiness_memory *memory; /* the service's; must outlive every readiness of it */
	struct family *family;           /* the worker's, initialised */
	const struct waiting_sockets *sockets; /* that it inherited; more may be added meanwhile */
	bool binds_itself;   /* they come when the worker has bound them: --adopt */
	char *const *envp;   /* for exec's COMMAND; NULL: ours */
	const char *workdir; /* for exec's COMMAND, and the two below; NULL: ours */
	const char *user;
	const char *group;
	readiness_fn on_ready;
	readiness_problem_fn on_problem; /* may be NULL */
	void *data;
};

struct readiness {
	struct ev_loop *loop;
	struct readiness_options options;
	enum readiness_kind kind; /* in force since the start: never auto */
	ev_timer timer;           /* the delay, the next look, the next run of the command */
	ev_child child;           /* exec: the running command */
	pid_t child_pid;          /* exec: 0 if none runs */
	ev_tstamp start;          /* when started, for the pauses */
	bool is_started;
	bool was_seen;     /* accept: the last look saw a registration, but nobody waiting */
	bool has_reported; /* on_problem was called */
};

/* Text to mode, as given to --ready. 0, or -EINVAL with the reason. */
int readiness_parse(const char *text, struct readiness_mode *ret, struct baton_error *error);

/* What was waited for in vain, in words: "it did not say READY=1". */
const char *readiness_missing(const struct readiness *readiness);

/* "notify", "accept", ...: for logs. */
const char *readiness_how_name(enum readiness_how how);

/* Prepares caller's memory; options are copied. loop must be the default loop (for ev_child). */
void readiness_init(
	struct readiness *readiness, struct ev_loop *loop, const struct readiness_options *options);

/*
 * Begins. on_ready runs from the loop or from the two functions below, never
 * before this has returned. 0, or -EINVAL with the reason: mode accept without a listener.
 */
int readiness_start(struct readiness *readiness, struct baton_error *error);

/* Ends; no callback after. The command of exec is killed with its process group and left to
 * the loop to reap. Harmless on one that is not started. */
void readiness_stop(struct readiness *readiness);

/* A process of the worker's family said READY=1: to be called for each, also when the worker is
 * ready already, since the service remembers it. */
void readiness_notified(struct readiness *readiness);

/* The same for Einhorn's ack and CHANNEL_READY; counts as READY=1 in every respect. */
void readiness_acked(struct readiness *readiness);

#endif
