/* SPDX-License-Identifier: MIT */
/* The event stream of baton-httpd, and its way to the next generation: child/app/stream.c,
 * child/connection_move.c. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/httpd.h"
#include "support/process.h"
#include "support/suite.h"

static struct httpd httpd;
static struct client probe, client;
static struct answer answer;

static void start(char *const *options)
{
	/* Generations whose parents have gone become the test's children. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	httpd_start(&httpd, options);
}

static void open_stream(const char *path)
{
	client_connect(&client, &httpd);
	client_get(&client, path);
	client_receive_head(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert_ptr_nonnull(strstr(answer.head, "Content-Type: text/event-stream\r\n"));
}

/* Takes the text, which must come next. */
static void expect(const char *text)
{
	size_t size = strlen(text);

	while (client.size < size) {
		process_wait_fd(client.fd, POLLIN);
		ssize_t count = recv(client.fd, client.data + client.size,
			sizeof(client.data) - client.size, MSG_DONTWAIT);
		ck_assert_int_gt(count, 0);
		client.size += (size_t)count;
	}
	ck_assert_msg(memcmp(client.data, text, size) == 0, "%s instead of %.*s", text,
		(int)client.size, client.data);
	client.size -= size;
	memmove(client.data, client.data + size, client.size);
}

/* That event comes next, in a chunk of its own. */
static void expect_event(unsigned id, pid_t pid, unsigned generation)
{
	char event[128], chunk[160];
	int size = snprintf(event, sizeof(event), "id: %u\ndata: pid=%d generation=%u\n\n", id,
		(int)pid, generation);

	(void)snprintf(chunk, sizeof(chunk), "%x\r\n%s\r\n", (unsigned)size, event);
	expect(chunk);
}

START_TEST(events_have_ids_and_say_whose_they_are)
{
	start(NULL);
	open_stream("/events?interval=10");
	ck_assert_ptr_nonnull(strstr(answer.head, "Transfer-Encoding: chunked\r\n"));
	ck_assert_ptr_nonnull(strstr(answer.head, "Cache-Control: no-store\r\n"));
	for (unsigned id = 1; id <= 3; id++)
		expect_event(id, httpd.pid, 1);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(stream_goes_on_behind_the_last_event_that_the_client_has)
{
	start(NULL);
	client_connect(&client, &httpd);
	client_send(&client,
		"GET /events?count=2&interval=0 HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 41\r\n\r\n");
	client_receive_head(&client, &answer);
	expect_event(42, httpd.pid, 1);
	expect_event(43, httpd.pid, 1);
	expect("0\r\n\r\n");
	client_send(&client, "GET /events HTTP/1.1\r\nHost: a\r\nLast-Event-ID: a\r\n\r\n");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 400);
	ck_assert_str_eq(
		answer.body, "400 Bad Request\nLast-Event-ID: not a number of up to 18 digits\n");
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(bad_parameters_are_named)
{
	start(NULL);
	client_connect(&client, &httpd);
	client_get(&client, "/events?interval=60001");
	client_receive(&client, &answer);
	ck_assert_str_eq(answer.body, "400 Bad Request\ninterval: not a number up to 60000\n");
	client_get(&client, "/events?count=x");
	client_receive(&client, &answer);
	ck_assert_str_eq(answer.body, "400 Bad Request\ncount: not a number up to 1000000000\n");
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(client_that_has_shut_its_side_gets_the_rest)
{
	start(NULL);
	open_stream("/events?interval=10&count=20");
	ck_assert_int_eq(shutdown(client.fd, SHUT_WR), 0);
	for (unsigned id = 1; id <= 20; id++)
		expect_event(id, httpd.pid, 1);
	expect("0\r\n\r\n");
	client_expect_end(&client);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(endless_stream_ends_with_its_next_event_when_the_server_stops)
{
	start(NULL);
	open_stream("/events?interval=300");
	expect_event(1, httpd.pid, 1);
	httpd_signal(&httpd, SIGTERM);
	expect_event(2, httpd.pid, 1);
	expect("0\r\n\r\n");
	client_expect_end(&client);
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(stream_with_an_end_comes_to_it_when_the_server_stops)
{
	start(NULL);
	open_stream("/events?interval=100&count=4");
	expect_event(1, httpd.pid, 1);
	httpd_signal(&httpd, SIGTERM);
	for (unsigned id = 2; id <= 4; id++)
		expect_event(id, httpd.pid, 1);
	expect("0\r\n\r\n");
	/* It was not told that this is the end, so one more request is answered. */
	client_get(&client, "/");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(drain_deadline_ends_streams_between_two_events)
{
	char *const options[] = { (char[]){ "--drain-timeout=100ms" }, NULL };

	start(options);
	open_stream("/events?interval=60000");
	expect_event(1, httpd.pid, 1);
	httpd_signal(&httpd, SIGTERM);
	expect("0\r\n\r\n");
	client_expect_end(&client);
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

/* Who answers the probe, which is kept; its generation. */
static unsigned ask(pid_t *ret_pid)
{
	unsigned generation;
	int pid;

	client_get(&probe, "/");
	client_receive(&probe, &answer);
	ck_assert_int_eq(sscanf(answer.body, "hello pid=%d generation=%u\n", &pid, &generation), 2);
	*ret_pid = pid;
	return generation;
}

/* The first generation has ended, though clients have streams of it; the pid of the second. */
static pid_t upgrade(void)
{
	pid_t pid;

	client_connect(&probe, &httpd);
	ck_assert_uint_eq(ask(&pid), 1);
	httpd_signal(&httpd, SIGHUP);
	ck_assert_int_eq(process_wait(httpd.pidfd), 0);
	ck_assert_uint_eq(ask(&pid), 2);
	client_close(&probe);
	return pid;
}

static void finish(pid_t pid)
{
	httpd.pid = pid;
	httpd.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ck_assert_int_ge(httpd.pidfd, 0);
	httpd_stop(&httpd);
}

START_TEST(stream_goes_on_in_the_successor)
{
	start(NULL);
	open_stream("/events?interval=2000&count=3");
	expect_event(1, httpd.pid, 1);
	pid_t pid = upgrade();

	expect_event(2, pid, 2);
	expect_event(3, pid, 2);
	expect("0\r\n\r\n");
	/* And so does the connection. */
	client_get(&client, "/");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(!answer.closes);
	client_close(&client);
	finish(pid);
}
END_TEST

START_TEST(request_behind_a_stream_goes_along)
{
	start(NULL);
	open_stream("/events?interval=1000&count=2");
	client_get(&client, "/echo");
	client_send(&client, "GET / HT");
	expect_event(1, httpd.pid, 1);
	pid_t pid = upgrade();

	expect_event(2, pid, 2);
	expect("0\r\n\r\n");
	client_receive(&client, &answer);
	ck_assert_str_eq(answer.body, "GET\n");
	client_send(&client, "TP/1.1\r\nHost: a\r\n\r\n");
	ck_assert_int_eq(client_status(&client), 200);
	client_close(&client);
	finish(pid);
}
END_TEST

START_TEST(stream_of_a_client_that_has_shut_its_side_goes_on_too)
{
	start(NULL);
	open_stream("/events?interval=1000&count=2");
	ck_assert_int_eq(shutdown(client.fd, SHUT_WR), 0);
	expect_event(1, httpd.pid, 1);
	pid_t pid = upgrade();

	expect_event(2, pid, 2);
	expect("0\r\n\r\n");
	client_expect_end(&client);
	client_close(&client);
	finish(pid);
}
END_TEST

/* Takes so many events, or some more; each is whole, and its id the next one. */
static void read_events(unsigned count, unsigned *last_id)
{
	unsigned first = *last_id, id;
	char *end;

	while (*last_id - first < count) {
		process_wait_fd(client.fd, POLLIN);
		ssize_t received = recv(client.fd, client.data + client.size,
			sizeof(client.data) - 1 - client.size, MSG_DONTWAIT);
		ck_assert_int_gt(received, 0);
		client.size += (size_t)received;
		client.data[client.size] = '\0';
		while ((end = strstr(client.data, "\n\n\r\n"))) {
			size_t size = (size_t)(end - client.data) + 4;

			ck_assert_int_eq(sscanf(client.data, "%*x\r\nid: %u\ndata: ", &id), 1);
			ck_assert_uint_eq(id, *last_id + 1);
			*last_id = id;
			client.size -= size;
			memmove(client.data, client.data + size, client.size + 1);
		}
	}
}

/* The first generation has filled the socket, so one of its events is half written. */
START_TEST(client_that_does_not_read_goes_along_with_what_is_half_written)
{
	unsigned last_id = 0;
	long used = -1;

	start(NULL);
	client_connect(&probe, &httpd);
	open_stream("/events?interval=0");
	/* Once the server has nothing to do any more the socket is full. */
	while (used != httpd_cpu_ms(&httpd)) {
		used = httpd_cpu_ms(&httpd);
		client_get(&probe, "/slow?ms=200");
		ck_assert_int_eq(client_status(&probe), 200);
	}
	client_close(&probe);
	pid_t pid = upgrade();

	read_events(100 * 1000, &last_id);
	client_close(&client);
	finish(pid);
}
END_TEST

START_TEST(client_that_does_not_read_is_given_up_in_its_time)
{
	char *const options[] = { (char[]){ "--request-timeout=2s" }, NULL };
	unsigned last_id = 0;

	start(options);
	client_connect(&client, &httpd);
	client_get(&client, "/events?interval=0");
	pid_t pid = upgrade();

	/* What it was sent is there, and then the end, in the midst of the answer. */
	client_connect(&probe, &httpd);
	client_get(&probe, "/slow?ms=2500");
	ck_assert_int_eq(client_status(&probe), 200);
	client_close(&probe);
	client_receive_head(&client, &answer);
	read_events(1, &last_id);
	while (recv(client.fd, client.data, sizeof(client.data), 0) > 0)
		;
	client_close(&client);
	finish(pid);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		events_have_ids_and_say_whose_they_are,
		stream_goes_on_behind_the_last_event_that_the_client_has,
		bad_parameters_are_named,
		client_that_has_shut_its_side_gets_the_rest,
		endless_stream_ends_with_its_next_event_when_the_server_stops,
		stream_with_an_end_comes_to_it_when_the_server_stops,
		drain_deadline_ends_streams_between_two_events,
		stream_goes_on_in_the_successor,
		request_behind_a_stream_goes_along,
		stream_of_a_client_that_has_shut_its_side_goes_on_too,
		client_that_does_not_read_goes_along_with_what_is_half_written,
		client_that_does_not_read_is_given_up_in_its_time,
	};

	return SUITE_RUN("httpd_events", cases);
}
