/* SPDX-License-Identifier: MIT */
/* Who gets connections that are new: supervisor/steer/steer.c, with groups of real sockets. */
#include "steer/steer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adopt/held.h"
#include "base/fd.h"
#include "support/steering.h"
#include "support/suite.h"

static void expect_chosen_gets_all(void)
{
	steering_open(1);
	steering_choose(1, 0, 100);
	steering_open(2);
	steering_expect_all_to(0);
	steering_choose(2, 0, 100);
	steering_expect_all_to(1);
	steering_choose(1, 0, 100);
	steering_expect_all_to(0);
}

START_TEST(connections_go_to_the_chosen_generation_alone)
{
	expect_chosen_gets_all();
}
END_TEST

START_TEST(connections_of_ipv6_do_so_too)
{
	steering_use(AF_INET6, SOCK_STREAM);
	expect_chosen_gets_all();
}
END_TEST

/* They are in its queue, or half-way to it, and stay its. */
START_TEST(connections_that_wait_stay_with_the_old_generation)
{
	int fds[4];

	steering_open(1);
	steering_choose(1, 0, 100);
	steering_open(2);
	for (size_t i = 0; i < array_length(fds); i++)
		fds[i] = steering_connect(&steering_address);
	steering_choose(2, 0, 100);
	steering_await(array_length(fds));
	ck_assert_uint_eq(steering_got[0], array_length(fds));
	for (size_t i = 0; i < array_length(fds); i++)
		steering_disconnect(fds[i]);
}
END_TEST

/* The place in the group comes from listen. */
START_TEST(sockets_may_listen_in_another_order_than_they_bind)
{
	steering_open(1);
	steering_choose(1, 0, 100);
	struct held *second = steering_bind(2), *third = steering_bind(3);

	steering_listen(third);
	steering_listen(second);
	ck_assert_int_eq(steering_sockets[0]->position, 0);
	ck_assert_int_eq(third->position, 1);
	ck_assert_int_eq(second->position, 2);
	steering_expect_all_to(0);
	steering_choose(2, 0, 100);
	steering_expect_all_to(1);
	steering_choose(3, 0, 100);
	steering_expect_all_to(2);
}
END_TEST

START_TEST(socket_that_is_bound_and_does_not_listen_is_in_no_ones_way)
{
	steering_open(1);
	steering_bind(2);
	steering_choose(2, 0, 100);
	steering_expect_all_to(0);
	steering_choose(1, 0, 100);
	steering_expect_all_to(0);
}
END_TEST

/* A generation starts: its first socket gets nothing at any time, from its call of listen on. */
START_TEST(socket_gets_nothing_before_it_is_chosen)
{
	steering_open(1);
	steering_choose(1, 0, 100);
	struct held *held = steering_bind(2);

	steering_expect_all_to(0);
	ck_assert_int_eq(steer_prepare(&steering_table, held), 0);
	ck_assert_int_eq(listen(held->fd, SOMAXCONN), 0);
	steering_expect_all_to(0);
	ck_assert_int_eq(steer_join(&steering_table, held), 0);
	steering_expect_all_to(0);
}
END_TEST

START_TEST(generation_of_several_sockets_gets_as_much_on_each)
{
	steering_open(1);
	for (int i = 0; i < 3; i++)
		steering_open(2);
	steering_choose(2, 0, 100);
	steering_connect_clients(&steering_address, 600);
	ck_assert_uint_eq(steering_got[0], 0);
	/* 200 each, and a standard deviation of 11.5. */
	for (size_t i = 1; i < steering_count; i++) {
		ck_assert_uint_gt(steering_got[i], 120);
		ck_assert_uint_lt(steering_got[i], 280);
	}
}
END_TEST

/* A socket of the generation that is chosen, as of one more of its workers, gets its share. */
START_TEST(socket_that_joins_those_that_are_chosen_gets_its_share)
{
	steering_open(1);
	steering_choose(1, 0, 100);
	steering_open(1);
	steering_connect_clients(&steering_address, 200);
	ck_assert_uint_gt(steering_got[0], 40);
	ck_assert_uint_gt(steering_got[1], 40);
}
END_TEST

START_TEST(baking_generation_gets_its_percentage)
{
	steering_open(1);
	steering_choose(1, 0, 100);
	steering_open(2);
	steering_choose(2, 1, 20);
	steering_connect_clients(&steering_address, 1000);
	/* 200 of them, and a standard deviation of 12.6. */
	ck_assert_uint_gt(steering_got[1], 120);
	ck_assert_uint_lt(steering_got[1], 280);
	steering_choose(2, 1, 100);
	steering_expect_all_to(1);
}
END_TEST

/* Only who binds the second address knows of the second group. */
START_TEST(each_address_is_a_group_of_its_own)
{
	steering_open(1);
	struct socket_address first = steering_address;

	steering_use(AF_INET, SOCK_STREAM);
	struct held *held = steering_open(1);

	ck_assert_int_eq(held->position, 0);
	struct socket_address second = steering_address;

	steering_choose(1, 0, 100);
	steering_open(2);
	steering_choose(2, 0, 100);
	steering_expect_all_to(2);
	steering_connect_clients(&first, STEERING_CLIENTS);
	ck_assert_uint_eq(steering_got[0], STEERING_CLIENTS);
	steering_address = first;
	held = steering_open(2);
	ck_assert_int_eq(held->position, 1);
	steering_expect_all_to(3);
	steering_address = second;
	steering_expect_all_to(2);
	steering_choose(1, 0, 100);
	steering_expect_all_to(1);
}
END_TEST

static enum held_verdict ask(unsigned generation, struct held **ret)
{
	struct binding binding;
	int fd = socket(steering_address.any.sa_family, steering_type | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	steering_read(fd, &binding);
	enum held_verdict verdict =
		held_choose(&steering_table, &binding, &steering_workers[generation], ret);

	binding_finish(&binding);
	fd_close(fd);
	return verdict;
}

START_TEST(later_generation_gets_the_socket_that_is_left)
{
	struct held *given;

	steering_open(1);
	steering_choose(1, 0, 100);
	ck_assert_int_eq(ask(2, &given), HELD_JOIN);
	steering_open(2);
	steering_choose(2, 0, 100);
	ck_assert_int_eq(ask(3, &given), HELD_JOIN);
	held_release(&steering_table, &steering_workers[1]);
	ck_assert_int_eq(ask(3, &given), HELD_GIVE);
	ck_assert_ptr_eq(given, steering_sockets[0]);
	ck_assert_int_eq(held_claim(given, &steering_workers[3]), 0);
	ck_assert_int_eq(given->position, 0);
	steering_expect_all_to(1);
	steering_choose(3, 2, 100);
	steering_expect_all_to(0);
}
END_TEST

/* All workers of the generation that serves have died, and are about to be restarted. */
START_TEST(socket_of_the_chosen_is_given_to_it_alone)
{
	struct held *given;

	steering_open(1);
	steering_choose(1, 0, 100);
	held_release(&steering_table, &steering_workers[1]);
	ck_assert_int_eq(ask(2, &given), HELD_JOIN);
	ck_assert_int_eq(ask(1, &given), HELD_GIVE);
	ck_assert_ptr_eq(given, steering_sockets[0]);
	steering_choose(2, 1, 5);
	ck_assert_int_eq(ask(3, &given), HELD_JOIN);
}
END_TEST

/* Each process of a generation that shares a socket among its workers. */
START_TEST(workers_of_a_generation_share_its_socket)
{
	struct held_claimant sibling = steering_workers[2];
	struct held *given;
	struct binding binding;

	steering_open(1);
	steering_choose(1, 0, 100);
	steering_open(2);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	steering_read(fd, &binding);
	ck_assert_int_eq(held_choose(&steering_table, &binding, &sibling, &given), HELD_GIVE);
	ck_assert_ptr_eq(given, steering_sockets[1]);
	binding_finish(&binding);
	fd_close(fd);
}
END_TEST

static void use_unix(void)
{
	steering_type = SOCK_STREAM;
	steering_address = (struct socket_address){ .un.sun_family = AF_UNIX };
	steering_address.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		(size_t)snprintf(steering_address.un.sun_path + 1,
			sizeof(steering_address.un.sun_path) - 1, "baton-test-steer-%d",
			(int)getpid()));
}

START_TEST(unix_sockets_are_shared)
{
	struct held *given;
	int fd;

	use_unix();
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ne(fd, -1);
	struct held *held = steering_hold(fd, 1);

	ck_assert(!steer_can(held));
	ck_assert_int_eq(bind(fd, &steering_address.any, steering_address.length), 0);
	held_settle(&steering_table, 0);
	ck_assert_int_eq(listen(fd, SOMAXCONN), 0);
	steering_choose(1, 0, 100);
	ck_assert_int_eq(held->position, -1);
	ck_assert_int_eq(ask(2, &given), HELD_GIVE);
	ck_assert_ptr_eq(given, held);
	steering_choose(2, 0, 100);
	steering_expect_all_to(0);
}
END_TEST

START_TEST(sockets_of_inet_can_be_steered)
{
	ck_assert(steer_can(steering_open(1)));
	steering_use(AF_INET6, SOCK_DGRAM);
	ck_assert(steer_can(steering_open(1)));
}
END_TEST

START_TEST(nobody_is_selected_before_there_is_a_choice)
{
	ck_assert(!steer_selects(&steering_table.steer, 0));
	ck_assert(!steer_selects(&steering_table.steer, 1));
	steering_choose(2, 1, 5);
	ck_assert(steer_selects(&steering_table.steer, 1));
	ck_assert(steer_selects(&steering_table.steer, 2));
	ck_assert(!steer_selects(&steering_table.steer, 3));
	steering_choose(2, 0, 100);
	ck_assert(!steer_selects(&steering_table.steer, 0));
	ck_assert(!steer_selects(&steering_table.steer, 1));
}
END_TEST

START_TEST(failure_is_told_and_the_other_groups_are_steered)
{
	steering_open(1);
	int kept = steering_sockets[0]->fd;

	steering_use(AF_INET, SOCK_STREAM);
	steering_open(1);
	steering_open(2);
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	steering_sockets[0]->fd = ends[0];
	ck_assert_int_eq(steer_choose(&steering_table, 1, 0, 100), -ENOTSOCK);
	steering_sockets[0]->fd = kept;
	fd_close(ends[0]);
	fd_close(ends[1]);
	steering_expect_all_to(1);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		connections_go_to_the_chosen_generation_alone,
		connections_of_ipv6_do_so_too,
		connections_that_wait_stay_with_the_old_generation,
		sockets_may_listen_in_another_order_than_they_bind,
		socket_that_is_bound_and_does_not_listen_is_in_no_ones_way,
		socket_gets_nothing_before_it_is_chosen,
		generation_of_several_sockets_gets_as_much_on_each,
		socket_that_joins_those_that_are_chosen_gets_its_share,
		baking_generation_gets_its_percentage,
		each_address_is_a_group_of_its_own,
		later_generation_gets_the_socket_that_is_left,
		socket_of_the_chosen_is_given_to_it_alone,
		workers_of_a_generation_share_its_socket,
		unix_sockets_are_shared,
		sockets_of_inet_can_be_steered,
		nobody_is_selected_before_there_is_a_choice,
		failure_is_told_and_the_other_groups_are_steered,
	};
	struct suite suite = {
		.name = "steer",
		.cases = cases,
		.count = array_length(cases),
		.setup = steering_setup,
		.teardown = steering_teardown,
	};

	return suite_run(&suite);
}
