/* SPDX-License-Identifier: MIT */
/*
 * Bursts of upgrade requests, as scripts and configuration management make
 * them, are one wish. The first of a burst counts at once; those that follow it
 * closely, each less than the settle time after the one before, become one more
 * upgrade when they have settled. Pure: the caller has clock and timer.
 */
#ifndef SUPERVISOR_SETTLE_H
#define SUPERVISOR_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

enum { SETTLE_LONGEST_MS = 1000 }; /* that a burst without end puts an upgrade off */

struct settle {
	int settle_ms; /* 0: every request counts at once */
	bool has_been_asked;
	int64_t asked_ms;   /* when it was asked for last */
	bool is_put_off;    /* a request waits for the burst to settle */
	int64_t put_off_ms; /* since when */
};

/* Nothing was asked for yet. */
void settle_init(struct settle *settle, int settle_ms);

/*
 * An upgrade is asked for at now_ms. Returns 0 if it is to be made at once,
 * or after how many ms, counted anew: a wait that runs already is replaced.
 */
int settle_ask(struct settle *settle, int64_t now_ms);

/* The wait is over, and the upgrade made. */
void settle_over(struct settle *settle);

#endif
