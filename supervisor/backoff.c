/* SPDX-License-Identifier: MIT */
/* See backoff.h. */
#include "backoff.h"

int backoff_delay_ms(unsigned failures, int min_ms, int max_ms)
{
	if (failures == 0)
		return 0;
	if (min_ms < 1)
		min_ms = 1;
	if (max_ms < min_ms)
		return min_ms;

	int delay_ms = min_ms;

	for (unsigned i = 1; i < failures && delay_ms < max_ms; i++)
		delay_ms = delay_ms > max_ms / 2 ? max_ms : delay_ms * 2;
	return delay_ms;
}
