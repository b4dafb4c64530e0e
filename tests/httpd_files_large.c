/* SPDX-License-Identifier: MIT */
/* Files that do not fit into a socket: child/app/files.c, child/connection_send.c. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/fetch.h"
#include "support/httpd.h"
#include "support/process.h"
#include "support/root.h"
#include "support/suite.h"

#define LARGE "/files/large"

enum {
	LARGE_SIZE = 24 * 1024 * 1024, /* more than sockets of the loopback ever hold */
	SMALL_SIZE = 1000,
};

static struct httpd httpd;
static struct client client, other;
static struct answer answer;

/* For writing, also beyond the end. */
static int open_large(void)
{
	int fd = openat(root_fd, "large", O_WRONLY | O_APPEND | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void setup(void)
{
	root_make();
	root_write_bytes("large", LARGE_SIZE);
	root_write_bytes("small", SMALL_SIZE);
}

static void start(void)
{
	char *options[] = { "--root", root_path, NULL };

	httpd_start_debug(&httpd, options);
	client_connect(&client, &httpd);
}

/* Takes that many bytes of the body, which must be those of a file from that offset on. */
static void receive_bytes(uint64_t offset, uint64_t size)
{
	while (size) {
		if (client.size == 0) {
			process_wait_fd(client.fd, POLLIN);
			ssize_t count =
				recv(client.fd, client.data, sizeof(client.data), MSG_DONTWAIT);
			ck_assert_msg(count > 0, "%llu bytes short", (unsigned long long)size);
			client.size = (size_t)count;
		}
		size_t piece = client.size < size ? client.size : (size_t)size;

		for (size_t i = 0; i < piece; i++)
			if ((unsigned char)client.data[i] != root_byte(offset + i))
				ck_abort_msg(
					"wrong byte at %llu", (unsigned long long)(offset + i));
		client.size -= piece;
		memmove(client.data, client.data + piece, client.size);
		offset += piece;
		size -= piece;
	}
}

static void receive_head(int status, uint64_t length)
{
	client_receive_head(&client, &answer);
	ck_assert_int_eq(answer.status, status);
	ck_assert_uint_eq(answer.length, length);
}

static void get_range(const char *range)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
		"GET " LARGE " HTTP/1.1\r\nHost: a\r\nRange: bytes=%s\r\n\r\n", range);
	client_send(&client, text);
}

static void stop(void)
{
	client_close(&client);
	httpd_stop(&httpd);
}

START_TEST(large_file_comes_byte_for_byte)
{
	start();
	for (int i = 0; i < 2; i++) {
		client_get(&client, LARGE);
		receive_head(200, LARGE_SIZE);
		receive_bytes(0, LARGE_SIZE);
	}
	stop();
}
END_TEST

START_TEST(range_of_a_large_file_comes_byte_for_byte)
{
	start();
	get_range("1000000-20000000");
	receive_head(206, 19000001);
	receive_bytes(1000000, 19000001);
	get_range("-100000");
	receive_head(206, 100000);
	receive_bytes(LARGE_SIZE - 100000, 100000);
	get_range("25165823-");
	receive_head(206, 1);
	receive_bytes(LARGE_SIZE - 1, 1);
	stop();
}
END_TEST

/* What is sent by different calls must come in the order of the requests. */
START_TEST(pipelined_requests_have_their_answers_behind_it)
{
	start();
	client_get(&client, "/files/small");
	client_get(&client, LARGE);
	client_get(&client, "/files/small");
	get_range("7-8000000");
	client_get(&client, "/files/nowhere");
	client_get(&client, LARGE);
	client_get(&client, "/");
	receive_head(200, SMALL_SIZE);
	receive_bytes(0, SMALL_SIZE);
	receive_head(200, LARGE_SIZE);
	receive_bytes(0, LARGE_SIZE);
	receive_head(200, SMALL_SIZE);
	receive_bytes(0, SMALL_SIZE);
	receive_head(206, 7999994);
	receive_bytes(7, 7999994);
	ck_assert_int_eq(client_status(&client), 404);
	receive_head(200, LARGE_SIZE);
	receive_bytes(0, LARGE_SIZE);
	client_receive(&client, &answer);
	ck_assert_int_eq(strncmp(answer.body, "hello ", 6), 0);
	stop();
}
END_TEST

/* No more room than that, so that the server has to stop again and again. */
static void read_slowly(void)
{
	int size = 512 * 1024;

	ck_assert_int_eq(setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
}

/* Waits until the server has sent what finds room: nothing more comes while nobody reads. */
static void await_standstill(void)
{
	int unread, before = -1;

	for (;;) {
		/* A round trip of another request: the server had its turns. */
		ck_assert_int_eq(fetch_status(httpd.port, "/slow?ms=20"), 200);
		ck_assert_int_eq(ioctl(client.fd, FIONREAD, &unread), 0);
		if (unread && unread == before)
			return;
		before = unread;
	}
}

START_TEST(slow_reader_gets_all_of_it_and_holds_up_nobody)
{
	start();
	read_slowly();
	client_get(&client, LARGE);
	receive_head(200, LARGE_SIZE);
	for (uint64_t at = 0; at < 100000; at += 10000) {
		ck_assert_int_eq(fetch_status(httpd.port, "/"), 200);
		receive_bytes(at, 10000);
	}
	receive_bytes(100000, LARGE_SIZE - 100000);
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	stop();
}
END_TEST

START_TEST(reader_that_pauses_costs_no_processor_time)
{
	start();
	read_slowly();
	client_get(&client, LARGE);
	receive_head(200, LARGE_SIZE);
	await_standstill();
	long before = httpd_cpu_ms(&httpd);

	ck_assert_int_eq(fetch_status(httpd.port, "/slow?ms=500"), 200);
	ck_assert_int_lt(httpd_cpu_ms(&httpd) - before, 200);
	receive_bytes(0, LARGE_SIZE);
	stop();
}
END_TEST

/* The length is told already: only the end of the connection says that it is wrong. */
START_TEST(file_that_is_cut_short_cuts_the_connection)
{
	size_t size = 0;
	ssize_t count;

	start();
	read_slowly();
	client_get(&client, LARGE);
	client_get(&client, "/");
	receive_head(200, LARGE_SIZE);
	int fd = open_large();

	ck_assert_int_eq(ftruncate(fd, 1000), 0);
	fd_close(fd);
	do {
		process_wait_fd(client.fd, POLLIN);
		count = recv(client.fd, client.data, sizeof(client.data), MSG_DONTWAIT);
		size += count > 0 ? (size_t)count : 0;
	} while (count > 0);
	ck_assert(count == 0 || errno == ECONNRESET);
	ck_assert_uint_lt(size, LARGE_SIZE);
	ck_assert_int_eq(fetch_status(httpd.port, "/files/small"), 200);
	stop();
}
END_TEST

START_TEST(file_that_grows_is_sent_as_it_was_told)
{
	start();
	read_slowly();
	client_get(&client, LARGE);
	client_get(&client, "/");
	receive_head(200, LARGE_SIZE);
	int fd = open_large();

	ck_assert_int_eq(write(fd, "more of it", 10), 10);
	fd_close(fd);
	receive_bytes(0, LARGE_SIZE);
	client_receive(&client, &answer);
	ck_assert_int_eq(strncmp(answer.body, "hello ", 6), 0);
	stop();
}
END_TEST

START_TEST(file_that_is_replaced_is_sent_as_it_was)
{
	start();
	read_slowly();
	client_get(&client, LARGE);
	receive_head(200, LARGE_SIZE);
	root_write("new", "new");
	ck_assert_int_eq(renameat(root_fd, "new", root_fd, "large"), 0);
	receive_bytes(0, LARGE_SIZE);
	client_get(&client, LARGE);
	client_receive(&client, &answer);
	ck_assert_str_eq(answer.body, "new");
	stop();
}
END_TEST

START_TEST(client_that_leaves_lets_the_file_go)
{
	start();
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	int before = httpd_fd_count(&httpd);

	client_connect(&other, &httpd);
	client_get(&other, LARGE);
	client_receive_head(&other, &answer);
	fetch_await_count(httpd.debug_port, "/debug/fds", "/served/large", 1);
	ck_assert_uint_eq(fetch_count(httpd.debug_port, "/debug/tasks", "requests: /files/"), 1);
	client_close(&other);
	fetch_await_count(httpd.debug_port, "/debug/fds", "/served/large", 0);
	ck_assert_uint_eq(fetch_count(httpd.debug_port, "/debug/tasks", "requests: /files/"), 0);
	ck_assert_int_le(httpd_fd_count(&httpd), before + 1);
	stop();
}
END_TEST

START_TEST(draining_server_finishes_the_file)
{
	start();
	read_slowly();
	client_get(&client, LARGE);
	receive_head(200, LARGE_SIZE);
	httpd_signal(&httpd, SIGTERM);
	receive_bytes(0, LARGE_SIZE);
	client_get(&client, "/");
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
		large_file_comes_byte_for_byte,
		range_of_a_large_file_comes_byte_for_byte,
		pipelined_requests_have_their_answers_behind_it,
		slow_reader_gets_all_of_it_and_holds_up_nobody,
		reader_that_pauses_costs_no_processor_time,
		file_that_is_cut_short_cuts_the_connection,
		file_that_grows_is_sent_as_it_was_told,
		file_that_is_replaced_is_sent_as_it_was,
		client_that_leaves_lets_the_file_go,
		draining_server_finishes_the_file,
	};

	return suite_run(&(struct suite){
		.name = "httpd_files_large",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = root_remove,
	});
}
