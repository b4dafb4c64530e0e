/* SPDX-License-Identifier: MIT */
/* Starts a timer anew, for milliseconds from now. */
#ifndef PROCESS_UPGRADE_TIMER_H
#define PROCESS_UPGRADE_TIMER_H

#include <ev.h>

static inline void upgrade_timer_start(struct ev_loop *loop, ev_timer *timer, int after_ms)
{
	ev_now_update(loop); /* a callback, or the start of a process, may have taken long */
	ev_timer_stop(loop, timer);
	ev_timer_set(timer, after_ms / 1e3, 0);
	ev_timer_start(loop, timer);
}

#endif
