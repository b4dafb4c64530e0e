/* SPDX-License-Identifier: MIT */
/* See acceptor_test.h. */
#include "support/acceptor_test.h"

#include <check.h>
#include <stdio.h>

#include "base/container.h"
#include "base/fd.h"
#include "support/directory.h"
#include "support/listening.h"
#include "support/loop.h"

struct baton_acceptor *test_acceptor;
int test_accepted_count;
struct baton_accepted test_accepted[ACCEPTOR_TEST_MAX];
int (*test_answer)(void);
int test_lines, test_levels[4];
char test_log[4][256];
int test_ends, test_end_error;
const struct baton_listener *test_end_listener;

static int clients[ACCEPTOR_TEST_MAX];
static size_t client_count;

void acceptor_test_setup(void)
{
	directory_make();
	loop_make();
}

void acceptor_test_teardown(void)
{
	acceptor_test_destroy();
	for (int i = 0; i < test_accepted_count; i++)
		fd_close(test_accepted[i].fd);
	for (size_t i = 0; i < client_count; i++)
		fd_close(clients[i]);
	loop_remove();
	directory_remove();
}

static int on_accept(
	struct baton_acceptor *acceptor, const struct baton_accepted *accepted, void *data)
{
	ck_assert_ptr_eq(acceptor, test_acceptor);
	ck_assert_ptr_eq(data, &test_acceptor);
	ck_assert_int_lt(test_accepted_count, ACCEPTOR_TEST_MAX);
	test_accepted[test_accepted_count++] = *accepted;
	return test_answer ? test_answer() : 0;
}

static void on_end(struct baton_acceptor *acceptor, const struct baton_listener *listener,
	int error, void *data)
{
	ck_assert_ptr_eq(acceptor, test_acceptor);
	ck_assert_ptr_eq(data, &test_acceptor);
	test_end_listener = listener;
	test_end_error = error;
	test_ends++;
}

static void on_log(int level, const char *text, void *data)
{
	ck_assert_ptr_eq(data, &test_acceptor);
	ck_assert_uint_lt(test_lines, array_length(test_log));
	test_levels[test_lines] = level;
	(void)snprintf(test_log[test_lines++], sizeof(test_log[0]), "%s", text);
}

void acceptor_test_create(unsigned batch)
{
	const struct baton_acceptor_options options = {
		.size = sizeof(options),
		.batch = batch,
		.data = &test_acceptor,
		.on_accept = on_accept,
		.on_end = on_end,
		.on_log = on_log,
	};

	ck_assert_int_eq(baton_acceptor_create(case_loop, &options, &test_acceptor, NULL), 0);
}

void acceptor_test_destroy(void)
{
	baton_acceptor_destroy(test_acceptor);
	test_acceptor = NULL;
}

struct baton_listener *acceptor_test_add(const char *address)
{
	struct baton_listener *listener = listening_open(address);

	ck_assert_int_eq(baton_acceptor_add(test_acceptor, listener), 0);
	return listener;
}

struct baton_listener *acceptor_test_add_unix(const char *name)
{
	char address[64];

	(void)snprintf(address, sizeof(address), "unix:%s/%s", directory, name);
	return acceptor_test_add(address);
}

int acceptor_test_connect(const struct baton_listener *listener, int count)
{
	struct sockaddr_storage own;
	socklen_t size = sizeof(own);
	int fd = -1;

	ck_assert_int_eq(
		getsockname(baton_listener_fd(listener, 0), (struct sockaddr *)&own, &size), 0);
	while (count--) {
		fd = socket(own.ss_family, baton_listener_type(listener) | SOCK_CLOEXEC, 0);
		ck_assert_int_ne(fd, -1);
		ck_assert_uint_lt(client_count, array_length(clients));
		clients[client_count++] = fd;
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&own, size), 0);
	}
	return fd;
}

void acceptor_test_await(int count)
{
	loop_await(&test_accepted_count, count);
	ck_assert_int_eq(test_accepted_count, count);
}

int acceptor_test_count(const struct baton_listener *listener)
{
	int count = 0;

	for (int i = 0; i < test_accepted_count; i++)
		count += test_accepted[i].listener == listener;
	return count;
}

struct baton_acceptor_counts acceptor_test_counts(void)
{
	struct baton_acceptor_counts counts;

	baton_acceptor_get_counts(test_acceptor, &counts);
	return counts;
}
