/* SPDX-License-Identifier: MIT */
/* See handoff_flow.h. */
#include "socket/handoff_flow.h"

#include <errno.h>

#include "socket/handoff_packet.h"

enum {
	IN_FLIGHT_MAX = 4 * HANDOFF_BATCH_MAX, /* one is read while others are on their way */
	RESERVE_MIN = 16, /* descriptors that stay free for whatever else is opened */
	RESERVE_MAX = 256,
	GRANT_MAX = 64 * 1024, /* and then it is counted anew */
};

void handoff_flow_init(struct handoff_flow *flow, uint64_t limit)
{
	uint64_t quarter = limit / 4;

	if (quarter > IN_FLIGHT_MAX)
		quarter = IN_FLIGHT_MAX;
	if (quarter > HANDOFF_BATCH_MAX)
		quarter -= quarter % HANDOFF_BATCH_MAX; /* whole batches */
	*flow = (struct handoff_flow){ .in_flight_max = quarter ? (uint32_t)quarter : 1 };
}

uint32_t handoff_flow_in_flight(const struct handoff_flow *flow)
{
	return flow->sent - flow->answered;
}

int handoff_flow_room(const struct handoff_flow *flow)
{
	uint32_t in_flight = handoff_flow_in_flight(flow);
	uint32_t granted = flow->granted - flow->sent;
	uint32_t free = flow->in_flight_max - in_flight;

	if (granted == 0 && in_flight == 0)
		return -ENOSPC;
	return (int)(granted < free ? granted : free);
}

uint32_t handoff_flow_grant(uint64_t limit, uint64_t open)
{
	uint64_t reserve = limit / 16;

	if (reserve < RESERVE_MIN)
		reserve = RESERVE_MIN;
	if (reserve > RESERVE_MAX)
		reserve = RESERVE_MAX;
	if (open + reserve >= limit)
		return 0;
	uint64_t grant = (limit - open - reserve + 1) / 2;

	return grant < GRANT_MAX ? (uint32_t)grant : GRANT_MAX;
}
