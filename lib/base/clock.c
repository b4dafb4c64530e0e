/* SPDX-License-Identifier: MIT */
/* See clock.h. */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

static int64_t read_ms(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); /* cannot fail with these: clock_gettime(2) */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_cpu_ms(void)
{
	return read_ms(CLOCK_THREAD_CPUTIME_ID);
}

int clock_ms_since(int64_t then)
{
	int64_t ms = clock_ms() - then;

	return ms > INT_MAX ? INT_MAX : (int)ms;
}
