/* SPDX-License-Identifier: MIT */
/* Connections of several listeners, taken in turns: lifecycle/acceptor.c. */
#include <baton/acceptor.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/acceptor_test.h"
#include "support/listening.h"
#include "support/loop.h"
#include "support/refuse.h"
#include "support/suite.h"

START_TEST(clients_of_all_listeners_are_accepted)
{
	acceptor_test_create(0);
	struct baton_listener *listeners[] = {
		acceptor_test_add("127.0.0.1:0"),
		acceptor_test_add("[::1]:0"),
		acceptor_test_add_unix("socket"),
	};

	baton_acceptor_resume(test_acceptor);
	for (size_t i = 0; i < array_length(listeners); i++)
		(void)acceptor_test_connect(listeners[i], 2);
	acceptor_test_await(6);
	for (size_t i = 0; i < array_length(listeners); i++)
		ck_assert_int_eq(acceptor_test_count(listeners[i]), 2);
	ck_assert_uint_eq(acceptor_test_counts().accepted, 6);
	ck_assert_uint_eq(acceptor_test_counts().failed, 0);
	ck_assert_uint_eq(acceptor_test_counts().pauses, 0);
	ck_assert_int_eq(test_lines, 0);
	acceptor_test_destroy();
	for (size_t i = 0; i < array_length(listeners); i++)
		baton_listener_close(listeners[i]);
}
END_TEST

/* The accepted one's peer is the client that has this descriptor. */
static void check_peer(const struct baton_accepted *accepted, int client)
{
	struct sockaddr_storage own = { 0 };
	socklen_t size = sizeof(own);

	ck_assert_int_eq(getsockname(client, (struct sockaddr *)&own, &size), 0);
	ck_assert_uint_eq(accepted->peer_size, size);
	ck_assert_mem_eq(&accepted->peer, &own, size);
}

START_TEST(descriptor_and_peer_are_given)
{
	static const char *const addresses[] = { "127.0.0.1:0", "[::1]:0" };

	acceptor_test_create(0);
	baton_acceptor_resume(test_acceptor);
	for (int i = 0; i < (int)array_length(addresses); i++) {
		struct baton_listener *listener = acceptor_test_add(addresses[i]);
		int client = acceptor_test_connect(listener, 1);

		acceptor_test_await(i + 1);
		const struct baton_accepted *accepted = &test_accepted[i];

		check_peer(accepted, client);
		ck_assert_ptr_eq(accepted->listener, listener);
		ck_assert_int_eq(fcntl(accepted->fd, F_GETFD), FD_CLOEXEC);
		ck_assert(fcntl(accepted->fd, F_GETFL) & O_NONBLOCK);
		ck_assert_int_eq(write(client, "x", 1), 1);
		char byte;

		ck_assert_int_eq(read(accepted->fd, &byte, 1), 1);
		ck_assert_int_eq(shutdown(baton_listener_fd(listener, 0), SHUT_RDWR), 0);
		loop_await(&test_ends, i + 1); /* lets go of it */
		baton_listener_close(listener);
	}
}
END_TEST

START_TEST(crowded_listener_does_not_keep_another_waiting)
{
	acceptor_test_create(4);
	struct baton_listener *crowded = acceptor_test_add_unix("crowded");
	struct baton_listener *quiet = acceptor_test_add_unix("quiet");

	(void)acceptor_test_connect(crowded, 20);
	(void)acceptor_test_connect(quiet, 1);
	baton_acceptor_resume(test_acceptor);
	(void)loop_turn();
	ck_assert_int_eq(acceptor_test_count(crowded), 4);
	ck_assert_int_eq(acceptor_test_count(quiet), 1);
	(void)acceptor_test_connect(quiet, 1);
	(void)loop_turn();
	ck_assert_int_eq(acceptor_test_count(crowded), 8);
	ck_assert_int_eq(acceptor_test_count(quiet), 2);
	acceptor_test_await(22);
	acceptor_test_destroy();
	baton_listener_close(crowded);
	baton_listener_close(quiet);
}
END_TEST

START_TEST(batch_is_16_unless_told_otherwise)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	(void)acceptor_test_connect(listener, 20);
	baton_acceptor_resume(test_acceptor);
	(void)loop_turn();
	ck_assert_int_eq(test_accepted_count, 16);
	(void)loop_turn();
	ck_assert_int_eq(test_accepted_count, 20);
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

START_TEST(clients_wait_while_it_is_paused)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	(void)acceptor_test_connect(listener, 2);
	ck_assert(!loop_turn());
	ck_assert_int_eq(test_accepted_count, 0);
	baton_acceptor_resume(test_acceptor);
	acceptor_test_await(2);
	ck_assert(loop_turn());
	baton_acceptor_pause(test_acceptor);
	(void)acceptor_test_connect(listener, 1);
	ck_assert(!loop_turn());
	ck_assert_int_eq(test_accepted_count, 2);
	baton_acceptor_resume(test_acceptor);
	acceptor_test_await(3);
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

static int pause_at_second(void)
{
	if (test_accepted_count == 2)
		baton_acceptor_pause(test_acceptor);
	return 0;
}

START_TEST(pause_in_on_accept_holds_at_once)
{
	acceptor_test_create(0);
	struct baton_listener *first = acceptor_test_add_unix("first");
	struct baton_listener *second = acceptor_test_add_unix("second");

	test_answer = pause_at_second;
	(void)acceptor_test_connect(first, 4);
	(void)acceptor_test_connect(second, 4);
	baton_acceptor_resume(test_acceptor);
	ck_assert(!loop_turn());
	ck_assert_int_eq(test_accepted_count, 2);
	baton_acceptor_resume(test_acceptor);
	acceptor_test_await(8);
	acceptor_test_destroy();
	baton_listener_close(first);
	baton_listener_close(second);
}
END_TEST

static struct baton_listener *to_close[2];

static int stop_at_second(void)
{
	if (test_accepted_count < 2)
		return 0;
	baton_acceptor_stop(test_acceptor);
	for (size_t i = 0; i < array_length(to_close); i++)
		baton_listener_close(to_close[i]);
	return 0;
}

START_TEST(stop_in_on_accept_lets_go_of_the_listeners)
{
	acceptor_test_create(0);
	to_close[0] = acceptor_test_add_unix("first");
	to_close[1] = acceptor_test_add_unix("second");
	test_answer = stop_at_second;
	(void)acceptor_test_connect(to_close[0], 4);
	(void)acceptor_test_connect(to_close[1], 4);
	baton_acceptor_resume(test_acceptor);
	ck_assert(!loop_turn());
	ck_assert_int_eq(test_accepted_count, 2);
	ck_assert(!loop_turn());
	ck_assert_int_eq(test_ends, 0);
}
END_TEST

START_TEST(stop_lets_go_of_the_listeners)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	baton_acceptor_resume(test_acceptor);
	ck_assert(loop_turn());
	(void)acceptor_test_connect(listener, 1);
	baton_acceptor_stop(test_acceptor);
	baton_acceptor_stop(test_acceptor);
	baton_listener_close(listener);
	ck_assert(!loop_turn());
	ck_assert_int_eq(test_accepted_count, 0);
}
END_TEST

START_TEST(stopped_acceptor_takes_up_nothing_more)
{
	acceptor_test_create(0);
	struct baton_listener *first = acceptor_test_add_unix("first");
	struct baton_listener *second = acceptor_test_add_unix("second");

	test_answer = stop_at_second;
	(void)acceptor_test_connect(first, 4);
	baton_acceptor_resume(test_acceptor);
	(void)loop_turn();
	ck_assert_int_eq(test_accepted_count, 2);
	ck_assert_int_eq(baton_acceptor_add(test_acceptor, second), -ESHUTDOWN);
	baton_acceptor_resume(test_acceptor);
	(void)acceptor_test_connect(second, 1);
	ck_assert(!loop_turn());
	acceptor_test_destroy();

	acceptor_test_create(0);
	ck_assert_int_eq(baton_acceptor_add(test_acceptor, first), 0);
	baton_acceptor_stop(test_acceptor);
	ck_assert_int_eq(baton_acceptor_add(test_acceptor, second), -ESHUTDOWN);
	baton_acceptor_resume(test_acceptor);
	ck_assert(!loop_turn());
	ck_assert_int_eq(test_accepted_count, 2);
	baton_listener_close(first);
	baton_listener_close(second);
}
END_TEST

static int stop_and_resume(void)
{
	baton_acceptor_stop(test_acceptor);
	baton_acceptor_resume(test_acceptor);
	return 0;
}

START_TEST(resume_after_a_stop_in_on_accept_does_nothing)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	test_answer = stop_and_resume;
	(void)acceptor_test_connect(listener, 3);
	baton_acceptor_resume(test_acceptor);
	ck_assert(!loop_turn());
	ck_assert_int_eq(test_accepted_count, 1);
	baton_listener_close(listener);
}
END_TEST

START_TEST(listener_that_is_no_good_ends_and_others_go_on)
{
	acceptor_test_create(0);
	struct baton_listener *bad = acceptor_test_add("127.0.0.1:0");
	struct baton_listener *good = acceptor_test_add("127.0.0.1:0");

	baton_acceptor_resume(test_acceptor);
	(void)acceptor_test_connect(bad, 1);
	acceptor_test_await(1);
	ck_assert_int_eq(shutdown(baton_listener_fd(bad, 0), SHUT_RDWR), 0);
	loop_await(&test_ends, 1);
	ck_assert_ptr_eq(test_end_listener, bad);
	ck_assert_int_eq(test_end_error, -EINVAL);
	baton_listener_close(bad);
	(void)acceptor_test_connect(good, 1);
	acceptor_test_await(2);
	(void)loop_turn();
	ck_assert_int_eq(test_ends, 1);
	ck_assert_int_eq(test_lines, 0);
	acceptor_test_destroy();
	baton_listener_close(good);
}
END_TEST

START_TEST(unix_listener_that_was_shut_down_ends_after_its_clients)
{
	acceptor_test_create(1);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	(void)acceptor_test_connect(listener, 2);
	ck_assert_int_eq(shutdown(baton_listener_fd(listener, 0), SHUT_RDWR), 0);
	baton_acceptor_resume(test_acceptor);
	loop_await(&test_ends, 1);
	ck_assert_int_eq(test_accepted_count, 2);
	ck_assert_ptr_eq(test_end_listener, listener);
	ck_assert_int_eq(test_end_error, -EINVAL);
	ck_assert(!loop_turn());
	baton_listener_close(listener);
}
END_TEST

START_TEST(sockets_of_a_listener_end_one_by_one)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add("127.0.0.1:0?reuseport=2");

	baton_acceptor_resume(test_acceptor);
	(void)acceptor_test_connect(listener, 20); /* spread over both */
	acceptor_test_await(20);
	ck_assert_int_eq(shutdown(baton_listener_fd(listener, 1), SHUT_RDWR), 0);
	loop_await(&test_ends, 1);
	(void)acceptor_test_connect(listener, 4);
	acceptor_test_await(24);
	ck_assert_int_eq(shutdown(baton_listener_fd(listener, 0), SHUT_RDWR), 0);
	loop_await(&test_ends, 2);
	ck_assert_ptr_eq(test_end_listener, listener);
	ck_assert(!loop_turn());
	baton_listener_close(listener);
}
END_TEST

static int ended;

static int accept_nothing(
	struct baton_acceptor *acceptor, const struct baton_accepted *accepted, void *data)
{
	(void)acceptor, (void)accepted, (void)data;
	return 0;
}

static void destroy_at_end(struct baton_acceptor *acceptor, const struct baton_listener *listener,
	int error, void *data)
{
	(void)acceptor, (void)listener, (void)error, (void)data;
	acceptor_test_destroy();
	ended++;
}

START_TEST(acceptor_may_be_destroyed_in_on_end)
{
	const struct baton_acceptor_options options = {
		.size = sizeof(options), .on_accept = accept_nothing, .on_end = destroy_at_end
	};

	ck_assert_int_eq(baton_acceptor_create(case_loop, &options, &test_acceptor, NULL), 0);
	struct baton_listener *first = acceptor_test_add("127.0.0.1:0");
	struct baton_listener *second = acceptor_test_add("127.0.0.1:0");

	baton_acceptor_resume(test_acceptor);
	ck_assert_int_eq(shutdown(baton_listener_fd(first, 0), SHUT_RDWR), 0);
	ck_assert_int_eq(shutdown(baton_listener_fd(second, 0), SHUT_RDWR), 0);
	loop_await(&ended, 1);
	ck_assert(!loop_turn());
	ck_assert_int_eq(ended, 1);
	baton_listener_close(first);
	baton_listener_close(second);
}
END_TEST

START_TEST(client_that_has_reset_its_connection_harms_no_other)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add("127.0.0.1:0");
	const struct linger reset = { .l_onoff = 1 };
	int fd = acceptor_test_connect(listener, 1);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	ck_assert_int_eq(dup3(null, fd, O_CLOEXEC), fd); /* closes the connection */
	ck_assert_int_eq(close(null), 0);
	int client = acceptor_test_connect(listener, 1);

	baton_acceptor_resume(test_acceptor);
	/* Linux hands out the connection that was reset; accept(2) allows others not to. */
	while (acceptor_test_counts().accepted + acceptor_test_counts().failed < 2)
		(void)loop_turn();
	ck_assert_int_ge(test_accepted_count, 1);
	check_peer(&test_accepted[test_accepted_count - 1], client);
	ck_assert_int_eq(test_ends, 0);
	ck_assert_uint_eq(acceptor_test_counts().pauses, 0);
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

START_TEST(connections_that_were_gone_are_passed_over_and_counted)
{
	acceptor_test_create(3);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	(void)acceptor_test_connect(listener, 1);
	refuse_call(SYS_accept4, ECONNABORTED);
	baton_acceptor_resume(test_acceptor);
	(void)loop_turn();
	ck_assert_uint_eq(acceptor_test_counts().failed, 3); /* a batch of them, too, is a turn */
	(void)loop_turn();
	ck_assert_uint_eq(acceptor_test_counts().failed, 6);
	ck_assert_uint_eq(acceptor_test_counts().accepted, 0);
	ck_assert_uint_eq(acceptor_test_counts().pauses, 0);
	ck_assert_int_eq(test_ends, 0);
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

START_TEST(what_cannot_accept_is_not_added)
{
	struct baton_listener *udp = listening_open("udp://127.0.0.1:0");

	acceptor_test_create(0);
	ck_assert_int_eq(baton_acceptor_add(test_acceptor, udp), -EPROTOTYPE);
	baton_acceptor_resume(test_acceptor);
	ck_assert(!loop_turn());
	baton_listener_close(udp);
}
END_TEST

START_TEST(bad_options_are_refused)
{
	enum { SIZE = sizeof(struct baton_acceptor_options) };
	static const struct baton_acceptor_options rows[] = {
		{ .size = 0, .on_accept = accept_nothing },
		{ .size = SIZE - 1, .on_accept = accept_nothing },
		{ .size = SIZE },
	};
	static const struct baton_acceptor_options good = { .size = SIZE,
		.on_accept = accept_nothing };

	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_error error = { "" };

		ck_assert_int_eq(baton_acceptor_create(case_loop, &rows[i], &test_acceptor, &error),
			-EINVAL);
		ck_assert_str_ne(error.text, "");
	}
	ck_assert_int_eq(baton_acceptor_create(case_loop, NULL, &test_acceptor, NULL), -EINVAL);
	ck_assert_int_eq(baton_acceptor_create(NULL, &good, &test_acceptor, NULL), -EINVAL);
	ck_assert_int_eq(baton_acceptor_create(case_loop, &good, NULL, NULL), -EINVAL);
	ck_assert_int_eq(baton_acceptor_add(NULL, NULL), -EINVAL);
	ck_assert_ptr_null(test_acceptor);
	baton_acceptor_destroy(NULL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		clients_of_all_listeners_are_accepted,
		descriptor_and_peer_are_given,
		crowded_listener_does_not_keep_another_waiting,
		batch_is_16_unless_told_otherwise,
		clients_wait_while_it_is_paused,
		pause_in_on_accept_holds_at_once,
		stop_in_on_accept_lets_go_of_the_listeners,
		stop_lets_go_of_the_listeners,
		stopped_acceptor_takes_up_nothing_more,
		resume_after_a_stop_in_on_accept_does_nothing,
		listener_that_is_no_good_ends_and_others_go_on,
		unix_listener_that_was_shut_down_ends_after_its_clients,
		sockets_of_a_listener_end_one_by_one,
		acceptor_may_be_destroyed_in_on_end,
		client_that_has_reset_its_connection_harms_no_other,
		connections_that_were_gone_are_passed_over_and_counted,
		what_cannot_accept_is_not_added,
		bad_options_are_refused,
	};

	return suite_run(&(struct suite){
		.name = "acceptor",
		.cases = cases,
		.count = array_length(cases),
		.setup = acceptor_test_setup,
		.teardown = acceptor_test_teardown,
	});
}
