/* SPDX-License-Identifier: MIT */
/* What baton-httpd does about clients that are slow, leave or are too many: child/connection.c. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "support/httpd.h"
#include "support/process.h"
#include "support/suite.h"

#define HOST "Host: a\r\n"

static struct httpd httpd;
static struct client client;
static struct answer answer;

/* Sends as much as the server takes without its answers being read; returns how many requests. */
static size_t send_until_refused(const char *request, size_t *ret_part)
{
	size_t sent = 0, size = strlen(request);
	struct pollfd wait = { .fd = client.fd, .events = POLLOUT };

	/* Not even a moment's pause on the server's side lasts that long. */
	while (poll(&wait, 1, 300) == 1) {
		ssize_t count = send(client.fd, request + sent % size, size - sent % size,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		ck_assert_int_gt(count, 0);
		sent += (size_t)count;
		ck_assert_uint_lt(sent, 64 * 1024 * 1024);
	}
	*ret_part = sent % size;
	return sent / size;
}

START_TEST(server_reads_no_more_than_its_answers_are_read)
{
	char request[4096 + 128];
	size_t part;

	(void)sprintf(request, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4096\r\n\r\n%*s",
		4096, "x");
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	size_t count = send_until_refused(request, &part);

	if (part) {
		/* The rest of the last request finds room only as answers are read. */
		for (; count; count--)
			ck_assert_int_eq(client_status(&client), 200);
		client_send(&client, request + part);
		count = 1;
	}
	for (; count; count--)
		ck_assert_int_eq(client_status(&client), 200);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

/* The server ends at SIGTERM, which it would not if it went on waiting for minutes. */
static void check_leaver(bool resets)
{
	struct linger linger = { .l_onoff = 1 };

	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	client_get(&client, "/slow?ms=600000");
	if (resets)
		ck_assert_int_eq(
			setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	client_close(&client);
	httpd_stop(&httpd);
}

START_TEST(slow_request_of_a_client_that_closed_is_given_up)
{
	check_leaver(false);
}
END_TEST

START_TEST(slow_request_of_a_client_that_reset_is_given_up)
{
	check_leaver(true);
}
END_TEST

START_TEST(slow_head_is_given_up_though_bytes_keep_coming)
{
	char *options[] = { "--request-timeout", "300ms", NULL };
	struct pollfd wait = { .events = POLLIN };

	httpd_start(&httpd, options);
	client_connect(&client, &httpd);
	client_send(&client, "GET / HTTP/1.1\r\nA: ");
	wait.fd = client.fd;
	while (poll(&wait, 1, 20) == 0)
		client_send(&client, "a");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 408);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(body_that_stops_coming_is_given_up)
{
	char *options[] = { "--request-timeout", "50ms", NULL };

	httpd_start(&httpd, options);
	client_connect(&client, &httpd);
	client_send(&client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nx");
	ck_assert_int_eq(client_status(&client), 408);
	client_expect_end(&client);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(idle_connections_end_gently_after_their_time)
{
	char *options[] = { "--keep-alive-timeout", "50ms", NULL };
	struct client silent;

	httpd_start(&httpd, options);
	client_connect(&silent, &httpd);
	client_connect(&client, &httpd);
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	client_expect_end(&client);
	client_expect_end(&silent);
	client_close(&client);
	client_close(&silent);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(client_that_does_not_read_is_cut_off)
{
	char *options[] = { "--request-timeout", "100ms", NULL };
	const char request[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	struct pollfd wait = { .events = POLLOUT };
	size_t sent = 0;

	httpd_start(&httpd, options);
	client_connect(&client, &httpd);
	wait.fd = client.fd;
	while (!(wait.revents & (POLLHUP | POLLERR))) {
		ck_assert_int_eq(poll(&wait, 1, PROCESS_DEADLINE_MS), 1);
		ssize_t count = send(client.fd, request + sent % strlen(request),
			strlen(request) - sent % strlen(request), MSG_NOSIGNAL | MSG_DONTWAIT);
		sent += count > 0 ? (size_t)count : 0;
	}
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(clients_beyond_the_maximum_wait_their_turn)
{
	char *options[] = { "--max-connections", "2", NULL };
	struct client others[2];

	httpd_start(&httpd, options);
	for (size_t i = 0; i < array_length(others); i++) {
		client_connect(&others[i], &httpd);
		client_get(&others[i], "/");
		ck_assert_int_eq(client_status(&others[i]), 200);
	}
	client_connect(&client, &httpd);
	client_get(&client, "/");
	client_get(&others[0], "/slow?ms=100");
	ck_assert_int_eq(client_status(&others[0]), 200);
	struct pollfd wait = { .fd = client.fd, .events = POLLIN };

	ck_assert_int_eq(poll(&wait, 1, 0), 0);
	client_close(&others[0]);
	ck_assert_int_eq(client_status(&client), 200);
	client_close(&others[1]);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

/* The listener stays readable all the while. */
START_TEST(want_of_descriptors_is_waited_out_without_spinning)
{
	static struct client others[8];

	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	struct rlimit limit = { 0, 0 };

	ck_assert_int_eq(prlimit(httpd.pid, RLIMIT_NOFILE, NULL, &limit), 0);
	limit.rlim_cur = (rlim_t)httpd_fd_count(&httpd);
	ck_assert_int_eq(prlimit(httpd.pid, RLIMIT_NOFILE, &limit, NULL), 0);
	for (size_t i = 0; i < array_length(others); i++) {
		client_connect(&others[i], &httpd);
		client_get(&others[i], "/");
	}
	long before = httpd_cpu_ms(&httpd);

	client_get(&client, "/slow?ms=1000");
	ck_assert_int_eq(client_status(&client), 200);
	ck_assert_int_lt(httpd_cpu_ms(&httpd) - before, 300);
	client_close(&client);
	for (size_t i = 0; i < array_length(others); i++) {
		ck_assert_int_eq(client_status(&others[i]), 200);
		client_close(&others[i]);
	}
	httpd_stop(&httpd);
}
END_TEST

START_TEST(connections_leave_no_descriptor_behind)
{
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	int before = httpd_fd_count(&httpd);

	for (int i = 0; i < 200; i++) {
		struct client other;

		client_connect(&other, &httpd);
		client_send(&other, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
		ck_assert_int_eq(client_status(&other), 200);
		client_expect_end(&other);
		client_close(&other);
	}
	/* The server learns of the last end before it answers this. */
	client_get(&client, "/slow?ms=10");
	ck_assert_int_eq(client_status(&client), 200);
	ck_assert_int_eq(httpd_fd_count(&httpd), before);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		server_reads_no_more_than_its_answers_are_read,
		slow_request_of_a_client_that_closed_is_given_up,
		slow_request_of_a_client_that_reset_is_given_up,
		slow_head_is_given_up_though_bytes_keep_coming,
		body_that_stops_coming_is_given_up,
		idle_connections_end_gently_after_their_time,
		client_that_does_not_read_is_cut_off,
		clients_beyond_the_maximum_wait_their_turn,
		want_of_descriptors_is_waited_out_without_spinning,
		connections_leave_no_descriptor_behind,
	};

	return SUITE_RUN("httpd_limits", cases);
}
