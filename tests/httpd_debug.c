/* SPDX-License-Identifier: MIT */
/* What baton-httpd shows to its operators: child/debug/debug.c, child/debug/debug_list.c. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "support/fetch.h"
#include "support/httpd.h"
#include "support/json.h"
#include "support/suite.h"

#define REQUESTS(server, code) "baton_httpd_requests_total{server=\"" server "\",code=\"" code "\"}"
#define TOOK                   "baton_httpd_request_duration_seconds"

static struct httpd httpd;
static struct client client;
static struct answer answer;
static struct fetched fetched;
static int errors = -1; /* what the server says */

static void teardown(void)
{
	fd_close(errors);
}

/* With a debug port that is its own, on which it accepts to the end: one that was passed is
 * somebody else's, too. */
static void start_own(void)
{
	char *options[] = { "--debug", "127.0.0.1:0", NULL };

	errors = httpd_read_errors();
	httpd_start(&httpd, options);
	httpd.debug_port = httpd_await_port(errors, "debug");
}

static void get(int port, const char *path, const char *fields)
{
	fetch_free(&fetched);
	fetch_get(port, path, fields, &fetched);
}

static void send_to(int port, const char *method, const char *path)
{
	char request[256];

	(void)snprintf(request, sizeof(request),
		"%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", method, path);
	fetch_free(&fetched);
	fetch(port, request, &fetched);
}

static bool has_text(const char *text)
{
	return strstr(fetched.body, text);
}

static void stop(void)
{
	fetch_free(&fetched);
	httpd_stop(&httpd);
}

/* A passed socket of that name is used without an option. */
START_TEST(health_and_readiness_are_told)
{
	httpd_start_debug(&httpd, NULL);
	get(httpd.debug_port, "/healthz", "");
	ck_assert_int_eq(fetched.status, 200);
	ck_assert_str_eq(fetched.body, "ok\n");
	get(httpd.debug_port, "/readyz", "");
	ck_assert_int_eq(fetched.status, 200);
	ck_assert_str_eq(fetched.body, "ready\n");
	stop();
}
END_TEST

START_TEST(index_names_what_there_is)
{
	char path[64];

	httpd_start_debug(&httpd, NULL);
	get(httpd.debug_port, "/", "");
	char *paths = strdup(fetched.body);

	ck_assert_ptr_nonnull(paths);
	for (const char *line = paths; *line; line = strchr(line, '\n') + 1) {
		ck_assert_int_eq(sscanf(line, "%63s", path), 1);
		if (strcmp(path, "/shutdown") != 0)
			ck_assert_int_eq(fetch_status(httpd.debug_port, path), 200);
	}
	ck_assert_ptr_nonnull(strstr(paths, "/metrics\n"));
	ck_assert_ptr_nonnull(strstr(paths, "/shutdown (POST)\n"));
	free(paths);
	stop();
}
END_TEST

START_TEST(each_port_has_its_own_paths)
{
	static const char *const debug_paths[] = { "/healthz", "/readyz", "/metrics",
		"/debug/tasks", "/debug/fds", "/shutdown" };
	static const char *const app_paths[] = { "/slow", "/echo", "/event", "/work", "/files/" };

	httpd_start_debug(&httpd, NULL);
	for (size_t i = 0; i < array_length(debug_paths); i++)
		ck_assert_int_eq(fetch_status(httpd.port, debug_paths[i]), 404);
	for (size_t i = 0; i < array_length(app_paths); i++)
		ck_assert_int_eq(fetch_status(httpd.debug_port, app_paths[i]), 404);
	ck_assert_int_eq(fetch_status(httpd.debug_port, "/debug/"), 404);
	send_to(httpd.port, "POST", "/shutdown");
	ck_assert_int_eq(fetched.status, 404);
	stop();
}
END_TEST

/* Without a socket for it: all that were passed are the app's. */
START_TEST(without_a_debug_port_there_is_none)
{
	httpd_start(&httpd, NULL);
	ck_assert_int_eq(fetch_status(httpd.port, "/"), 200);
	ck_assert_int_eq(fetch_status(httpd.port, "/healthz"), 404);
	stop();
}
END_TEST

static void begin_minutes(void)
{
	client_connect(&client, &httpd);
	client_get(&client, "/slow?ms=600000");
	fetch_await_count(httpd.debug_port, "/debug/tasks", "requests: /slow", 1);
}

/* Drains and goes on to wait for the client of begin_minutes. */
static void begin_drain(void)
{
	httpd_signal(&httpd, SIGTERM);
	fetch_await_count(httpd.debug_port, "/readyz", "draining\n", 1); /* on new connections */
}

static void end_minutes(void)
{
	struct linger linger = { .l_onoff = 1 };

	ck_assert_int_eq(setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	client_close(&client);
}

START_TEST(draining_server_is_alive_and_not_ready)
{
	start_own();
	begin_minutes();
	ck_assert_double_eq(fetch_metric(httpd.debug_port, "baton_httpd_draining"), 0);
	begin_drain();
	for (int i = 0; i < 3; i++) {
		get(httpd.debug_port, "/readyz", "");
		ck_assert_int_eq(fetched.status, 503);
		get(httpd.debug_port, "/healthz", "");
		ck_assert_int_eq(fetched.status, 200);
	}
	/* What it waits for can be seen. */
	ck_assert_uint_eq(fetch_count(httpd.debug_port, "/debug/tasks", "requests: /slow"), 1);
	ck_assert_double_eq(fetch_metric(httpd.debug_port, "baton_httpd_draining"), 1);
	end_minutes();
	fetch_free(&fetched);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(kept_debug_connection_ends_with_its_next_answer)
{
	static struct client kept;

	start_own();
	client_connect_port(&kept, httpd.debug_port);
	client_get(&kept, "/readyz");
	client_receive(&kept, &answer);
	ck_assert(!answer.closes);
	begin_minutes();
	begin_drain();
	client_get(&kept, "/readyz");
	client_receive(&kept, &answer);
	ck_assert_int_eq(answer.status, 503);
	ck_assert(answer.closes);
	client_expect_end(&kept);
	client_close(&kept);
	end_minutes();
	httpd_wait(&httpd);
}
END_TEST

/* As that of whoever collects the metrics now and then: the app has ended, and nothing is left
 * to see. */
START_TEST(idle_debug_connection_does_not_hold_up_the_end)
{
	static struct client kept;

	httpd_start_debug(&httpd, NULL);
	client_connect_port(&kept, httpd.debug_port);
	client_get(&kept, "/metrics");
	ck_assert_int_eq(client_status(&kept), 200);
	httpd_signal(&httpd, SIGTERM);
	client_expect_end(&kept);
	client_close(&kept);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(shutdown_ends_both_when_all_is_answered)
{
	httpd_start_debug(&httpd, NULL);
	client_connect(&client, &httpd);
	client_get(&client, "/slow?ms=400");
	fetch_await_count(httpd.debug_port, "/debug/tasks", "requests: /slow", 1);
	send_to(httpd.debug_port, "POST", "/shutdown");
	ck_assert_int_eq(fetched.status, 202);
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
	fetch_free(&fetched);
	httpd_wait(&httpd);
}
END_TEST

/* A crawler that follows every link must not end the service. */
START_TEST(shutdown_that_is_posted_again_cuts_nothing)
{
	start_own();
	begin_minutes();
	struct pollfd told = { .fd = client.fd, .events = POLLIN };

	send_to(httpd.debug_port, "POST", "/shutdown");
	ck_assert_int_eq(fetched.status, 202);
	ck_assert_int_eq(poll(&told, 1, 300), 0); /* no repetition of the same wish any more */
	send_to(httpd.debug_port, "POST", "/shutdown");
	ck_assert_int_eq(fetched.status, 202);
	ck_assert_int_eq(poll(&told, 1, 100), 0);
	fetch_free(&fetched);
	end_minutes();
	httpd_wait(&httpd);
}
END_TEST

START_TEST(shutdown_is_posted_alone)
{
	static const char *const methods[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS" };
	char allow[64];

	httpd_start_debug(&httpd, NULL);
	for (size_t i = 0; i < array_length(methods); i++) {
		send_to(httpd.debug_port, methods[i], "/shutdown");
		ck_assert_int_eq(fetched.status, i == 4 ? 200 : 405);
		ck_assert_str_eq(
			fetch_field(&fetched, "Allow", allow, sizeof(allow)), "POST, OPTIONS");
	}
	ck_assert_int_eq(fetch_status(httpd.debug_port, "/readyz"), 200);
	stop();
}
END_TEST

/* GETs the list both ways; the JSON of it is in fetched, the text's number of entries is
 * checked. */
static void get_list(const char *path)
{
	unsigned long told, count = 0;
	char type[64];

	get(httpd.debug_port, path, "");
	ck_assert_str_eq(fetch_field(&fetched, "Content-Type", type, sizeof(type)), "text/plain");
	ck_assert_int_eq(sscanf(fetched.body, "%lu\n", &told), 1);
	for (const char *c = fetched.body; *c; c++)
		count += *c == '\n';
	ck_assert_uint_eq(told, count - 1);
	get(httpd.debug_port, path, "Accept: application/json\r\n");
	ck_assert_str_eq(
		fetch_field(&fetched, "Content-Type", type, sizeof(type)), "application/json");
	ck_assert_msg(json_is_valid(fetched.body, fetched.size), "%s", fetched.body);
}

static void check_entry(const char *text)
{
	ck_assert_msg(has_text(text), "no %s in %s", text, fetched.body);
}

START_TEST(tasks_are_listed_with_where_they_began)
{
	char *options[] = { "--drain-timeout", "1ms", NULL }; /* not for the event to end */

	httpd_start_debug(&httpd, options);
	send_to(httpd.port, "POST", "/event?ms=600000");
	begin_minutes();
	get_list("/debug/tasks");
	check_entry("\"what\":\"connections: app\",\"place\":\"child/connection.c:");
	check_entry("\"what\":\"requests: /slow\",\"place\":\"child/busy.c:");
	check_entry("\"what\":\"events: event\",\"place\":\"child/app/events.c:");
	check_entry("\"what\":\"connections: debug\"");
	check_entry("\"age_ms\":");
	ck_assert_int_eq(fetch_status(httpd.debug_port, "/debug/tasks?format=xml"), 400);
	end_minutes();
	stop();
}
END_TEST

/* Each below that which it ends with. */
START_TEST(contexts_are_listed_as_a_tree)
{
	httpd_start_debug(&httpd, NULL);
	begin_minutes();
	get_list("/debug/contexts");
	check_entry("\"parent\":");
	check_entry("\"place\":\"child/main.c:");
	get(httpd.debug_port, "/debug/contexts", "");
	const char *request = strstr(fetched.body, "child/http/exchange_answer.c:");
	const char *connection = strstr(fetched.body, "child/connection.c:");

	ck_assert(connection && request && connection < request);
	while (*--connection != '\n')
		;
	while (*--request != '\n')
		;
	ck_assert_uint_eq(strspn(connection + 1, " "), 4);
	ck_assert_uint_eq(strspn(request + 1, " "), 6);
	end_minutes();
	stop();
}
END_TEST

START_TEST(descriptors_and_threads_are_listed)
{
	char *options[] = { "--work-threads", "3", NULL };
	size_t listening = 0, threads = 0;

	httpd_start_debug(&httpd, options);
	get_list("/debug/fds");
	check_entry("\"what\":\"anon_inode:[eventpoll]\"");
	for (const char *at = fetched.body; (at = strstr(at, ", listening\"}")); at++)
		listening++;
	ck_assert_uint_eq(listening, 2);
	check_entry("tcp 127.0.0.1:");
	check_entry(", peer 127.0.0.1:");
	/* A thread has its name once it runs. */
	fetch_await_count(httpd.debug_port, "/debug/threads", "  work  child/app/app.c:", 3);
	get_list("/debug/threads");
	for (const char *at = fetched.body; (at = strstr(at, "\"what\":\"work\"")); at++)
		threads++;
	ck_assert_uint_eq(threads, 3);
	check_entry("\"what\":\"work\",\"place\":\"child/app/app.c:");
	stop();
}
END_TEST

static double metric(const char *sample)
{
	return fetch_metric(httpd.debug_port, sample);
}

START_TEST(metrics_count_what_was_asked)
{
	double sent = 0;

	httpd_start_debug(&httpd, NULL);
	for (int i = 0; i < 3; i++) {
		get(httpd.port, "/", "");
		sent += (double)fetched.size;
	}
	get(httpd.port, "/nowhere", "");
	sent += (double)fetched.size;
	send_to(httpd.port, "POST", "/");
	sent += (double)fetched.size;
	send_to(httpd.port, "POST", "/event?ms=0");
	sent += (double)fetched.size;
	send_to(httpd.port, "HEAD", "/");
	get(httpd.port, "/work?n=10", "");
	sent += (double)fetched.size;
	ck_assert_double_eq(metric(REQUESTS("app", "200")), 5);
	ck_assert_double_eq(metric(REQUESTS("app", "202")), 1);
	ck_assert_double_eq(metric(REQUESTS("app", "404")), 1);
	ck_assert_double_eq(metric(REQUESTS("app", "405")), 1);
	ck_assert_double_eq(metric(REQUESTS("app", "503")), -1); /* none yet */
	ck_assert_double_eq(metric("baton_httpd_sent_bytes_total{server=\"app\"}"), sent);
	ck_assert_double_eq(metric(TOOK "_count{server=\"app\"}"), 8);
	/* Most take less than a millisecond, and none takes no time. */
	ck_assert_double_gt(metric(TOOK "_sum{server=\"app\"}"), 0);
	ck_assert_double_eq(metric(TOOK "_bucket{server=\"app\",le=\"+Inf\"}"), 8);
	ck_assert_double_eq(metric("baton_httpd_connections_accepted_total"), 8);
	ck_assert_double_eq(metric("baton_httpd_work_finished_total"), 1);
	fetch_await_metric(httpd.debug_port, "baton_httpd_connections", 0);
	fetch_await_metric(httpd.debug_port, "baton_httpd_events_recorded_total", 1);
	stop();
}
END_TEST

START_TEST(metrics_tell_of_the_process)
{
	char type[64];

	httpd_start_debug(&httpd, NULL);
	begin_minutes();
	get(httpd.debug_port, "/metrics", "");
	ck_assert_str_eq(fetch_field(&fetched, "Content-Type", type, sizeof(type)),
		"text/plain; version=0.0.4; charset=utf-8");
	/* The one that asks has a descriptor, too, and the list of them while it is made. */
	double fds = httpd_fd_count(&httpd);

	ck_assert_double_ge(metric("process_open_fds"), fds);
	ck_assert_double_le(metric("process_open_fds"), fds + 3);
	ck_assert_double_gt(metric("process_max_fds"), fds);
	ck_assert_double_gt(metric("process_resident_memory_bytes"), 100000);
	ck_assert_double_gt(
		metric("process_virtual_memory_bytes"), metric("process_resident_memory_bytes"));
	ck_assert_double_ge(metric("process_cpu_seconds_total"), 0);
	ck_assert_double_eq(metric("baton_httpd_generation"), 1);
	ck_assert_double_eq(metric("baton_httpd_requests_under_way"), 1);
	ck_assert_double_eq(metric("baton_httpd_connections"), 1);
	ck_assert_double_ge(metric(REQUESTS("debug", "200")), 9);
	end_minutes();
	stop();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		health_and_readiness_are_told,
		index_names_what_there_is,
		each_port_has_its_own_paths,
		without_a_debug_port_there_is_none,
		draining_server_is_alive_and_not_ready,
		kept_debug_connection_ends_with_its_next_answer,
		idle_debug_connection_does_not_hold_up_the_end,
		shutdown_ends_both_when_all_is_answered,
		shutdown_that_is_posted_again_cuts_nothing,
		shutdown_is_posted_alone,
		tasks_are_listed_with_where_they_began,
		contexts_are_listed_as_a_tree,
		descriptors_and_threads_are_listed,
		metrics_count_what_was_asked,
		metrics_tell_of_the_process,
	};

	return suite_run(&(struct suite){
		.name = "httpd_debug",
		.cases = cases,
		.count = array_length(cases),
		.teardown = teardown,
	});
}
