/* SPDX-License-Identifier: MIT */
/*
 * When a process is told to stop twice, and when once: timeout(1), which signals
 * a process and then its group, service managers, which signal a whole control
 * group, and supervisors mean one wish and send two signals. What comes so soon after the
 * first is that one again; what comes later is from somebody who does not want to
 * wait. Pure: the caller has the clock.
 */
#ifndef BASE_STOP_WISH_H
#define BASE_STOP_WISH_H

#include <stdbool.h>
#include <stdint.h>

enum { STOP_WISH_MS = 250 };

/* Zeroed: there was none. */
struct stop_wish {
	bool was_told;
	int64_t told_ms; /* the first of those that are one */
};

/* It is told to stop at now_ms: whether that is the last wish again. */
bool stop_wish_repeats(struct stop_wish *wish, int64_t now_ms);

#endif
