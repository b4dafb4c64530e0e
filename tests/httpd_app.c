/* SPDX-License-Identifier: MIT */
/* What requests to baton-httpd start, and how that ends: child/app/events.c, child/app/work.c,
 * child/app/slow.c. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "support/fetch.h"
#include "support/httpd.h"
#include "support/suite.h"

#define QUEUED   "baton_httpd_work_queued"
#define RUNNING  "baton_httpd_work_running"
#define EVENTS   "baton_httpd_events_under_way"
#define CONTEXTS "/debug/contexts"
#define REQUEST  "exchange_answer.c" /* where a request's context begins */
#define FOREVER  "/work?n=100000000"
#define MINUTES  "/slow?ms=600000"

static struct httpd httpd;
static struct client client, others[3];
static struct answer answer;

static void post(const char *path)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	client_send(&client, text);
	client_receive(&client, &answer);
}

/* The client is gone at once, without a FIN that would leave it in doubt. */
static void reset(struct client *leaving)
{
	struct linger linger = { .l_onoff = 1 };

	ck_assert_int_eq(
		setsockopt(leaving->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	client_close(leaving);
}

START_TEST(event_is_answered_before_it_is_recorded)
{
	char *options[] = { "--drain-timeout", "1ms", NULL };

	httpd_start_debug(&httpd, options);
	client_connect(&client, &httpd);
	post("/event?ms=600000");
	ck_assert_int_eq(answer.status, 202);
	ck_assert(!answer.closes);
	ck_assert_double_eq(fetch_metric(httpd.debug_port, EVENTS), 1);
	post("/event?ms=0");
	ck_assert_int_eq(answer.status, 202);
	fetch_await_metric(httpd.debug_port, "baton_httpd_events_recorded_total", 1);
	ck_assert_double_eq(fetch_metric(httpd.debug_port, EVENTS), 1);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(event_goes_on_when_its_client_leaves)
{
	httpd_start_debug(&httpd, NULL);
	client_connect(&client, &httpd);
	post("/event?ms=200");
	reset(&client);
	fetch_await_metric(httpd.debug_port, "baton_httpd_connections", 0);
	fetch_await_metric(httpd.debug_port, "baton_httpd_events_recorded_total", 1);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(end_waits_for_events)
{
	int errors = httpd_read_errors();
	int64_t began_ms = clock_ms();
	char text[1024];

	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	post("/event?ms=400");
	client_close(&client);
	httpd_stop(&httpd);
	ck_assert_int_ge(clock_ms() - began_ms, 400);
	httpd_take_errors(errors, text, sizeof(text));
	ck_assert_msg(!strstr(text, "cut off"), "%s", text);
	fd_close(errors);
}
END_TEST

START_TEST(events_of_the_drain_deadline_are_cut_off_and_named)
{
	char *options[] = { "--drain-timeout", "200ms", NULL };
	int errors = httpd_read_errors();
	char text[1024];

	httpd_start(&httpd, options);
	client_connect(&client, &httpd);
	post("/event?ms=600000");
	client_close(&client);
	httpd_stop(&httpd);
	httpd_take_errors(errors, text, sizeof(text));
	const char *cut = strstr(text, "baton-httpd: cut off: events: event, for ");

	ck_assert_msg(cut, "%s", text);
	ck_assert_msg(strstr(cut, " s (child/app/events.c:"), "%s", text);
	ck_assert_ptr_null(strstr(cut + 20, "cut off"));
	fd_close(errors);
}
END_TEST

START_TEST(bad_numbers_are_refused)
{
	static const char *const paths[] = { "/slow?ms=x", "/slow?ms=-1", "/slow?ms=600001",
		"/work?n=", "/work?n=100000001" };

	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	for (size_t i = 0; i < array_length(paths); i++) {
		client_get(&client, paths[i]);
		ck_assert_int_eq(client_status(&client), 400);
	}
	post("/event?ms=600001");
	ck_assert_int_eq(answer.status, 400);
	ck_assert_str_eq(answer.body, "400 Bad Request\nms: not a number up to 600000\n");
	client_get(&client, "/event");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 405);
	ck_assert_ptr_nonnull(strstr(answer.head, "\r\nAllow: POST, OPTIONS\r\n"));
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(work_is_done_and_told)
{
	static const struct {
		const char *path, *body;
	} rows[] = {
		{ "/work", "9592 primes below 100000\n" },
		{ "/work?n=0", "0 primes below 0\n" },
		{ "/work?n=2", "0 primes below 2\n" },
		{ "/work?n=3", "1 primes below 3\n" },
		{ "/work?n=100", "25 primes below 100\n" },
	};

	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	for (size_t i = 0; i < array_length(rows); i++) {
		client_get(&client, rows[i].path);
		client_receive(&client, &answer);
		ck_assert_int_eq(answer.status, 200);
		ck_assert_str_eq(answer.body, rows[i].body);
	}
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

/* One thread that is busy for minutes, and a queue of one that is full. */
static void fill_work(void)
{
	char *options[] = { "--work-threads", "1", "--work-queue", "1", NULL };

	httpd_start_debug(&httpd, options);
	client_connect(&others[0], &httpd);
	client_get(&others[0], FOREVER);
	fetch_await_metric(httpd.debug_port, RUNNING, 1);
	client_connect(&others[1], &httpd);
	client_get(&others[1], FOREVER);
	fetch_await_metric(httpd.debug_port, QUEUED, 1);
}

START_TEST(work_beyond_the_queue_is_refused_for_now)
{
	fill_work();
	client_connect(&client, &httpd);
	for (int i = 0; i < 2; i++) {
		client_get(&client, "/work?n=10");
		client_receive(&client, &answer);
		ck_assert_int_eq(answer.status, 503);
		ck_assert_ptr_nonnull(strstr(answer.head, "\r\nRetry-After: 1\r\n"));
		ck_assert(!answer.closes);
	}
	/* The field belongs to that answer alone. */
	client_get(&client, "/");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert_ptr_null(strstr(answer.head, "Retry-After"));
	ck_assert_double_eq(fetch_metric(httpd.debug_port, "baton_httpd_work_refused_total"), 2);
	client_close(&client);
	reset(&others[0]);
	reset(&others[1]);
	httpd_stop(&httpd);
}
END_TEST

/* What takes minutes ends at once: others get the thread. */
START_TEST(work_ends_when_its_client_leaves)
{
	fill_work();
	reset(&others[0]);
	reset(&others[1]);
	fetch_await_metric(httpd.debug_port, QUEUED, 0);
	client_connect(&client, &httpd);
	client_get(&client, "/work?n=100");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert_str_eq(answer.body, "25 primes below 100\n");
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(work_that_takes_too_long_ends_with_its_answer)
{
	char *options[] = { "--work-threads", "1", "--answer-timeout", "100ms", NULL };

	httpd_start_debug(&httpd, options);
	client_connect(&client, &httpd);
	client_get(&client, FOREVER);
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 504);
	ck_assert(!answer.closes);
	fetch_await_metric(httpd.debug_port, RUNNING, 0);
	client_get(&client, "/work?n=100");
	client_receive(&client, &answer);
	ck_assert_str_eq(answer.body, "25 primes below 100\n");
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(draining_finishes_what_is_queued)
{
	char *options[] = { "--work-threads", "1", NULL };

	httpd_start_debug(&httpd, options);
	for (size_t i = 0; i < array_length(others); i++) {
		client_connect(&others[i], &httpd);
		client_get(&others[i], i ? "/work?n=1000" : "/work?n=1000000");
	}
	fetch_await_metric(
		httpd.debug_port, "baton_httpd_connections", (double)array_length(others));
	httpd_signal(&httpd, SIGTERM);
	for (size_t i = 0; i < array_length(others); i++) {
		client_receive(&others[i], &answer);
		ck_assert_int_eq(answer.status, 200);
		ck_assert_str_eq(answer.body,
			i ? "168 primes below 1000\n" : "78498 primes below 1000000\n");
		client_close(&others[i]);
	}
	httpd_wait(&httpd);
}
END_TEST

START_TEST(drain_deadline_ends_work)
{
	char *options[] = { "--work-threads", "1", "--drain-timeout", "100ms", NULL };

	httpd_start_debug(&httpd, options);
	client_connect(&client, &httpd);
	client_get(&client, FOREVER);
	fetch_await_metric(httpd.debug_port, RUNNING, 1);
	httpd_signal(&httpd, SIGTERM);
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 503);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(answer_that_takes_too_long_is_given_up)
{
	char *options[] = { "--answer-timeout", "300ms", NULL };

	httpd_start_debug(&httpd, options);
	client_connect(&client, &httpd);
	for (int i = 0; i < 2; i++) {
		client_get(&client, MINUTES);
		client_get(&client, "/slow?ms=1"); /* pipelined behind it */
		client_receive(&client, &answer);
		ck_assert_int_eq(answer.status, 504);
		ck_assert(!answer.closes);
		client_receive(&client, &answer);
		ck_assert_int_eq(answer.status, 200);
		ck_assert_int_eq(strncmp(answer.body, "slow ", 5), 0);
	}
	/* What asks is a request, too. */
	ck_assert_uint_eq(fetch_count(httpd.debug_port, CONTEXTS, REQUEST), 1);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

/* One request, and the one that asks. */
static void begin_minutes(void)
{
	httpd_start_debug(&httpd, NULL);
	client_connect(&client, &httpd);
	client_get(&client, MINUTES);
	fetch_await_count(httpd.debug_port, CONTEXTS, REQUEST, 2);
	ck_assert_uint_eq(fetch_count(httpd.debug_port, "/debug/tasks", "requests: /slow"), 1);
}

START_TEST(context_of_a_request_ends_when_its_client_is_gone)
{
	begin_minutes();
	reset(&client);
	fetch_await_count(httpd.debug_port, CONTEXTS, REQUEST, 1);
	ck_assert_uint_eq(fetch_count(httpd.debug_port, "/debug/tasks", "requests: /slow"), 0);
	ck_assert_double_eq(fetch_metric(httpd.debug_port,
				    "baton_httpd_requests_total{server=\"app\",code=\"499\"}"),
		1);
	httpd_stop(&httpd);
}
END_TEST

/* With a FIN, behind which it might still be reading. */
START_TEST(context_of_a_request_ends_when_its_client_has_closed)
{
	begin_minutes();
	client_close(&client);
	fetch_await_count(httpd.debug_port, CONTEXTS, REQUEST, 1);
	httpd_stop(&httpd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		event_is_answered_before_it_is_recorded,
		event_goes_on_when_its_client_leaves,
		end_waits_for_events,
		events_of_the_drain_deadline_are_cut_off_and_named,
		bad_numbers_are_refused,
		work_is_done_and_told,
		work_beyond_the_queue_is_refused_for_now,
		work_ends_when_its_client_leaves,
		work_that_takes_too_long_ends_with_its_answer,
		draining_finishes_what_is_queued,
		drain_deadline_ends_work,
		answer_that_takes_too_long_is_given_up,
		context_of_a_request_ends_when_its_client_is_gone,
		context_of_a_request_ends_when_its_client_has_closed,
	};

	return SUITE_RUN("httpd_app", cases);
}
