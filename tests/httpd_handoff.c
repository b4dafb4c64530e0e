/* SPDX-License-Identifier: MIT */
/* How baton-httpd passes its connections to the next generation: child/connection_move.c. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/httpd.h"
#include "support/process.h"
#include "support/suite.h"

#define ASK "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static struct httpd httpd;
static struct client probe, client;
static struct answer answer;
static pid_t last; /* who answered */

static void start(char *const *options)
{
	/* Generations whose parents have gone become the test's children. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	httpd_start(&httpd, options);
}

/* The generation in the answer that comes, which goes on. */
static unsigned receive(struct client *receiving)
{
	unsigned generation;
	int pid;

	client_receive(receiving, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(!answer.closes);
	ck_assert_int_eq(sscanf(answer.body, "%*s pid=%d generation=%u\n", &pid, &generation), 2);
	last = pid;
	return generation;
}

static unsigned ask(struct client *asking)
{
	client_get(asking, "/");
	return receive(asking);
}

static void join(struct client *joining)
{
	client_connect(joining, &httpd);
	ck_assert_uint_eq(ask(joining), 1);
}

/* The first generation has begun to drain: the probe, which was idle, is the next one's. */
static void upgrade(void)
{
	join(&probe);
	httpd_signal(&httpd, SIGHUP);
	while (ask(&probe) == 1)
		;
}

static bool has_ended(const struct client *looked_at)
{
	char byte;

	return recv(looked_at->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Nothing holds the first generation any more, and the second ends cleanly. */
static void finish(void)
{
	ck_assert_uint_eq(ask(&probe), 2);
	client_close(&client);
	client_close(&probe);
	ck_assert_int_eq(process_wait(httpd.pidfd), 0);
	httpd.pid = last;
	httpd.pidfd = (int)syscall(SYS_pidfd_open, last, 0);
	ck_assert_int_ge(httpd.pidfd, 0);
	httpd_stop(&httpd);
}

START_TEST(idle_connection_goes_on_in_the_successor)
{
	start(NULL);
	join(&client);
	upgrade();
	ck_assert_uint_eq(ask(&client), 2);
	ck_assert_uint_eq(ask(&client), 2);
	finish();
}
END_TEST

START_TEST(half_a_head_is_completed_in_the_successor)
{
	start(NULL);
	join(&client);
	client_send(&client, "GET / HTTP/1.1\r\nHo");
	upgrade();
	client_send(&client, "st: a\r\n\r\n");
	ck_assert_uint_eq(receive(&client), 2);
	finish();
}
END_TEST

START_TEST(connection_without_any_request_goes_on_too)
{
	start(NULL);
	client_connect(&client, &httpd);
	upgrade();
	ck_assert_uint_eq(ask(&client), 2);
	finish();
}
END_TEST

START_TEST(request_in_flight_is_answered_first_and_does_not_end_the_connection)
{
	start(NULL);
	join(&client);
	client_get(&client, "/slow?ms=500");
	upgrade();
	ck_assert_uint_eq(receive(&client), 1);
	ck_assert_uint_eq(ask(&client), 2);
	finish();
}
END_TEST

START_TEST(half_a_body_is_completed_where_it_began)
{
	start(NULL);
	join(&client);
	client_send(&client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
	upgrade();
	client_send(&client, "def");
	client_receive(&client, &answer);
	ck_assert_str_eq(answer.body, "POST\nabcdef");
	ck_assert(!answer.closes);
	ck_assert_uint_eq(ask(&client), 2);
	finish();
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_their_order)
{
	start(NULL);
	join(&client);
	/* The first is under way; the second has come with it, and half of the third. */
	client_send(&client,
		"GET /slow?ms=500 HTTP/1.1\r\nHost: a\r\n\r\n" ASK
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
	upgrade();
	ck_assert_uint_eq(receive(&client), 1);
	ck_assert_ptr_nonnull(strstr(answer.body, "slow"));
	ck_assert_uint_eq(receive(&client), 2);
	ck_assert_ptr_nonnull(strstr(answer.body, "hello"));
	client_send(&client, "cd" ASK);
	client_receive(&client, &answer);
	ck_assert_str_eq(answer.body, "POST\nabcd");
	ck_assert_uint_eq(receive(&client), 2);
	finish();
}
END_TEST

START_TEST(time_to_be_idle_is_that_of_the_connection)
{
	char *const options[] = { (char[]){ "--keep-alive-timeout=1s" }, NULL };

	start(options);
	join(&client);
	upgrade();
	while (ask(&probe) == 2 && !has_ended(&client))
		;
	client_expect_end(&client);
	finish();
}
END_TEST

START_TEST(connection_at_its_end_is_not_passed)
{
	start(NULL);
	join(&client);
	client_get(&client, "/slow?ms=500");
	client_send(&client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	upgrade();
	ck_assert_uint_eq(receive(&client), 1);
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(answer.closes);
	client_expect_end(&client);
	finish();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		idle_connection_goes_on_in_the_successor,
		half_a_head_is_completed_in_the_successor,
		connection_without_any_request_goes_on_too,
		request_in_flight_is_answered_first_and_does_not_end_the_connection,
		half_a_body_is_completed_where_it_began,
		pipelined_requests_are_answered_in_their_order,
		time_to_be_idle_is_that_of_the_connection,
		connection_at_its_end_is_not_passed,
	};

	return SUITE_RUN("httpd_handoff", cases);
}
