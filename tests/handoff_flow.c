/* SPDX-License-Identifier: MIT */
/* How many connections may be on their way: socket/handoff_flow.c. */
#include "socket/handoff_flow.h"

#include <errno.h>

#include "socket/handoff_packet.h"
#include "support/suite.h"

START_TEST(never_more_than_a_quarter_of_the_limit_is_in_flight)
{
	static const struct {
		uint64_t limit;
		uint32_t in_flight_max;
	} rows[] = {
		{ 0, 1 },
		{ 3, 1 },
		{ 256, 64 },
		{ 1012, 253 },
		{ 1024, 253 },
		{ 2024, 506 },
		{ 4096, 1012 },
		{ 1000000, 1012 },
		{ UINT64_MAX, 1012 },
	};
	struct handoff_flow flow;

	for (size_t i = 0; i < array_length(rows); i++) {
		handoff_flow_init(&flow, rows[i].limit);
		ck_assert_uint_eq(flow.in_flight_max, rows[i].in_flight_max);
	}
}
END_TEST

START_TEST(room_is_what_both_sides_allow)
{
	struct handoff_flow flow;

	handoff_flow_init(&flow, 1024);
	ck_assert_int_eq(handoff_flow_room(&flow), -ENOSPC);
	flow.granted = 300;
	ck_assert_int_eq(handoff_flow_room(&flow), 253);
	flow.sent = 253;
	ck_assert_int_eq(handoff_flow_room(&flow), 0);
	ck_assert_uint_eq(handoff_flow_in_flight(&flow), 253);
	flow.answered = 253;
	ck_assert_int_eq(handoff_flow_room(&flow), 47);
	flow.sent = 300;
	ck_assert_int_eq(handoff_flow_room(&flow), 0); /* an answer comes, and may bring room */
	flow.answered = 300;
	ck_assert_int_eq(handoff_flow_room(&flow), -ENOSPC);
	flow.granted = 301;
	ck_assert_int_eq(handoff_flow_room(&flow), 1);
}
END_TEST

START_TEST(grants_leave_a_reserve_and_come_to_an_end)
{
	for (uint64_t limit = 0; limit < 5000; limit += 7) {
		uint64_t open = 3;

		for (;;) {
			uint32_t grant = handoff_flow_grant(limit, open);
			if (!grant)
				break;
			open += grant;
			ck_assert_uint_lt(open, limit);
		}
		/* none is given away of the last ones, and few others stay unused */
		uint64_t reserve = limit / 16 < 16 ? 16 : limit / 16 > 256 ? 256 : limit / 16;

		ck_assert(open + reserve >= limit);
		ck_assert(limit < 3 + reserve || open + reserve == limit);
	}
}
END_TEST

START_TEST(grants_are_bounded)
{
	ck_assert_uint_eq(handoff_flow_grant(UINT64_MAX, 10), 64 * 1024);
	ck_assert_uint_eq(handoff_flow_grant(100, UINT32_MAX), 0);
	ck_assert_uint_eq(handoff_flow_grant(0, 0), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		never_more_than_a_quarter_of_the_limit_is_in_flight,
		room_is_what_both_sides_allow,
		grants_leave_a_reserve_and_come_to_an_end,
		grants_are_bounded,
	};

	return SUITE_RUN("handoff_flow", cases);
}
