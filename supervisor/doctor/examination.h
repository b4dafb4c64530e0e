/* SPDX-License-Identifier: MIT */
/* Tries one way of restarting after the other, and gathers what is learnt. */
#ifndef SUPERVISOR_DOCTOR_EXAMINATION_H
#define SUPERVISOR_DOCTOR_EXAMINATION_H

#include <baton/error.h>

#include "doctor/findings.h"
#include "doctor/ladder.h"
#include "doctor/look.h"
#include "doctor/peer.h"
#include "doctor/trial.h"

struct doctor_options;

/* What came of it. */
struct diagnosis {
	const struct doctor_options *options; /* borrowed */
	bool is_scratch;                      /* it ran in a network of its own */
	char scratch_reason[256];             /* why it did not */
	struct findings findings;
	struct look look;
	struct peer peers[FINDINGS_SOCKETS_MAX];
	size_t peer_count;
	struct ladder ladder;
	char tail[TRIAL_TAIL_LINES]
		 [TRIAL_TAIL_SIZE]; /* what the server said last, if it did not start */
	size_t tail_count;
	int signal; /* that asked to stop; 0: none did */
};

enum examination_end {
	EXAMINATION_DONE,         /* diagnosis->ladder says what came of it */
	EXAMINATION_NOT_EXECUTED, /* its only attempt has the reason */
	EXAMINATION_NOT_STARTED,  /* its only attempt has the reason */
	EXAMINATION_NO_SOCKETS,   /* none is bound that could be passed on */
	EXAMINATION_NO_CLIENTS,   /* none that clients could be made for */
};

/* Fills in the diagnosis, of which options, is_scratch and scratch_reason are set. Runs the
 * default loop. An enum examination_end; -EINTR: told to stop by a signal; or -errno. Nothing
 * of the server is left in any case. */
int examination_run(struct diagnosis *diagnosis, struct baton_error *error);

#endif
