/* SPDX-License-Identifier: MIT */
/* How baton-httpd drains: no request of a client meets a closed connection. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "support/httpd.h"
#include "support/process.h"
#include "support/suite.h"

#define HOST "Host: a\r\n"

static struct httpd httpd;
static struct client probe, client;
static struct answer answer;

/* Connects, and waits until the server knows the connection: before, it would leave it in the
 * queue. */
static void join(struct client *joining)
{
	client_connect(joining, &httpd);
	client_get(joining, "/");
	ck_assert_int_eq(client_status(joining), 200);
}

/* A server with one more client, whose connection is kept. */
static void start(char *const *options)
{
	httpd_start(&httpd, options);
	join(&probe);
}

/* Makes it drain, which the other client sees. */
static void drain(void)
{
	httpd_signal(&httpd, SIGTERM);
	client_await_drain(&probe);
	client_close(&probe);
}

START_TEST(server_without_connections_ends_at_once)
{
	httpd_start(&httpd, NULL);
	join(&client);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(request_in_flight_is_answered_and_told_to_close)
{
	start(NULL);
	join(&client);
	client_get(&client, "/slow?ms=1000");
	drain();
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(idle_connection_gets_one_more_answer)
{
	start(NULL);
	join(&client);
	drain();
	client_get(&client, "/");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(connection_without_a_request_yet_gets_an_answer)
{
	struct client later;

	start(NULL);
	client_connect(&client, &httpd);
	/* Queues are served in order: once the later one is answered, both are accepted. */
	client_connect(&later, &httpd);
	client_get(&later, "/");
	ck_assert_int_eq(client_status(&later), 200);
	drain();
	client_get(&client, "/");
	client_receive(&client, &answer);
	ck_assert(answer.closes);
	client_close(&client);
	client_close(&later);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(half_received_requests_are_finished)
{
	struct client sender;

	start(NULL);
	join(&client);
	join(&sender);
	client_send(&client, "GET / HTTP/1.1\r\nHo");
	client_send(&sender, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhe");
	client_get(&probe, "/slow?ms=20"); /* by then both were read */
	ck_assert_int_eq(client_status(&probe), 200);
	drain();
	client_send(&client, "st: a\r\n\r\n");
	client_send(&sender, "llo");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_receive(&sender, &answer);
	ck_assert_str_eq(answer.body, "POST\nhello");
	ck_assert(answer.closes);
	client_expect_end(&sender);
	client_close(&client);
	client_close(&sender);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(pipelined_requests_are_answered_before_the_end)
{
	start(NULL);
	join(&client);
	client_get(&client, "/slow?ms=1000");
	client_get(&client, "/");
	client_get(&client, "/echo");
	drain();
	for (int i = 0; i < 3; i++) {
		client_receive(&client, &answer);
		ck_assert_int_eq(answer.status, 200);
		ck_assert(answer.closes == (i == 2));
	}
	client_expect_end(&client);
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

/* The listener is the successor's too: what waits there is for it. */
START_TEST(new_connections_are_left_in_the_queue)
{
	start(NULL);
	join(&client);
	drain();
	struct client late;

	client_connect(&late, &httpd);
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	client_close(&client);
	httpd_wait(&httpd);
	/* httpd_wait has closed the test's listener as well, so the late one sees the reset. */
	struct pollfd wait = { .fd = late.fd, .events = POLLIN };

	ck_assert_int_eq(poll(&wait, 1, PROCESS_DEADLINE_MS), 1);
	ck_assert(wait.revents & POLLERR);
	client_close(&late);
}
END_TEST

START_TEST(idle_connections_end_gently_at_the_deadline)
{
	char *options[] = { "--drain-timeout", "300ms", NULL };

	start(options);
	join(&client);
	drain();
	client_expect_end(&client);
	/* A request that crossed the end is read, not answered with RST. */
	client_get(&client, "/");
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(client_that_stays_beyond_the_deadline_has_not_been_cut_off)
{
	char *options[] = { "--drain-timeout", "300ms", NULL };
	char text[4096];
	int errors = httpd_read_errors();

	start(options);
	join(&client);
	drain();
	client_expect_end(&client); /* but does not close it */
	httpd_wait(&httpd);
	httpd_take_errors(errors, text, sizeof(text));
	ck_assert_msg(!strstr(text, "cut off"), "%s", text);
	client_close(&client);
	fd_close(errors);
}
END_TEST

START_TEST(who_waits_at_the_deadline_is_told_so)
{
	char *options[] = { "--drain-timeout", "300ms", NULL };
	struct client sender;

	start(options);
	join(&client);
	join(&sender);
	client_get(&client, "/slow?ms=600000");
	client_send(&sender, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhe");
	drain();
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 503);
	ck_assert(answer.closes);
	client_expect_end(&client);
	ck_assert_int_eq(client_status(&sender), 503);
	client_expect_end(&sender);
	client_close(&client);
	client_close(&sender);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(client_that_stays_after_its_last_answer_does_not_hold_the_server)
{
	start(NULL);
	join(&client);
	drain();
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	httpd_wait(&httpd);
	client_close(&client);
}
END_TEST

START_TEST(idle_connections_are_ended_one_by_one)
{
	char *const options[] = { (char[]){ "--close-spread=2s" }, NULL };
	static struct client early, late;

	httpd_start(&httpd, options);
	join(&late); /* the newest is the first */
	join(&client);
	join(&early);
	httpd_signal(&httpd, SIGTERM);
	client_expect_end(&early);
	/* Until its turn has come it goes on. */
	client_get(&late, "/");
	client_receive(&late, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(!answer.closes);
	client_expect_end(&client);
	client_expect_end(&late);
	client_close(&early);
	client_close(&client);
	client_close(&late);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(request_after_its_turn_is_the_last)
{
	char *const options[] = { (char[]){ "--close-spread=1ms" }, NULL };

	httpd_start(&httpd, options);
	join(&client);
	client_get(&client, "/slow?ms=500");
	httpd_signal(&httpd, SIGTERM);
	client_receive(&client, &answer);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		server_without_connections_ends_at_once,
		request_in_flight_is_answered_and_told_to_close,
		idle_connection_gets_one_more_answer,
		connection_without_a_request_yet_gets_an_answer,
		half_received_requests_are_finished,
		pipelined_requests_are_answered_before_the_end,
		new_connections_are_left_in_the_queue,
		idle_connections_end_gently_at_the_deadline,
		client_that_stays_beyond_the_deadline_has_not_been_cut_off,
		who_waits_at_the_deadline_is_told_so,
		client_that_stays_after_its_last_answer_does_not_hold_the_server,
		idle_connections_are_ended_one_by_one,
		request_after_its_turn_is_the_last,
	};

	return SUITE_RUN("httpd_drain", cases);
}
