/* SPDX-License-Identifier: MIT */
/* Sockets that a generation is passed, of its own: supervisor/steer/own_sockets.c, with listeners
 * on the loopback. */
#include "steer/own_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "listeners.h"
#include "log.h"
#include "settings.h"
#include "support/listening.h"
#include "support/steering.h"
#include "support/suite.h"

static struct settings settings;
static struct listeners listeners;
static struct own_sockets own;
static struct baton_error error;

static void setup(void)
{
	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	steering_setup();
	settings_init(&settings);
	settings.steer = true;
	listeners = (struct listeners)LISTENERS_INIT;
	own_sockets_init(&own, &steering_table);
}

static void teardown(void)
{
	steering_teardown();
	own_sockets_finish(&own);
	listeners_close(&listeners);
	settings_finish(&settings);
}

static int try(const char *text)
{
	ck_assert_msg(settings_add_listener(&settings, text, &error) == 0, "%s", error.text);
	return listeners_open(&listeners, &settings, &error);
}

static int first_fd(size_t index)
{
	return baton_listener_fd(listeners.items[0].listener, index);
}

static void begin(const char *text)
{
	ck_assert_msg(try(text) == 0, "%s", error.text);
	ck_assert_msg(own_sockets_begin(&own, &listeners, true, &error) == 0, "%s", error.text);
	steering_address = (struct socket_address){ .length = sizeof(steering_address.un) };
	ck_assert_int_eq(
		getsockname(first_fd(0), &steering_address.any, &steering_address.length), 0);
}

static ino_t inode_of(int fd)
{
	struct stat status;

	ck_assert_int_eq(fstat(fd, &status), 0);
	return status.st_ino;
}

/* The generation starts: its sockets are the next of steering_sockets, unless they are already. */
static void start(unsigned generation)
{
	ck_assert_msg(own_sockets_open(&own, generation, &error) == 0, "%s", error.text);
	for (size_t i = 0; i < baton_listener_count(listeners.items[0].listener); i++) {
		int fd = own_sockets_find(&own, generation, first_fd(i));
		struct held *held = held_find_socket(&steering_table, inode_of(fd));
		size_t at = 0;

		ck_assert_ptr_nonnull(held);
		ck_assert(held_is_of(held, generation));
		while (at < steering_count && steering_sockets[at] != held)
			at++;
		steering_sockets[at] = held;
		steering_count += at == steering_count;
	}
}

static void expect_chosen_gets_all(const char *address)
{
	begin(address);
	start(1);
	steering_choose(1, 0, 100);
	start(2);
	ck_assert_uint_eq(steering_count, 2);
	steering_expect_all_to(0);
	steering_choose(2, 0, 100);
	steering_expect_all_to(1);
	steering_choose(1, 0, 100); /* it is rolled back */
	steering_expect_all_to(0);
}

START_TEST(connections_go_to_the_chosen_generation_alone)
{
	expect_chosen_gets_all("127.0.0.1:0");
}
END_TEST

START_TEST(connections_of_ipv6_do_so_too)
{
	expect_chosen_gets_all("[::1]:0");
}
END_TEST

/* Of both families at once, on one socket. */
START_TEST(connections_to_any_address_do_so_too)
{
	expect_chosen_gets_all("tcp://[::]:0?v6only=0");
}
END_TEST

/* A manager has passed it, who knows of no group. */
START_TEST(connections_to_a_socket_that_was_passed_do_so_too)
{
	settings.steer = false;
	expect_chosen_gets_all("127.0.0.1:0");
}
END_TEST

static bool has_datagram(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 1;
}

START_TEST(datagrams_go_to_the_chosen_generation_alone)
{
	begin("udp://127.0.0.1:0");
	start(1);
	steering_choose(1, 0, 100);
	start(2);
	steering_type = SOCK_DGRAM;
	for (unsigned round = 0; round < 40; round++) {
		int client = steering_connect(&steering_address);
		size_t chosen = round % 2;

		steering_choose((unsigned)chosen + 1, 0, 100);
		ck_assert_int_eq(send(client, "x", 1, 0), 1);
		ck_assert(has_datagram(steering_sockets[chosen]->fd));
		ck_assert(!has_datagram(steering_sockets[!chosen]->fd));
		fd_close(client);
	}
}
END_TEST

START_TEST(generation_that_bakes_gets_its_part)
{
	begin("127.0.0.1:0");
	start(1);
	steering_choose(1, 0, 100);
	start(2);
	steering_choose(2, 1, 20);
	steering_connect_clients(&steering_address, 1000);
	/* 200 of them, and a standard deviation of 12.6. */
	ck_assert_uint_gt(steering_got[1], 120);
	ck_assert_uint_lt(steering_got[1], 280);
}
END_TEST

START_TEST(each_generation_has_as_many_as_the_listener)
{
	begin("127.0.0.1:0?reuseport=3");
	start(1);
	steering_choose(1, 0, 100);
	start(2);
	ck_assert_uint_eq(steering_count, 6);
	steering_choose(2, 0, 100);
	steering_connect_clients(&steering_address, 300);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(steering_got[i], 0);
		ck_assert_uint_gt(steering_got[i + 3], 0);
	}
}
END_TEST

START_TEST(worker_that_follows_a_crashed_one_gets_the_same)
{
	begin("127.0.0.1:0");
	start(1);
	steering_choose(1, 0, 100);
	start(2);
	start(2);
	start(1);
	ck_assert_uint_eq(steering_count, 2);
}
END_TEST

START_TEST(sockets_of_a_generation_that_is_gone_are_for_a_later_one)
{
	begin("127.0.0.1:0");
	start(1);
	steering_choose(1, 0, 100);
	start(2);
	steering_choose(2, 0, 100);
	ck_assert_int_eq(fd_set_nonblock(steering_sockets[0]->fd, false), 0); /* it was its own */
	own_sockets_release(&own, 1);
	for (unsigned generation = 3; generation < 10; generation++) {
		start(generation);
		ck_assert_uint_eq(steering_count, 2);
		steering_choose(generation, 0, 100);
		steering_expect_all_to(generation % 2 == 0);
		own_sockets_release(&own, generation - 1);
	}
	ck_assert_int_ne(fcntl(steering_sockets[0]->fd, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

/* It may be followed by nobody: what comes waits there, and is not for somebody who fails. */
START_TEST(sockets_of_a_generation_that_is_chosen_are_for_nobody_else)
{
	begin("127.0.0.1:0");
	start(1);
	steering_choose(1, 0, 100);
	own_sockets_release(&own, 1);
	start(2);
	ck_assert_uint_eq(steering_count, 2);
}
END_TEST

/* Some servers shut their sockets down to wake their own threads: then the kernel has taken it out
 * of the group, and another has its place. */
START_TEST(socket_that_a_generation_has_shut_down_is_replaced)
{
	begin("127.0.0.1:0");
	start(1);
	steering_choose(1, 0, 100);
	start(2);
	steering_choose(2, 0, 100);
	ck_assert_int_eq(shutdown(steering_sockets[0]->fd, SHUT_RD), 0);
	own_sockets_release(&own, 1);
	steering_sockets[0] = steering_sockets[1]; /* that one is closed by the next */
	steering_count = 1;
	start(3);
	ck_assert_uint_eq(steering_count, 2);
	steering_expect_all_to(0);
	steering_choose(3, 0, 100);
	steering_expect_all_to(1);
	steering_choose(2, 0, 100);
	steering_expect_all_to(0);
}
END_TEST

START_TEST(unix_socket_is_shared)
{
	char address[64];

	(void)snprintf(address, sizeof(address), "unix:@own_sockets.%d", (int)getpid());
	begin(address);
	start(1);
	start(2);
	ck_assert_uint_eq(steering_count, 1);
	ck_assert(held_is_of(steering_sockets[0], 1));
	ck_assert(held_is_of(steering_sockets[0], 2));
	own_sockets_release(&own, 1);
	ck_assert(!held_is_of(steering_sockets[0], 1));
	steering_choose(2, 0, 100);
}
END_TEST

START_TEST(socket_of_another_user_is_shared)
{
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root can give a socket to another user\n");
		return;
	}
	ck_assert_int_eq(try("127.0.0.1:0"), 0);
	ck_assert_int_eq(fchown(first_fd(0), 65534, 65534), 0);
	ck_assert_int_eq(own_sockets_begin(&own, &listeners, true, &error), 0);
	start(1);
	start(2);
	ck_assert_uint_eq(steering_count, 1);
	ck_assert_int_lt(steering_sockets[0]->position, 0);
}
END_TEST

/* Both would steer, each the other's. */
START_TEST(address_that_another_service_has_is_refused)
{
	struct baton_listener *other = listening_open("127.0.0.1:0?reuseport=1");
	char address[64];

	(void)snprintf(address, sizeof(address), "127.0.0.1:%d", baton_listener_port(other));
	ck_assert_int_eq(try(address), -EADDRINUSE);
	baton_listener_close(other);
}
END_TEST

/* The first of its three may be opened. */
START_TEST(generation_that_finds_no_descriptor_leaves_all_as_it_was)
{
	struct rlimit before, few;

	begin("127.0.0.1:0?reuseport=3");
	start(1);
	steering_choose(1, 0, 100);
	int count = fd_count(), free = fd_dup(first_fd(0));

	fd_close(free);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)free + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(own_sockets_open(&own, 2, &error), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(fd_count(), count);
	start(2);
	ck_assert_uint_eq(steering_count, 6);
	steering_connect_clients(&steering_address, 100);
	ck_assert_uint_eq(steering_got[0] + steering_got[1] + steering_got[2], 100);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		connections_go_to_the_chosen_generation_alone,
		connections_of_ipv6_do_so_too,
		connections_to_any_address_do_so_too,
		connections_to_a_socket_that_was_passed_do_so_too,
		datagrams_go_to_the_chosen_generation_alone,
		generation_that_bakes_gets_its_part,
		each_generation_has_as_many_as_the_listener,
		worker_that_follows_a_crashed_one_gets_the_same,
		sockets_of_a_generation_that_is_gone_are_for_a_later_one,
		sockets_of_a_generation_that_is_chosen_are_for_nobody_else,
		socket_that_a_generation_has_shut_down_is_replaced,
		unix_socket_is_shared,
		socket_of_another_user_is_shared,
		address_that_another_service_has_is_refused,
		generation_that_finds_no_descriptor_leaves_all_as_it_was,
	};

	return suite_run(&(struct suite){
		.name = "own_sockets",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
