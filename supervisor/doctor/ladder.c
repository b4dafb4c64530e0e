/* SPDX-License-Identifier: MIT */
/* See ladder.h. */
#include "doctor/ladder.h"

#include <signal.h>

#include "base/container.h"

/* What servers drain on, the ones of which more do first: nginx and php-fpm on QUIT, lighttpd
 * on INT, HAProxy on USR1, Apache on WINCH. */
static const int drain_signals[] = { SIGTERM, SIGQUIT, SIGINT, SIGUSR1, SIGWINCH };

static bool was_tried(const struct ladder *ladder, bool is_steered, int signal)
{
	for (size_t i = 0; i < ladder->count; i++) {
		const struct rung *rung = &ladder->attempts[i].rung;

		if (rung->is_steered == is_steered && rung->signal == signal)
			return true;
	}
	return false;
}

/* One that does not start beside its predecessor does not whatever that is told afterwards. */
static bool starts_beside(const struct ladder *ladder)
{
	for (size_t i = 0; i < ladder->count; i++)
		if (ladder->attempts[i].end == ATTEMPT_ROLLED_BACK)
			return false;
	return true;
}

/* TERM ends everybody, caught or not. */
static bool is_worth_trying(const struct ladder *ladder, int signal)
{
	return signal == SIGTERM || ladder->caught >> (signal - 1) & 1;
}

static bool next_signal(const struct ladder *ladder, int *ret)
{
	for (size_t i = 0; i < array_length(drain_signals); i++) {
		int signal = drain_signals[i];

		if (!is_worth_trying(ladder, signal) || was_tried(ladder, false, signal))
			continue;
		*ret = signal;
		return true;
	}
	return false;
}

static int graceful_signal(const struct ladder *ladder)
{
	for (size_t i = 0; i < ladder->count; i++)
		if (!ladder->attempts[i].rung.is_steered &&
			attempt_was_graceful(&ladder->attempts[i]))
			return ladder->attempts[i].rung.signal;
	return SIGTERM;
}

static bool next_way(const struct ladder *ladder, struct rung *ret)
{
	bool starts = starts_beside(ladder);
	int signal;

	if (starts && next_signal(ladder, &signal)) {
		*ret = (struct rung){ .signal = signal };
		return true;
	}
	if (!ladder->can_steer || !starts)
		return false;
	signal = graceful_signal(ladder);
	if (was_tried(ladder, true, signal))
		signal = SIGKILL;
	if (was_tried(ladder, true, signal))
		return false;
	*ret = (struct rung){ .is_steered = true, .signal = signal };
	return true;
}

/* An attempt after which another one tells nothing new. */
static bool is_final(const struct attempt *attempt)
{
	switch (attempt->end) {
	case ATTEMPT_NOT_EXECUTED:
	case ATTEMPT_NOT_STARTED:
	case ATTEMPT_NOT_READY:
	case ATTEMPT_STUCK:
	case ATTEMPT_OUT_OF_TIME:
		return true;
	case ATTEMPT_DONE:
	case ATTEMPT_ROLLED_BACK:
		break;
	}
	return attempt->idle.failed > 0;
}

bool ladder_next(const struct ladder *ladder, struct rung *ret)
{
	const struct attempt *last = ladder->count ? &ladder->attempts[ladder->count - 1] : NULL;
	bool is_good = last && attempt_lost_nothing(last, ladder->restarts);
	struct rung rung;

	if (ladder->count == LADDER_LENGTH_MAX || (last && is_final(last)))
		return false;
	/* What is recommended is what was tried, to the letter. */
	if (is_good && last->rung.keep_count >= ladder->pid_file_count)
		return false;
	if (is_good)
		rung = last->rung;
	else if (!next_way(ladder, &rung))
		return false;
	rung.keep_count = ladder->pid_file_count;
	*ret = rung;
	return true;
}

bool ladder_is_undecided(const struct ladder *ladder)
{
	return ladder->count > 0 && ladder->attempts[ladder->count - 1].end == ATTEMPT_OUT_OF_TIME;
}

const struct attempt *ladder_best(const struct ladder *ladder)
{
	const struct attempt *best = NULL;

	for (size_t i = 0; i < ladder->count; i++) {
		const struct attempt *attempt = &ladder->attempts[i];

		if (attempt->restarts == 0)
			continue;
		/* The last one of those that are equal: it knows most pid files. */
		if (attempt_lost_nothing(attempt, ladder->restarts) || !best ||
			attempt_loss(attempt) < attempt_loss(best))
			best = attempt;
	}
	return best;
}
