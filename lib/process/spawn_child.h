/* SPDX-License-Identifier: MIT */
/*
 * What runs in the child between its creation and exec. All it needs is
 * prepared in a struct spawn_plan before; it allocates nothing, takes no lock
 * and calls nothing that is not async-signal-safe.
 */
#ifndef PROCESS_SPAWN_CHILD_H
#define PROCESS_SPAWN_CHILD_H

#include <baton/spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "process/spawn_user.h"

struct sock_fprog;

/* The step that failed, for the words of the error. */
enum spawn_step {
	SPAWN_STEP_NONE, /* the child did not report: exec succeeded */
	SPAWN_STEP_SESSION,
	SPAWN_STEP_PROCESS_GROUP,
	SPAWN_STEP_FDS,
	SPAWN_STEP_FILTER,
	SPAWN_STEP_GROUPS,
	SPAWN_STEP_GROUP,
	SPAWN_STEP_USER,
	SPAWN_STEP_WORKDIR,
	SPAWN_STEP_DEATH_SIGNAL,
	SPAWN_STEP_PIDFDID,
	SPAWN_STEP_EXEC,
};

struct spawn_report {
	int step; /* enum spawn_step */
	int code; /* errno of the step */
	int detail; /* SPAWN_STEP_FDS: the `from` as the caller named it; _EXEC: index of the candidate */
};

struct spawn_plan {
	const char *program; /* as it was given */
	char *const *argv;
	char *const *envp;
	char *const *candidates;    /* paths to try in turn, NULL-terminated */
	char **shell_argv;          /* "/bin/sh", room for the script, argv[1], ... */
	struct baton_spawn_fd *fds; /* sorted by `to`; the child changes them */
	size_t fd_count;
	int fd_floor;   /* above every `to`: where descriptors are moved out of the way */
	int fd_highest; /* the last one to be hidden where close_range(2) cannot be used */
	const struct sock_fprog *filter; /* NULL: none */
	int filter_fd; /* end of a pair of sockets, at fd_floor or above: where the notifications go */
	const char *workdir;
	struct spawn_user user;
	bool new_process_group;
	bool new_session;
	int parent_death_signal;
	pid_t parent;
	char *pid_text;
	char *pidfdid_text;
	int report_fd;  /* write end of a pipe, close-on-exec, at fd_floor or above */
	bool is_shared; /* set by the child: what it writes here, the parent sees */
	struct spawn_report report;
};

/* The whole of the child's life: carries the plan out and executes the program. If a step fails it
 * reports, in the plan and on report_fd, and exits. For clone(2): plan is a struct spawn_plan. */
int spawn_child_main(void *plan);

#endif
