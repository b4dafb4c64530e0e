/* SPDX-License-Identifier: MIT */
/* See restarts.h. */
#include "doctor/restarts.h"

#include <errno.h>
#include <signal.h>

#include "doctor/attempt.h"
#include "doctor/load.h"
#include "doctor/pace.h"
#include "doctor/trial.h"

enum {
	BEGIN_MS = 2000, /* for requests to be under way */
	ARRIVE_MS = 50,  /* for the server to see them */
	STOP_MS = 150,   /* for the old generation to do what it does when it is told to stop */
	AFTER_MS = 100,  /* of load once that is gone */
};

/* What a restart is waited for. */
struct goal {
	const struct trial *trial;
	unsigned serving, rolled_back, gone; /* one of the first two; at least */
};

static bool is_decided(void *data)
{
	const struct goal *goal = data;

	return goal->trial->serving >= goal->serving ||
		goal->trial->rolled_back >= goal->rolled_back || goal->trial->has_ended;
}

static bool is_gone(void *data)
{
	const struct goal *goal = data;

	return goal->trial->gone >= goal->gone || goal->trial->has_ended;
}

static bool has_begun(void *data)
{
	return load_has_begun(data);
}

/* Waits until the successor serves, and then until the predecessor has gone, with requests
 * under way when that is told to stop. */
static int restart(const struct restarts *restarts, struct attempt *attempt)
{
	struct trial *trial = restarts->trial;
	struct pace *pace = restarts->pace;
	struct goal goal = {
		.trial = trial,
		.serving = trial->serving + 1,
		.rolled_back = trial->rolled_back + 1,
		.gone = trial->gone + 1,
	};

	load_begin(restarts->load);
	int r = pace_await(pace, has_begun, restarts->load, BEGIN_MS);
	if (r == 0 || r == -ETIMEDOUT)
		r = pace_pass(pace, ARRIVE_MS);
	if (r < 0)
		return r;
	trial_signal(trial, SIGHUP);
	r = pace_await(pace, is_decided, &goal, restarts->ready_timeout_ms + RESTARTS_MARGIN_MS);
	if (r == 0 && !trial->has_ended && trial->serving >= goal.serving)
		r = pace_pass(pace, STOP_MS);
	load_go_on(restarts->load);
	if (r < 0)
		return r;
	if (trial->serving < goal.serving) {
		attempt->end = trial->has_ended ? ATTEMPT_STUCK : ATTEMPT_ROLLED_BACK;
		return 0;
	}
	r = pace_await(pace, is_gone, &goal, RESTARTS_DRAIN_MS + RESTARTS_MARGIN_MS);
	return r < 0 ? r : pace_pass(pace, AFTER_MS);
}

static void note_restart(const struct restarts *restarts, struct attempt *attempt)
{
	const struct trial *trial = restarts->trial;

	attempt->restarts++;
	attempt->had_to_kill = trial->hammered > 0;
	if (trial->gone_ms > attempt->gone_ms)
		attempt->gone_ms = trial->gone_ms;
	load_count(restarts->load, attempt);
}

int restarts_make(const struct restarts *restarts, struct attempt *attempt)
{
	int r = 0;

	while (r == 0 && attempt->restarts < restarts->wanted) {
		r = restart(restarts, attempt);
		if (r < 0 || attempt->end != ATTEMPT_DONE)
			break;
		if (restarts->trial->has_ended) {
			attempt->end = ATTEMPT_STUCK;
			break;
		}
		note_restart(restarts, attempt);
		if (attempt_loss(attempt) > 0 || attempt->had_to_kill)
			break;
	}
	return r;
}
