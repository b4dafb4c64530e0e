/* SPDX-License-Identifier: MIT */
/* One way of restarting the server that was tried, and what came of it. Pure. */
#ifndef SUPERVISOR_DOCTOR_ATTEMPT_H
#define SUPERVISOR_DOCTOR_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>

/* The options of `baton run` that differ from one way to the next. */
struct rung {
	bool is_steered;
	int signal;        /* of --stop-signal */
	size_t keep_count; /* how many of the pid files that are known have a --keep-file */
};

enum attempt_end {
	ATTEMPT_DONE,         /* all restarts were made, or one lost something */
	ATTEMPT_NOT_EXECUTED, /* the command cannot be */
	ATTEMPT_NOT_STARTED,  /* the first generation did not come up */
	ATTEMPT_NOT_READY,    /* it lived, but was not seen to accept */
	ATTEMPT_ROLLED_BACK,  /* a later one did not */
	ATTEMPT_STUCK,        /* baton did not say what became of it in time */
	ATTEMPT_OUT_OF_TIME,  /* the time limit was reached */
};

/* How requests fared. */
struct tally {
	unsigned long requests;
	unsigned long failed;
	const char *reason; /* of the first that failed; NULL: none. Not owned, is constant */
};

struct attempt {
	struct rung rung;
	enum attempt_end end;
	int restarts;       /* that were made */
	bool had_to_kill;   /* an old generation was still there when the time to drain was over */
	int gone_ms;        /* the longest that one took to end; -1: none did */
	char reason[256];   /* why one did not start */
	struct tally idle;  /* before the first restart, on new connections */
	struct tally fresh; /* on new connections */
	struct tally begun; /* under way when the old generation was told to stop */
	struct tally kept;  /* on connections that are kept; not part of the verdict */
};

/* Whether it took all the restarts that were wanted, and lost nothing. Kept connections do not
 * count: what a server does with an idle one as it ends is its own affair. */
bool attempt_lost_nothing(const struct attempt *attempt, int restarts);

/* How much it lost; as much as can be if it could not restart the server at all. */
unsigned long attempt_loss(const struct attempt *attempt);

/* Whether the server finished what was under way, and ended by itself. */
bool attempt_was_graceful(const struct attempt *attempt);

#endif
