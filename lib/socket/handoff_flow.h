/* SPDX-License-Identifier: MIT */
/*
 * How many connections may be on their way. Pure: no clock, no I/O.
 *
 * The special problem of descriptors in flight: a receiver whose table is full
 * loses those that do not fit, without a word but MSG_CTRUNC, and a user without
 * privilege may have no more in flight than RLIMIT_NOFILE, in all processes
 * together (ETOOMANYREFS, unix(7)). So the receiver states how many it can
 * take, and the sender has never more under way than that, nor than a quarter of
 * its limit.
 */
#ifndef SOCKET_HANDOFF_FLOW_H
#define SOCKET_HANDOFF_FLOW_H

#include <stdint.h>

/*
 * Counts from the beginning of the link: answered <= sent <= granted, and
 * sent - answered <= in_flight_max.
 */
struct handoff_flow {
	uint32_t granted; /* that the receiver takes */
	uint32_t sent;    /* or about to be: in the batch that is being filled */
	uint32_t answered;
	uint32_t in_flight_max;
};

/* Nothing is granted yet; limit is RLIMIT_NOFILE of the sender. */
void handoff_flow_init(struct handoff_flow *flow, uint64_t limit);

/*
 * How many more may be sent now; 0 if that has to wait for an answer, -ENOSPC
 * if nothing is under way and the receiver takes no more.
 */
int handoff_flow_room(const struct handoff_flow *flow);

/* How many are under way. */
uint32_t handoff_flow_in_flight(const struct handoff_flow *flow);

/*
 * How many connections a process can be sent that has that many descriptors
 * open and may have limit. Half of what is free, as it goes on to accept meanwhile, and is to ask
 * again when half of those have come.
 */
uint32_t handoff_flow_grant(uint64_t limit, uint64_t open);

#endif
