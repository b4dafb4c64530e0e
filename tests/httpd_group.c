/* SPDX-License-Identifier: MIT */
/*
 * baton-httpd as a group, one out, all out: child/main.c. A listener on which
 * nothing can be accepted any more ends its server, and with it the other one; but first
 * each finishes what it has begun.
 */
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "base/fd.h"
#include "support/fetch.h"
#include "support/httpd.h"
#include "support/suite.h"

static struct httpd httpd;
static struct client client;
static struct answer answer;
static char text[4096];

/* On the socket that the server has, too: accept(2) fails there from now on. */
static void break_listener(int listener)
{
	ck_assert_int_eq(shutdown(listener, SHUT_RDWR), 0);
}

/* A request that takes a moment, which is under way. */
static void begin_request(void)
{
	client_connect(&client, &httpd);
	client_get(&client, "/slow?ms=400");
	fetch_await_count(httpd.debug_port, "/debug/tasks", "requests: /slow", 1);
}

/* It is answered, and the last one of its connection. */
static void check_request(void)
{
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
}

/* The server ends, for that reason. */
static void check_end(int errors, const char *reason)
{
	ck_assert_int_eq(httpd_end(&httpd), EX_UNAVAILABLE);
	httpd_take_errors(errors, text, sizeof(text));
	ck_assert_msg(strstr(text, reason), "%s", text);
	ck_assert_msg(!strstr(text, "cut off"), "%s", text);
	fd_close(errors);
}

START_TEST(broken_app_listener_ends_all_once_they_have_finished)
{
	int errors = httpd_read_errors();

	static struct client kept;

	httpd_start_debug(&httpd, NULL);
	client_connect_port(&kept, httpd.debug_port);
	begin_request();
	break_listener(httpd.listener);
	/* The other one goes on meanwhile, and tells. */
	do {
		client_get(&kept, "/readyz");
		client_receive(&kept, &answer);
	} while (answer.status == 200);
	ck_assert_str_eq(answer.body, "draining\n");
	client_expect_end(&kept);
	client_close(&kept);
	check_request();
	check_end(errors,
		"baton-httpd: app: cannot accept on listener \"http\" any more: Invalid "
		"argument\n");
}
END_TEST

START_TEST(broken_debug_listener_ends_all_once_they_have_finished)
{
	int errors = httpd_read_errors();

	httpd_start_debug(&httpd, NULL);
	begin_request();
	break_listener(httpd.debug);
	check_request();
	check_end(errors,
		"baton-httpd: debug: cannot accept on listener \"debug\" any more: Invalid "
		"argument\n");
}
END_TEST

START_TEST(broken_listener_without_connections_ends_at_once)
{
	int errors = httpd_read_errors();

	httpd_start(&httpd, NULL);
	ck_assert_int_eq(fetch_status(httpd.port, "/"), 200);
	break_listener(httpd.listener);
	check_end(errors, "cannot accept on listener \"http\" any more: Invalid argument\n");
}
END_TEST

/* Where --debug has to be, and what it is called, is the operator's affair. */
START_TEST(debug_port_may_be_given)
{
	char *options[] = { "--debug", "ops=127.0.0.1:0", NULL };
	int errors = httpd_read_errors();

	httpd_start(&httpd, options);
	ck_assert_uint_eq(fetch_count(httpd_await_port(errors, "ops"), "/readyz", "ready\n"), 1);
	ck_assert_int_eq(fetch_status(httpd.port, "/readyz"), 404);
	httpd_stop(&httpd);
	fd_close(errors);
}
END_TEST

/* What is passed under the name of --debug is taken, and nothing opened. */
START_TEST(debug_port_may_be_passed_under_its_name)
{
	char *options[] = { "--debug", "debug=127.0.0.1:1", NULL };

	httpd_start_debug(&httpd, options);
	ck_assert_int_eq(fetch_status(httpd.debug_port, "/readyz"), 200);
	ck_assert_int_eq(fetch_status(httpd.port, "/readyz"), 404);
	httpd_stop(&httpd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		broken_app_listener_ends_all_once_they_have_finished,
		broken_debug_listener_ends_all_once_they_have_finished,
		broken_listener_without_connections_ends_at_once,
		debug_port_may_be_given,
		debug_port_may_be_passed_under_its_name,
	};

	return SUITE_RUN("httpd_group", cases);
}
