/* SPDX-License-Identifier: MIT */
/* See attempt.h. */
#include "doctor/attempt.h"

#include <limits.h>

bool attempt_lost_nothing(const struct attempt *attempt, int restarts)
{
	return attempt->end == ATTEMPT_DONE && attempt->restarts >= restarts &&
		attempt->fresh.requests > 0 && attempt_loss(attempt) == 0 && !attempt->had_to_kill;
}

unsigned long attempt_loss(const struct attempt *attempt)
{
	if (attempt->restarts == 0)
		return ULONG_MAX;
	return attempt->fresh.failed + attempt->begun.failed;
}

bool attempt_was_graceful(const struct attempt *attempt)
{
	return attempt->restarts > 0 && !attempt->had_to_kill && attempt->begun.requests > 0 &&
		attempt->begun.failed == 0;
}
