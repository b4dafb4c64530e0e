/* SPDX-License-Identifier: MIT */
/*
 * What `baton run` is asked to do. The command line fills it; everything else
 * reads it. All strings and arrays are owned by the structure.
 */
#ifndef SUPERVISOR_SETTINGS_H
#define SUPERVISOR_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <baton/address.h>
#include <baton/error.h>

#include "log.h"
#include "machine.h"
#include "readiness/readiness.h"

enum {
	SETTINGS_WORKERS_MAX = MACHINE_WORKERS_MAX,
	SETTINGS_DRAINING_MAX = MACHINE_DRAINING_MAX,
};

struct settings_listener {
	char *name;
	bool is_named; /* by the user; otherwise it may be called differently after the next one */
	struct baton_address *address;
};

struct settings {
	char *config_file;                   /* NULL: none */
	struct settings_listener *listeners; /* no two of the same name */
	size_t listener_count;
	int workers; /* 1 to SETTINGS_WORKERS_MAX */
	bool adopt;  /* hold what the command binds for itself */
	bool steer;  /* each generation has sockets of its own, and only one gets what is new */
	bool drain_when_idle; /* where it is steered: the predecessor is told to end only then */
	int canary;           /* percent of it that a generation gets while it bakes */
	int takeover;         /* pid of a server that runs already; 0: none */
	char **keep_files;    /* that a predecessor may not remove; NULL-terminated; NULL: none */

	struct readiness_mode ready; /* points into ready_text */
	char *ready_text;            /* as it was given; NULL: the default */
	int ready_timeout_ms;
	int bake_ms;
	int settle_ms; /* between two requests of one burst; 0: each counts */
	int drain_timeout_ms;
	int end_idle_ms; /* without a connection, after which a drain is over; 0: it is not */
	int stop_signal;
	int hup_signal;   /* retires the predecessor at an upgrade; 0: as stop_signal */
	int max_draining; /* 1 to SETTINGS_DRAINING_MAX */

	bool restart; /* a worker that dies while it serves is started again */
	int restart_min_ms;
	int restart_max_ms;
	int max_restarts; /* in a row, without a worker that became ready; -1: no limit */

	char *name;        /* of the service; once parsed it has one */
	bool is_named;     /* by the user: no other name will do */
	char *control;     /* path of the control socket, or "none"; NULL: by the name */
	char *workdir;     /* NULL: baton's own */
	char *env_file;    /* NULL: none */
	char *user;        /* NULL: baton's own */
	char *group;       /* NULL: the user's */
	char *pid_file;    /* NULL: none */
	char *status_file; /* NULL: none */
	bool capture;      /* remember what workers wrote last on their standard error */

	unsigned protocols; /* bits of enum inherit_protocol_bit */
	enum log_format log_format;
	enum log_level log_level;

	char **command; /* NULL-terminated, one entry at least */
};

/* Fills in every default; the structure owns nothing yet. */
void settings_init(struct settings *settings);

/* Frees what the structure holds; a structure that settings_init or a failed call left is fine. */
void settings_finish(struct settings *settings);

/*
 * Adds the listener of "[NAME=]ADDRESS". Those without NAME are called "default", "default2",
 * "default3" and so on, in their order, without the names that were given. Returns 0, -ENOMEM,
 * -EEXIST for a name that was given before, -EINVAL or -ENAMETOOLONG for a bad name or address;
 * after an error the settings are good for nothing but settings_finish.
 */
int settings_add_listener(struct settings *settings, const char *text, struct baton_error *error);

/* Calls a service that has no name after its command, as far as that can be one. 0 or -ENOMEM. */
int settings_name_service(struct settings *settings);

/* Adds a file to keep. 0 or -ENOMEM. */
int settings_add_keep_file(struct settings *settings, const char *path);

/*
 * Whether the settings fit each other and the system as it is now: there is a
 * command, its {fd:NAME} and {port:NAME} exist, user and group are known, the
 * environment file can be read. Returns 0; -EINVAL; -ESRCH for an unknown user
 * or group; -EBADMSG for a malformed environment file; what open(2) said of it;
 * -ENOMEM.
 */
int settings_check(const struct settings *settings, struct baton_error *error);

/* Told of what does not fit, and of which option that is, or "command". */
typedef void (*settings_problem_fn)(
	void *data, const char *option, const struct baton_error *error);

/* The same, told of all that does not fit; returns what the first of it was. */
int settings_check_each(
	const struct settings *settings, settings_problem_fn on_problem, void *data);

#endif
