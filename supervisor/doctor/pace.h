/* SPDX-License-Identifier: MIT */
/* Waits, on the loop, for what the examination does next: each with a deadline, all of them
 * within the time limit, until a signal asks to stop. */
#ifndef SUPERVISOR_DOCTOR_PACE_H
#define SUPERVISOR_DOCTOR_PACE_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct pace {
	struct ev_loop *loop; /* the default one */
	ev_signal signals[3]; /* HUP, INT, TERM */
	ev_timer wake;
	int signal; /* that asked to stop; 0: none has */
	int64_t started_ms;
	int limit_ms;
};

/* Starts to watch the signals; the limit counts from now on. */
void pace_init(struct pace *pace, struct ev_loop *loop, int limit_ms);

void pace_finish(struct pace *pace);

typedef bool (*pace_fn)(void *data);

/* Until it holds. 0; -ETIMEDOUT; -EINTR: asked to stop; -ETIME: the limit is reached. */
int pace_await(struct pace *pace, pace_fn holds, void *data, int timeout_ms);

/* The same for cleaning up, which nothing but its own deadline cuts short. */
int pace_await_anyway(struct pace *pace, pace_fn holds, void *data, int timeout_ms);

/* Lets time pass. 0, -EINTR or -ETIME. */
int pace_pass(struct pace *pace, int ms);

#endif
