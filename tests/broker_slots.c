/* SPDX-License-Identifier: MIT */
/* Several sockets of one server on one address: bind.c and held.c, in supervisor/adopt/. */
#include <string.h>

#include "adopt/broker.h"
#include "support/adopted.h"
#include "support/suite.h"

static struct adopted one, two, three;

START_TEST(slots_of_a_port_are_given_in_their_order)
{
	const char *address = adopted_free_address();
	ino_t slots[3];

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	for (size_t i = 0; i < 2; i++)
		slots[i] = adopted_inode(&one, adopted_slot(&one, address));
	ck_assert_uint_ne(slots[0], slots[1]);
	for (size_t i = 0; i < 2; i++)
		ck_assert_uint_eq(adopted_inode(&two, adopted_slot(&two, address)), slots[i]);
	slots[2] = adopted_inode(&two, adopted_slot(&two, address)); /* one more than before */
	ck_assert_uint_ne(slots[2], slots[0]);
	ck_assert_uint_ne(slots[2], slots[1]);
	adopted_start(&three, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(adopted_inode(&three, adopted_slot(&three, address)), slots[i]);
	ck_assert_uint_eq(adopted_count_held(), 3);
}
END_TEST

/* As nginx, when "reuseport" is new in its configuration. */
static void expect_joined(const char *kind)
{
	const char *address = adopted_free_address();
	bool is_stream = strstr(kind, "stream");

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	int first = adopted_socket(&one, kind), fds[2];

	adopted_do(&one, "bind %d %s", first, address);
	if (is_stream)
		adopted_do(&one, "listen %d", first);
	for (size_t i = 0; i < array_length(fds); i++) {
		fds[i] = adopted_socket(&two, kind);
		adopted_do(&two, "reuseport %d", fds[i]);
		adopted_do(&two, "bind %d %s", fds[i], address);
		if (is_stream)
			adopted_do(&two, "listen %d", fds[i]);
	}
	ck_assert_uint_eq(adopted_inode(&two, fds[0]), adopted_inode(&one, first));
	ck_assert_uint_ne(adopted_inode(&two, fds[1]), adopted_inode(&one, first));
	ck_assert_uint_eq(adopted_count_held(), 2);
}

START_TEST(slots_can_join_a_socket_that_was_alone)
{
	expect_joined("inet stream");
}
END_TEST

START_TEST(slots_of_datagrams_can_do_so_too)
{
	expect_joined("inet dgram");
}
END_TEST

START_TEST(datagram_sockets_of_one_address_are_slots)
{
	const char *address = adopted_free_address();
	struct adopted *workers[] = { &one, &two };
	ino_t slots[2];

	for (unsigned i = 0; i < array_length(workers); i++) {
		adopted_start(workers[i], i + 1);
		for (size_t k = 0; k < array_length(slots); k++) {
			int fd = adopted_socket(workers[i], "inet dgram");

			adopted_do(workers[i], "reuseaddr %d", fd);
			adopted_do(workers[i], "bind %d %s", fd, address);
			if (i == 0)
				slots[k] = adopted_inode(workers[i], fd);
			ck_assert_uint_eq(adopted_inode(workers[i], fd), slots[k]);
		}
	}
	ck_assert_uint_ne(slots[0], slots[1]);
}
END_TEST

START_TEST(slot_that_the_successor_does_not_bind_is_closed)
{
	const char *address = adopted_free_address();
	ino_t slots[2];

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	for (size_t i = 0; i < 2; i++)
		slots[i] = adopted_inode(&one, adopted_slot(&one, address));
	broker_ready(one.broker);
	(void)adopted_slot(&two, address);
	broker_ready(two.broker);
	ck_assert_uint_eq(adopted_count_held(), 2);
	broker_retire(one.broker);
	ck_assert_uint_eq(adopted_count_held(), 1);
	ck_assert_ptr_nonnull(held_find_socket(&adopt.held, slots[0]));
	ck_assert_ptr_null(held_find_socket(&adopt.held, slots[1]));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		slots_of_a_port_are_given_in_their_order,
		slots_can_join_a_socket_that_was_alone,
		slots_of_datagrams_can_do_so_too,
		datagram_sockets_of_one_address_are_slots,
		slot_that_the_successor_does_not_bind_is_closed,
	};

	return suite_run(&(struct suite){
		.name = "broker_slots",
		.cases = cases,
		.count = array_length(cases),
		.setup = adopted_setup,
		.teardown = adopted_teardown,
	});
}
