/* SPDX-License-Identifier: MIT */
/* /slow?ms=N: an answer that takes N milliseconds, given up with its call. */
#ifndef CHILD_APP_SLOW_H
#define CHILD_APP_SLOW_H

#include "http/call.h"

struct ev_loop;

enum { SLOW_MAX_MS = 10 * 60 * 1000 };

enum call_progress slow_begin(struct call *call, struct ev_loop *loop, const char *text);
void slow_end(struct call *call);

#endif
