/* SPDX-License-Identifier: MIT */
/* See end_idle.h. */
#include "end_idle.h"

/* A look costs at most so small a part of the time, and notices an end not later than after such a
 * part of what is waited for anyway. */
enum { COST_PART = 20, WAIT_PART = 8 };

static int pause_for(int end_idle_ms, int cost_ms)
{
	int pause = end_idle_ms / WAIT_PART;

	pause = pause < END_IDLE_PAUSE_MIN   ? END_IDLE_PAUSE_MIN
		: pause > END_IDLE_PAUSE_MAX ? END_IDLE_PAUSE_MAX
					     : pause;
	return pause < cost_ms * COST_PART ? cost_ms * COST_PART : pause;
}

int end_idle_look(struct end_idle *idle, int end_idle_ms, int count, int64_t now_ms, int cost_ms)
{
	int pause = pause_for(end_idle_ms, cost_ms);

	idle->unseen_count = count < 0 ? idle->unseen_count + 1 : 0;
	if (count != 0) {
		idle->is_idle = false;
		return pause;
	}
	if (!idle->is_idle) {
		idle->is_idle = true;
		idle->since_ms = now_ms;
	}
	int64_t left_ms = idle->since_ms + end_idle_ms - now_ms;

	if (left_ms <= 0)
		return 0;
	return left_ms < pause ? (int)left_ms : pause;
}
