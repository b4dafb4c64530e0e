/* SPDX-License-Identifier: MIT */
/*
 * When is the drain of a generation over that lingers, though its last connection has gone? Once
 * every look for so long has seen none. What cannot be seen is not idle. Pure: the caller has
 * clock, timer and eyes.
 */
#ifndef SUPERVISOR_END_IDLE_H
#define SUPERVISOR_END_IDLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	END_IDLE_UNSEEN = -1,    /* instead of a count: nobody could see */
	END_IDLE_PAUSE_MIN = 20, /* between two looks, in ms */
	END_IDLE_PAUSE_MAX = 1000,
};

struct end_idle {
	int64_t since_ms;      /* of the first of the looks in a row that saw no connection */
	bool is_idle;          /* at the last look */
	unsigned unseen_count; /* looks in a row at which nobody could see */
};

/* Zeroed, it has not been looked at. */

/*
 * It was looked at, which began at now_ms and took cost_ms, and this many connections were seen.
 * Returns 0 if it has been idle for end_idle_ms, or after how many ms to look again.
 */
int end_idle_look(struct end_idle *idle, int end_idle_ms, int count, int64_t now_ms, int cost_ms);

#endif
