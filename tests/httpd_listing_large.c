/* SPDX-License-Identifier: MIT */
/*
 * The list of a directory of 100,000 entries: child/app/listing.c. It is made as the
 * client takes it, with memory for one entry, and while others are answered.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/fetch.h"
#include "support/httpd.h"
#include "support/process.h"
#include "support/root.h"
#include "support/suite.h"

#define GET_LIST    "GET /files/many/?format=json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define GET_OLD     "GET /files/many/?format=json HTTP/1.0\r\n\r\n"
#define TASK        "requests: /files/"
#define CONNECTIONS "baton_httpd_connections"

enum {
	ENTRIES = 100 * 1000,
	LINKS_MAX = 30 * 1000, /* of one file; ext4 allows 65,000 */
	GROWTH_MAX_KB = 1024,
	CHUNK_MAX = 64 * 1024,
};

static struct httpd httpd;
static struct client client, others[3];

/* Hard links are the quickest to make, and to remove. */
static void make_entries(void)
{
	char name[32], first[32] = "";
	int fd = openat(root_fd, "many", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < ENTRIES; i++) {
		(void)snprintf(name, sizeof(name), "entry-number-%06d", i);
		if (i % LINKS_MAX == 0) {
			strcpy(first, name);
			int file = openat(fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

			ck_assert_int_ge(file, 0);
			fd_close(file);
		} else {
			ck_assert_int_eq(linkat(fd, first, fd, name, 0), 0);
		}
	}
	fd_close(fd);
}

static void setup(void)
{
	root_make();
	root_mkdir("many");
	make_entries();
}

static void start(void)
{
	char *options[] = { "--root", root_path, NULL };

	httpd_start_debug(&httpd, options);
}

/* A client that has little room, so that the server has to wait for it. */
static void begin_list(struct client *slow, const char *request)
{
	int size = 64 * 1024;

	client_connect(slow, &httpd);
	ck_assert_int_eq(setsockopt(slow->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
	client_send(slow, request);
}

/* Anonymous memory of the server. */
static long memory_kb(void)
{
	char path[64], line[256];
	long kb = -1;

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)httpd.pid);
	FILE *file = fopen(path, "re");

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		(void)sscanf(line, "RssAnon: %ld kB", &kb);
	(void)fclose(file);
	ck_assert_int_gt(kb, 0);
	return kb;
}

/* A piece of what comes, up to size bytes; 0 at the end. */
static size_t receive(struct client *from, size_t size)
{
	process_wait_fd(from->fd, POLLIN);
	ssize_t count = recv(from->fd, from->data, size, MSG_DONTWAIT);

	ck_assert_msg(count >= 0, "%s", strerror(errno));
	return (size_t)count;
}

/* Reads all of a list that is not in chunks and returns how many lines it has. */
static size_t count_lines(struct client *from)
{
	size_t count = 0, size;

	while ((size = receive(from, sizeof(from->data))))
		for (size_t i = 0; i < size; i++)
			count += from->data[i] == '\n';
	return count;
}

START_TEST(list_has_every_entry_once)
{
	static const char start_of_line[] = "{\"path\":\"entry-number-";
	static bool is_seen[ENTRIES];
	struct fetched fetched;
	size_t count = 0, number;

	start();
	fetch(httpd.port, GET_LIST, &fetched);
	ck_assert(fetched.is_chunked);
	for (const char *line = fetched.body; *line; line = strchr(line, '\n') + 1) {
		ck_assert_int_eq(strncmp(line, start_of_line, sizeof(start_of_line) - 1), 0);
		number = strtoul(line + sizeof(start_of_line) - 1, NULL, 10);
		ck_assert_uint_lt(number, ENTRIES);
		ck_assert(!is_seen[number]);
		is_seen[number] = true;
		count++;
	}
	ck_assert_uint_eq(count, ENTRIES);
	fetch_free(&fetched);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(memory_does_not_grow_with_the_list)
{
	start();
	ck_assert_int_eq(fetch_status(httpd.port, "/files/?format=json"), 200);
	long before_kb = memory_kb();
	size_t size = 0, count;

	begin_list(&client, GET_LIST);
	while ((count = receive(&client, CHUNK_MAX))) {
		ck_assert_int_lt(memory_kb() - before_kb, GROWTH_MAX_KB);
		size += count;
	}
	ck_assert_uint_gt(size, ENTRIES * 80);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(others_are_answered_while_a_list_is_made)
{
	size_t answers = 0, count;

	start();
	for (size_t i = 0; i < array_length(others); i++)
		begin_list(&others[i], GET_LIST);
	client_connect(&client, &httpd);
	do {
		client_get(&client, "/");
		ck_assert_int_eq(client_status(&client), 200);
		answers++;
		count = receive(&others[0], CHUNK_MAX);
	} while (count);
	ck_assert_uint_gt(answers, 50);
	/* The others have read nothing so far, and theirs goes on. */
	fetch_await_count(httpd.debug_port, "/debug/tasks", TASK, array_length(others) - 1);
	for (size_t i = 0; i < array_length(others); i++)
		client_close(&others[i]);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(client_that_leaves_ends_its_list)
{
	start();
	client_connect(&client, &httpd);
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	int before = httpd_fd_count(&httpd);

	for (size_t i = 0; i < array_length(others); i++)
		begin_list(&others[i], GET_LIST);
	fetch_await_count(httpd.debug_port, "/debug/tasks", TASK, array_length(others));
	fetch_await_count(httpd.debug_port, "/debug/fds", "/served/many", array_length(others));
	for (size_t i = 0; i < array_length(others); i++) {
		ck_assert_uint_gt(receive(&others[i], 1000), 0);
		client_close(&others[i]);
	}
	fetch_await_count(httpd.debug_port, "/debug/fds", "/served/many", 0);
	ck_assert_uint_eq(fetch_count(httpd.debug_port, "/debug/tasks", TASK), 0);
	fetch_await_metric(httpd.debug_port, CONNECTIONS, 1);
	ck_assert_int_le(httpd_fd_count(&httpd), before + 1);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

/* No chunks: the end of the connection is that of the list. */
START_TEST(old_client_gets_all_of_it)
{
	static struct answer answer;

	start();
	begin_list(&client, GET_OLD);
	client_receive_head(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(answer.closes);
	ck_assert_ptr_null(strstr(answer.head, "chunked"));
	size_t count = 0;

	for (size_t i = 0; i < client.size; i++)
		count += client.data[i] == '\n';
	ck_assert_uint_eq(count + count_lines(&client), ENTRIES);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

/* While it drains a list goes on to its end. */
START_TEST(draining_server_finishes_the_list)
{
	start();
	begin_list(&client, GET_OLD);
	fetch_await_count(httpd.debug_port, "/debug/tasks", TASK, 1);
	httpd_signal(&httpd, SIGTERM);
	ck_assert_uint_ge(count_lines(&client), ENTRIES);
	client_close(&client);
	httpd_wait(&httpd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		list_has_every_entry_once,
		memory_does_not_grow_with_the_list,
		others_are_answered_while_a_list_is_made,
		client_that_leaves_ends_its_list,
		old_client_gets_all_of_it,
		draining_server_finishes_the_list,
	};

	return suite_run(&(struct suite){
		.name = "httpd_listing_large",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = root_remove,
	});
}
