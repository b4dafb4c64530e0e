/* SPDX-License-Identifier: MIT */
/*
 * One `baton run` of the server, in a process of its own, and what its log says. The
 * caller runs the loop; what happened is in the members.
 */
#ifndef SUPERVISOR_DOCTOR_TRIAL_H
#define SUPERVISOR_DOCTOR_TRIAL_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <baton/error.h>

struct findings;
struct rung;

enum {
	TRIAL_LINE_SIZE = 8192, /* longer ones of the server are cut */
	TRIAL_TAIL_LINES = 8,
	TRIAL_TAIL_SIZE = 200,
};

/* All borrowed, the findings for as long as the trial. */
struct trial_options {
	struct ev_loop *loop; /* the default one */
	const struct rung *rung;
	char *const *run_options; /* NULL: none */
	char *const *command;
	int ready_timeout_ms;
	int drain_timeout_ms;
	bool is_verbose;           /* repeats all that is said on standard error */
	struct findings *findings; /* what is learnt goes there */
};

struct trial {
	struct ev_loop *loop;
	struct findings *findings;
	bool is_verbose;
	int pidfd;
	int log; /* the end that is read */
	ev_io log_watcher;
	ev_child end_watcher;
	char line[TRIAL_LINE_SIZE]; /* what there is of the next one */
	size_t length;

	pid_t pid;
	pid_t main;           /* of the generation that serves; 0: not known */
	bool has_ended;       /* baton */
	bool was_missing;     /* the command cannot be executed */
	bool was_late;        /* the first generation was alive, but not ready in time */
	unsigned serving;     /* the generation; 0: none yet */
	unsigned rolled_back; /* how many were */
	unsigned gone;        /* how many generations are */
	unsigned hammered;    /* how many had to be killed */
	int gone_ms;          /* how long the last one that is gone took */
	char reason[256];     /* why the last one did not start */
	char tail[TRIAL_TAIL_LINES][TRIAL_TAIL_SIZE]; /* what the server said last; a ring */
	size_t said;                                  /* lines of it, ever */
};

/* 0, or -errno and nothing is left. */
int trial_start(
	struct trial *trial, const struct trial_options *options, struct baton_error *error);

/* Signals baton. */
void trial_signal(struct trial *trial, int signal);

/* Lets go of the process, which is not waited for any more, and the log. Harmless on one that
 * has not started if it is zeroed and its descriptors are -1. */
void trial_finish(struct trial *trial);

/* The line before the last `back` lines that the server said, NULL: there is none. Borrowed. */
const char *trial_tail(const struct trial *trial, size_t back);

#endif
