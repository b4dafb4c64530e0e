/* SPDX-License-Identifier: MIT */
/* Whether a binary can read a state: it is run, does just that, and says so. */
#ifndef SUPERVISOR_REEXEC_REHEARSAL_H
#define SUPERVISOR_REEXEC_REHEARSAL_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include <baton/error.h>

#include "base/strbuf.h"
#include "family.h"

/* The command of baton that is run, and the descriptor on which it finds the state. */
#define REHEARSAL_COMMAND "resume"
enum { REHEARSAL_STATE_FD = 3 };

/* reason: why it cannot; NULL: it can. The rehearsal is over. */
typedef void (*rehearsal_fn)(const char *reason, void *data);

struct rehearsal {
	struct ev_loop *loop;
	struct family family; /* its own, so that it is taken for no worker's */
	pid_t pid;            /* 0: none runs */
	int output;
	struct strbuf said;
	bool is_late;
	ev_child exit_watcher;
	ev_io output_watcher;
	ev_timer deadline;
	rehearsal_fn on_end;
	void *data;
};

/* Prepares caller's memory; nothing runs. */
void rehearsal_init(
	struct rehearsal *rehearsal, struct ev_loop *loop, rehearsal_fn on_end, void *data);

/* Runs `PROGRAM resume` with the state, which stays the caller's. 0, or -errno with the reason;
 * then on_end is called from the loop, seconds later at the latest. */
int rehearsal_start(struct rehearsal *rehearsal, struct family_registry *families,
	const char *program, int state, struct baton_error *error);

/* Kills what runs: on_end is not called any more. */
void rehearsal_finish(struct rehearsal *rehearsal);

/* `baton resume`: the other side. The exit status. */
int rehearsal_main(int argc, char **argv);

#endif
