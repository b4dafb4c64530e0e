/* SPDX-License-Identifier: MIT */
/* Both ends of a handoff link on one loop: socket/handoff_sender.c, handoff_receiver.c. */
#include "socket/handoff_sender.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "process/channel.h"
#include "socket/handoff_packet.h"
#include "socket/handoff_receiver.h"
#include "support/loop.h"
#include "support/suite.h"

enum { LIMIT = 4096, CONNECTIONS_MAX = 2000 };

static struct handoff_sender sender;
static struct handoff_receiver receiver;
static int clients[CONNECTIONS_MAX], servers[CONNECTIONS_MAX], taken[CONNECTIONS_MAX];
static int opened, wanted, next, took, told, ended, quiet; /* how many */
static int results[CONNECTIONS_MAX];
static size_t state_size;
static char state[BATON_HANDOFF_STATE_MAX];
static int refusal; /* what on_connection returns */

static int pass(int i)
{
	const struct baton_handoff_connection connection = {
		.fd = servers[i], .type = "test", .version = 5, .state = state, .size = state_size
	};

	memcpy(state, &i, sizeof(i));
	return handoff_sender_pass(&sender, &connection, &servers[i]);
}

static void on_room(struct handoff_sender *s)
{
	while (next < wanted && handoff_sender_room(s) > 0) {
		int r = pass(next);
		if (r == -EAGAIN)
			return;
		ck_assert_int_eq(r, 0);
		next++;
	}
}

static void on_passed(struct handoff_sender *s, void *cookie, int result)
{
	(void)s;
	results[(int *)cookie - servers] = result;
	told++;
}

static void on_quiet(struct handoff_sender *s)
{
	ck_assert(!handoff_sender_is_busy(s));
	quiet++;
}

static int on_connection(
	struct handoff_receiver *r, const struct baton_handoff_connection *connection)
{
	int number;

	(void)r;
	ck_assert_str_eq(connection->type, "test");
	ck_assert_uint_eq(connection->version, 5);
	ck_assert_uint_eq(connection->size, state_size);
	ck_assert_int_eq(fcntl(connection->fd, F_GETFD), FD_CLOEXEC);
	memcpy(&number, connection->state, sizeof(number));
	ck_assert_int_eq(number, took);
	if (refusal)
		return refusal;
	taken[took++] = connection->fd;
	return 0;
}

static void on_end(struct handoff_receiver *r, int result)
{
	(void)r;
	ck_assert_int_eq(result, 0);
	ended++;
}

static const struct handoff_sender_events sender_events = { on_room, on_passed, on_quiet };
static const struct handoff_receiver_events receiver_events = { on_connection, on_end };

static void set_limit(rlim_t limit)
{
	struct rlimit current;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &current), 0);
	current.rlim_cur = limit;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &current), 0);
}

static void open_connections(int count)
{
	for (; opened < count; opened++) {
		int pair[2];

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		clients[opened] = pair[0];
		servers[opened] = pair[1];
	}
}

static void start(void)
{
	int ours, theirs;

	ck_assert_int_eq(channel_pair(&ours, &theirs), 0);
	ck_assert_int_eq(handoff_receiver_start(&receiver, case_loop, ours), 0);
	ck_assert_int_eq(handoff_sender_start(&sender, case_loop, theirs), 0);
}

static void setup(void)
{
	set_limit(LIMIT);
	state_size = sizeof(int);
	loop_make();
	handoff_sender_init(&sender, &sender_events);
	handoff_receiver_init(&receiver, &receiver_events);
}

static void teardown(void)
{
	handoff_sender_finish(&sender);
	handoff_receiver_finish(&receiver);
	for (int i = 0; i < opened; i++) {
		fd_close(clients[i]);
		fd_close(servers[i]);
	}
	for (int i = 0; i < took; i++)
		fd_close(taken[i]);
	loop_remove();
}

static void check_results(int from, int to, int expected)
{
	for (int i = from; i < to; i++)
		ck_assert_int_eq(results[i], expected);
}

/* What the client sends arrives where its connection is now. */
static void check_alive(int i, int fd)
{
	char byte = 0;

	ck_assert_int_eq(write(clients[i], "x", 1), 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
}

START_TEST(connections_arrive_in_their_order_and_live)
{
	wanted = 700;
	open_connections(wanted);
	start();
	loop_await(&told, wanted);
	check_results(0, wanted, 0);
	ck_assert_int_eq(took, wanted);
	ck_assert_uint_eq(sender.passed, 700);
	ck_assert_uint_eq(receiver.taken, 700);
	for (int i = 0; i < wanted; i++) {
		fd_close(servers[i]);
		servers[i] = -1;
		check_alive(i, taken[i]);
	}
	ck_assert_int_ge(quiet, 1);
	handoff_sender_finish(&sender);
	loop_await(&ended, 1);
}
END_TEST

START_TEST(no_callback_runs_within_the_call)
{
	open_connections(HANDOFF_BATCH_MAX);
	start();
	for (int i = 0; i < HANDOFF_BATCH_MAX; i++)
		ck_assert_int_eq(pass(i), 0); /* the last one sends them */
	ck_assert_int_eq(told + took, 0);
	loop_await(&told, HANDOFF_BATCH_MAX);
}
END_TEST

START_TEST(large_states_go_in_several_packets)
{
	state_size = sizeof(state);
	wanted = 50;
	open_connections(wanted);
	start();
	loop_await(&told, wanted);
	check_results(0, wanted, 0);
	ck_assert_int_eq(took, wanted);
	ck_assert_uint_eq(receiver.number, 50); /* two do not fit */
}
END_TEST

START_TEST(refused_connections_come_back_with_the_reason)
{
	refusal = -EPROTONOSUPPORT;
	wanted = 1;
	open_connections(2);
	start();
	loop_await(&told, 1);
	ck_assert_int_eq(results[0], -EPROTONOSUPPORT);
	check_alive(0, servers[0]);
	ck_assert_uint_eq(sender.kept, 1);
	/* the link goes on */
	refusal = 0;
	memset(&results, -1, sizeof(results));
	wanted = 2;
	next = 0;
	sender.has_room = true;
	on_room(&sender);
	loop_await(&told, 3);
	check_results(0, 2, 0);
}
END_TEST

START_TEST(what_a_dead_receiver_did_not_answer_comes_back)
{
	wanted = 600;
	open_connections(wanted);
	start();
	/* some answered, some on their way, some not sent */
	loop_await(&told, HANDOFF_BATCH_MAX);
	handoff_receiver_finish(&receiver);
	ck_assert_int_lt(told, wanted);
	int answered = took;

	loop_await(&told, next);
	check_results(0, answered, 0);
	check_results(answered, next, -EPIPE);
	ck_assert_int_eq(handoff_sender_room(&sender), -ENOTCONN);
	ck_assert_int_eq(pass(0), -ENOTCONN);
	for (int i = answered; i < wanted; i++)
		check_alive(i, servers[i]);
	ck_assert_int_ge(quiet, 1);
}
END_TEST

START_TEST(what_a_dead_sender_has_sent_is_taken)
{
	wanted = 600;
	open_connections(wanted);
	start();
	on_room(&sender);
	handoff_sender_finish(&sender);
	loop_await(&ended, 1);
	ck_assert_int_eq(took, 2 * HANDOFF_BATCH_MAX); /* the rest was being collected */
}
END_TEST

START_TEST(receiver_takes_as_many_as_it_has_descriptors_for)
{
	wanted = 100;
	open_connections(wanted);
	/* 210 or so are open: half of what is left, and so on, until 16 are */
	set_limit((rlim_t)fd_count() + 50);
	start();
	for (int i = 0; i < 1000 && took < 32; i++)
		loop_turn();
	ck_assert_int_eq(took, 32); /* two more are the link */
	loop_await(&told, 32);
	ck_assert_int_eq(handoff_sender_room(&sender), -ENOSPC);
	ck_assert_int_eq(pass(40), -EAGAIN);
	/* once there are more it goes on by itself */
	set_limit(LIMIT);
	loop_await(&told, wanted);
	check_results(0, wanted, 0);
}
END_TEST

START_TEST(batch_that_loses_descriptors_comes_back_whole)
{
	int fillers[512], filled = 0, fd;

	wanted = 10;
	open_connections(wanted);
	set_limit((rlim_t)fd_highest() + 60);
	start();
	while (filled < 512 && (fd = fd_dup(clients[0])) >= 0)
		fillers[filled++] = fd;
	ck_assert_int_lt(filled, 512);
	fd_close(fillers[--filled]); /* one of ten has room */
	loop_await(&told, wanted);
	check_results(0, wanted, -EMFILE);
	ck_assert_int_eq(took, 0);
	for (int i = 0; i < wanted; i++)
		check_alive(i, servers[i]);
	while (filled > 0)
		fd_close(fillers[--filled]);
	next = 0;
	on_room(&sender);
	loop_await(&took, wanted);
	loop_await(&told, 2 * wanted);
	check_results(0, wanted, 0);
}
END_TEST

START_TEST(bad_connection_harms_no_other_batch)
{
	const struct baton_handoff_connection nothing = { .fd = -1, .type = "test" };
	struct baton_handoff_connection large = { .fd = 0, .type = "test", .state = state };

	open_connections(2);
	start();
	large.size = BATON_HANDOFF_STATE_MAX + 1;
	ck_assert_int_eq(handoff_sender_pass(&sender, &large, NULL), -EMSGSIZE);
	ck_assert(!handoff_sender_is_busy(&sender));
	ck_assert_int_eq(handoff_sender_pass(&sender, &nothing, &servers[1]), 0);
	loop_await(&told, 1);
	ck_assert_int_eq(results[1], -EBADF);
	ck_assert_uint_eq(sender.flow.sent, 0); /* the receiver has seen none */
	ck_assert_int_eq(pass(0), 0);
	loop_await(&told, 2);
	ck_assert_int_eq(results[0], 0);
	ck_assert_int_eq(took, 1);
}
END_TEST

START_TEST(epoll_set_is_relieved_of_what_is_passed)
{
	int set = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	ck_assert_int_ge(set, 0);
	wanted = 20;
	open_connections(wanted);
	for (int i = 0; i < wanted; i++)
		ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_ADD, servers[i], &event), 0);
	start();
	loop_await(&told, wanted);
	for (int i = 0; i < wanted; i++) {
		fd_close(servers[i]);
		servers[i] = -1;
		ck_assert_int_eq(write(clients[i], "x", 1), 1);
	}
	ck_assert_int_eq(epoll_wait(set, &event, 1, 0), 0);
	fd_close(set);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		connections_arrive_in_their_order_and_live,
		no_callback_runs_within_the_call,
		large_states_go_in_several_packets,
		refused_connections_come_back_with_the_reason,
		what_a_dead_receiver_did_not_answer_comes_back,
		what_a_dead_sender_has_sent_is_taken,
		receiver_takes_as_many_as_it_has_descriptors_for,
		batch_that_loses_descriptors_comes_back_whole,
		bad_connection_harms_no_other_batch,
		epoll_set_is_relieved_of_what_is_passed,
	};

	return suite_run(&(struct suite){
		.name = "handoff_sender",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
