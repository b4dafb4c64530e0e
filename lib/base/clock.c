/* SPDX-License-Identifier: MIT */
/* See clock.h. */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: clock_gettime(2) */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int clock_ms_since(int64_t then)
{
	int64_t ms = clock_ms() - then;

	return ms > INT_MAX ? INT_MAX : (int)ms;
}
