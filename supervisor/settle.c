/* SPDX-License-Identifier: MIT */
/* See settle.h. */
#include "settle.h"

void settle_init(struct settle *settle, int settle_ms)
{
	*settle = (struct settle){ .settle_ms = settle_ms };
}

int settle_ask(struct settle *settle, int64_t now_ms)
{
	bool is_burst = settle->has_been_asked && now_ms - settle->asked_ms < settle->settle_ms;

	settle->has_been_asked = true;
	settle->asked_ms = now_ms;
	if (!is_burst && !settle->is_put_off)
		return 0;
	if (!settle->is_put_off) {
		settle->is_put_off = true;
		settle->put_off_ms = now_ms;
	}
	int64_t left_ms = settle->put_off_ms + SETTLE_LONGEST_MS - now_ms;

	if (left_ms > settle->settle_ms)
		return settle->settle_ms;
	return left_ms > 1 ? (int)left_ms : 1;
}

void settle_over(struct settle *settle)
{
	settle->is_put_off = false;
}
