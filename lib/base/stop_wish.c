/* SPDX-License-Identifier: MIT */
/* See stop_wish.h. */
#include "base/stop_wish.h"

bool stop_wish_repeats(struct stop_wish *wish, int64_t now_ms)
{
	if (wish->was_told && now_ms - wish->told_ms < STOP_WISH_MS)
		return true;
	*wish = (struct stop_wish){ .was_told = true, .told_ms = now_ms };
	return false;
}
