/* SPDX-License-Identifier: MIT */
/*
 * All that a running baton knows, in plain structures: what it hands to the binary that replaces
 * it. Descriptors keep their numbers; times are those of CLOCK_MONOTONIC in milliseconds, 0 for
 * none, which both count alike. state_shapes.c says how it is written.
 */
#ifndef SUPERVISOR_REEXEC_STATE_H
#define SUPERVISOR_REEXEC_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include <baton/error.h>

#include "adopt/record.h"
#include "base/strbuf.h"
#include "control/changes.h"
#include "control/session.h"
#include "events.h"
#include "listeners.h"
#include "machine.h"
#include "process_tree.h"
#include "steer/steer.h"
#include "worker.h"

/* It is read by whoever knows this number. What is added keeps it, if zero stands for not being
 * there. */
enum { STATE_VERSION = 1 };

enum { STATE_NONE = -1 }; /* an index of nothing */

/* One of a list. */
struct state_word {
	char *text;
};
struct state_fd {
	int fd;
};
struct state_number {
	uint64_t value;
};
struct state_name {
	struct strbuf address; /* struct sockaddr */
};
struct state_index {
	int index;
};

struct state_listener {
	char *name;
	bool owns_path; /* of its unix socket, as long as that is: */
	uint64_t path_device, path_inode;
	unsigned shares;
	struct state_fd *sockets;
	size_t socket_count;
	char *store_name; /* by which the manager has them: see fd_store.h; NULL: it has none */
	unsigned store_copy, store_index_end;
};

/* An option as it was written: see config/config.h. */
struct state_entry {
	char *option;
	char *value; /* NULL: it takes none */
	unsigned line;
};

/* What a setup calls a listener. */
struct state_use {
	char *name;
	int listener; /* its index */
	enum listeners_origin origin;
};

struct state_setup {
	struct state_entry *config, *as_read;
	size_t config_count, as_read_count;
	struct state_word *command;
	size_t command_count;
	unsigned command_line;
	char *name; /* of the service */
	struct state_use *listeners;
	size_t listener_count;
};

struct state_family {
	struct process leader;
	struct process *members;
	size_t member_count;
	char *marker;
	uint64_t broker;      /* its number; 0: none */
	int64_t hammer_at_ms; /* of a stray, and the next round of a kill */
	int kill_pause_ms;
};

struct state_worker {
	enum worker_state state;
	pid_t pid;
	int pidfd, channel, handoff;
	bool is_watched_by_pidfd; /* its main process may be no child of baton */
	int capture;              /* index */
	bool has_family;
	struct state_family family;
	int64_t started_at_ms, ready_at_ms, restart_at_ms, watchdog_at_ms;
	int watchdog_ms; /* between two signs of life; 0: none is awaited */
	int stop_signal;
	bool is_aborted;
	char status[NOTIFY_STATUS_SIZE];
	char fate[BATON_ERROR_SIZE];
	pid_t fate_pid;
};

/* Where its connections come in, also by sockets that are closed now: see inlets.h. */
struct state_inlets {
	struct state_number *ports;
	size_t port_count;
	struct state_name *names;
	size_t name_count;
	bool has_unseen;
};

struct state_generation {
	unsigned number;
	int setup; /* index */
	bool is_retired;
	int64_t started_at_ms, retired_at_ms, drain_until_ms;
	bool waits_until_idle; /* to be told to stop */
	bool is_watched;       /* for --end-idle */
	int64_t idle_since_ms; /* as it was seen for that */
	struct state_inlets inlets;
	int stop_signal;
	char *program;
	struct state_worker *workers;
	size_t worker_count;
};

struct state_capture {
	int fd;
	bool is_left;
	struct strbuf pending, kept;
};

struct state_machine {
	struct machine machine; /* those of its generations that there are come first */
	unsigned generation_count;
};

/* How often there was what. */
struct state_count {
	enum machine_report what;
	uint64_t count;
};

struct state_events {
	uint64_t count, outcome_count;
	struct event *recent, *outcomes; /* the oldest first */
	size_t recent_count, kept_outcome_count;
	struct state_count *counts;
	size_t counts_count;
	uint64_t cut_connections;
};

struct state_session {
	int fd;
	enum session_wait wait;
	unsigned generation;
	bool has_ended_input, is_closing;
	struct strbuf input, output; /* not handled, and not sent yet */
};

struct state_path {
	int directory;
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
};

struct state_held {
	int fd;
	struct strbuf address; /* struct sockaddr */
	bool is_reuseport;
	struct state_path path, expected;
	unsigned generation;
	int position;
	bool is_left, is_closed, is_passed, is_shared;
	uint64_t device, inode;
	struct state_number *brokers; /* who claims it */
	size_t broker_count;
};

struct state_broker {
	uint64_t number;
	int fd;
	unsigned generation, former_generation;
	bool is_retired, is_ready, has_complained;
	struct process process;
	char marker[RECORD_MARKER_SIZE];
};

/* See steer/own_sockets.h. */
struct state_set {
	unsigned generation;
	bool is_taken, is_retired;
	struct state_index *sockets; /* of held ones */
	size_t socket_count;
};

struct state_holder {
	int link; /* -1: none runs */
	struct process process;
	struct state_number *keys; /* of what it has */
	size_t key_count;
};

struct state_adopt {
	bool is_on; /* servers bind for themselves */
	struct steer steer;
	uint64_t last_broker; /* its number */
	struct state_broker *brokers;
	size_t broker_count;
	struct state_held *held;
	size_t held_count;
	struct state_fd *places; /* the listeners' sockets, as each set has one for each */
	size_t place_count;
	struct state_set *sets;
	size_t set_count;
	struct state_holder holder;
};

struct state {
	unsigned version;
	pid_t pid; /* whose state it is */
	char *directory;
	int64_t started_at_ms;
	bool has_notified;    /* some generation: see readiness/readiness.h */
	bool has_said_unseen; /* see end_idle_watch.h */
	uint64_t started_count;
	int command_status;
	pid_t command_pid;
	char command_fate[BATON_ERROR_SIZE];
	struct changes changes;
	int notify, einhorn;
	char *einhorn_path, *einhorn_directory;
	int control;             /* index of a listener */
	uint64_t store_capacity; /* of the manager: see fd_store.h */
	struct state_listener *listeners;
	size_t listener_count;
	struct state_setup *setups;
	size_t setup_count;
	int setup; /* of the next generation: index */
	struct state_machine machine;
	struct state_capture *captures;
	size_t capture_count;
	struct state_generation *generations;
	size_t generation_count;
	struct state_family *strays;
	size_t stray_count;
	struct state_adopt adopt;
	struct state_events events;
	struct state_session *sessions;
	size_t session_count;
};

/* The state as text, the caller's; NULL: no memory. */
char *state_write(const struct state *state);

/*
 * Reads a state, and looks whether it makes sense: each index, each number of a worker. 0; -EBADMSG
 * or -EPROTONOSUPPORT with the reason; -ENOMEM. state_finish is due in any case. Pure.
 */
int state_read(const char *text, size_t length, struct state *ret, struct baton_error *error);

void state_init(struct state *state);
void state_finish(struct state *state);

#endif
