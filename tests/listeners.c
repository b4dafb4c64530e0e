/* SPDX-License-Identifier: MIT */
/* The named set of listeners, opened or passed by a manager: listeners.c. */
#include "listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "log.h"
#include "settings.h"
#include "socket/inherit_protocol.h"
#include "support/listening.h"
#include "support/suite.h"

enum { SOCKETS_MAX = 64 };

static struct settings settings;
static struct listeners listeners;
static struct baton_error error;

static void setup(void)
{
	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	settings_init(&settings);
	listeners = (struct listeners)LISTENERS_INIT;
	error.text[0] = '\0';
}

static void teardown(void)
{
	listeners_close(&listeners);
	settings_finish(&settings);
}

static void want(const char *text)
{
	ck_assert_msg(settings_add_listener(&settings, text, &error) == 0, "%s", error.text);
}

static void open_all(void)
{
	ck_assert_msg(
		listeners_open(&listeners, &settings, &error) == 0, "refused: %s", error.text);
	ck_assert_str_eq(error.text, ""); /* written on failure only */
}

START_TEST(listeners_are_opened_in_order_and_found)
{
	want("web=127.0.0.1:0");
	want("127.0.0.1:0?reuseport=3");
	open_all();
	ck_assert_uint_eq(listeners.count, 2);
	ck_assert_ptr_eq(listeners_find(&listeners, "web"), listeners.items[0].listener);
	ck_assert_ptr_nonnull(listeners_find(&listeners, "default"));
	ck_assert_ptr_null(listeners_find(&listeners, "admin"));
	ck_assert_uint_eq(listeners_socket_count(&listeners), 4);
	ck_assert_uint_eq(baton_listener_shares(listeners.items[1].listener), 3);
}
END_TEST

START_TEST(no_listener_is_fine)
{
	struct inherit_socket socket;
	int fd;

	open_all();
	ck_assert_uint_eq(listeners_socket_count(&listeners), 0);
	ck_assert_uint_eq(listeners_of_worker(&listeners, 0, 1, &socket, &fd), 0);
}
END_TEST

static void check_all_nonblocking(int expected)
{
	want("a=127.0.0.1:0?reuseport=2");
	open_all();
	for (size_t i = 0; i < 2; i++) {
		int flags = fcntl(baton_listener_fd(listeners.items[0].listener, i), F_GETFL);

		ck_assert_int_ge(flags, 0);
		ck_assert_int_eq(flags & O_NONBLOCK, expected);
	}
}

START_TEST(sockets_are_passed_on_blocking)
{
	check_all_nonblocking(0);
}
END_TEST

START_TEST(sockets_are_passed_to_nginx_as_it_passes_them_itself)
{
	settings.protocols |= INHERIT_NGINX;
	check_all_nonblocking(O_NONBLOCK);
}
END_TEST

START_TEST(failure_leaves_nothing_open)
{
	struct baton_listener *other = listening_open("127.0.0.1:0");
	char text[64];

	snprintf(text, sizeof(text), "taken=127.0.0.1:%d", baton_listener_port(other));
	want("127.0.0.1:0");
	want(text);
	ck_assert_int_eq(listeners_open(&listeners, &settings, &error), -EADDRINUSE);
	ck_assert_uint_eq(listeners.count, 0);
	baton_listener_close(other);
}
END_TEST

START_TEST(sockets_are_numbered_from_three)
{
	struct inherit_socket sockets[SOCKETS_MAX];
	int fds[SOCKETS_MAX];

	want("a=127.0.0.1:0");
	want("b=127.0.0.1:0");
	open_all();
	ck_assert_uint_eq(listeners_of_worker(&listeners, 1, 2, sockets, fds), 2);
	ck_assert_int_eq(sockets[0].fd, 3);
	ck_assert_int_eq(sockets[1].fd, 4);
	ck_assert_str_eq(sockets[0].name, "a");
	ck_assert_str_eq(sockets[1].name, "b");
	ck_assert_str_eq(sockets[1].bound, baton_listener_bound(listeners.items[1].listener, 0));
	ck_assert_int_eq(fds[0], baton_listener_fd(listeners.items[0].listener, 0));
	ck_assert_int_eq(fds[1], baton_listener_fd(listeners.items[1].listener, 0));
}
END_TEST

/* Which of the sockets of the first listener each worker is given, as digits: "03 1 2". */
static const char *dealt(unsigned workers)
{
	static char text[256];
	struct inherit_socket sockets[SOCKETS_MAX];
	int fds[SOCKETS_MAX];
	const struct baton_listener *listener = listeners.items[0].listener;
	char *end = text;

	for (unsigned worker = 0; worker < workers; worker++) {
		size_t count = listeners_of_worker(&listeners, worker, workers, sockets, fds);

		if (worker > 0)
			*end++ = ' ';
		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < baton_listener_count(listener); j++)
				if (fds[i] == baton_listener_fd(listener, j))
					*end++ = (char)('0' + j);
	}
	*end = '\0';
	return text;
}

START_TEST(every_share_has_a_worker_and_every_worker_a_share)
{
	want("127.0.0.1:0?reuseport=4");
	open_all();
	ck_assert_str_eq(dealt(4), "0 1 2 3");
	ck_assert_str_eq(dealt(1), "0123");
	ck_assert_str_eq(dealt(2), "02 13");
	ck_assert_str_eq(dealt(3), "03 1 2");
	ck_assert_str_eq(dealt(6), "0 1 2 3 0 1");
}
END_TEST

START_TEST(shared_address_is_not_dealt_out)
{
	want("127.0.0.1:0");
	open_all();
	ck_assert_str_eq(dealt(3), "0 0 0");
}
END_TEST

/* Announces a duplicate of the socket as Server::Starter does; returns its number. */
static int pass(const struct baton_listener *passed)
{
	char text[256];
	int fd = fd_dup(baton_listener_fd(passed, 0));

	snprintf(text, sizeof(text), "%s=%d", baton_listener_bound(passed, 0), fd);
	ck_assert_int_eq(setenv("SERVER_STARTER_PORT", text, 1), 0);
	return fd;
}

START_TEST(passed_socket_is_used_for_its_address)
{
	struct baton_listener *passed = listening_open("127.0.0.1:0");
	int fd = pass(passed);
	char text[64];

	snprintf(text, sizeof(text), "web=127.0.0.1:%d", baton_listener_port(passed));
	want("127.0.0.1:0");
	want(text);
	open_all();
	ck_assert_ptr_null(getenv("SERVER_STARTER_PORT"));
	ck_assert_int_eq(baton_listener_fd(listeners_find(&listeners, "web"), 0), fd);
	baton_listener_close(passed);
}
END_TEST

START_TEST(passed_descriptor_is_used_by_its_number)
{
	struct baton_listener *passed = listening_open("127.0.0.1:0");
	bool is_nonblock;
	char text[64];

	snprintf(text, sizeof(text), "web=fd:%d", fd_dup(baton_listener_fd(passed, 0)));
	want(text);
	open_all();
	ck_assert_int_eq(baton_listener_port(listeners_find(&listeners, "web")),
		baton_listener_port(passed));
	/* As it was passed: others may use it. */
	ck_assert_int_eq(fd_get_nonblock(baton_listener_fd(passed, 0), &is_nonblock), 0);
	ck_assert(is_nonblock);
	baton_listener_close(passed);
}
END_TEST

START_TEST(unclaimed_socket_is_closed)
{
	struct baton_listener *passed = listening_open("127.0.0.1:0");
	int fd = pass(passed);

	open_all();
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	baton_listener_close(passed);
}
END_TEST

START_TEST(path_of_a_passed_socket_stays)
{
	char directory[] = "/tmp/test-listeners.XXXXXX", address[96];
	const char *path = address + strlen("unix:");

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(address, sizeof(address), "unix:%s/s", directory);
	struct baton_listener *passed = listening_open(address);

	(void)pass(passed);
	want(address);
	open_all();
	listeners_close(&listeners);
	ck_assert_int_eq(access(path, F_OK), 0);
	baton_listener_close(passed);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

/* In a process of its own, whose descriptor 3 is free to be used. Returns its exit status. */
static int claim_by_name(const struct baton_listener *passed)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)getpid());
	if (dup2(baton_listener_fd(passed, 0), 3) != 3 || setenv("LISTEN_PID", text, 1) != 0 ||
		setenv("LISTEN_FDS", "1", 1) != 0 || setenv("LISTEN_FDNAMES", "front", 1) != 0)
		return 1;
	if (listeners_open(&listeners, &settings, &error) != 0)
		return 2;
	return baton_listener_port(listeners_find(&listeners, "web")) == baton_listener_port(passed)
		? 0
		: 3;
}

START_TEST(passed_socket_is_used_for_its_name)
{
	struct baton_listener *passed = listening_open("127.0.0.1:0");
	int status;

	want("web=systemd:front");
	pid_t pid = fork();

	if (pid == 0) {
		int result = claim_by_name(passed);

		listeners_close(&listeners);
		baton_listener_close(passed);
		_exit(result);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	/* Here nobody passed it. */
	ck_assert_int_eq(listeners_open(&listeners, &settings, &error), -EINVAL);
	baton_listener_close(passed);
}
END_TEST

static void limit_fds(int more)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)(fd_count() + more);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(too_few_descriptors_are_told_before_the_first_worker)
{
	want("127.0.0.1:0");
	limit_fds(12);
	ck_assert_int_eq(listeners_open(&listeners, &settings, &error), -EMFILE);
	ck_assert_ptr_nonnull(strstr(error.text, "too few open files allowed"));
	ck_assert_ptr_nonnull(strstr(error.text, "ulimit -n or LimitNOFILE="));
	for (int i = 0; i < 40; i++)
		want("127.0.0.1:0");
	ck_assert_int_eq(listeners_open(&listeners, &settings, &error), -EMFILE);
	ck_assert_ptr_nonnull(strstr(error.text, "too few open files allowed"));
	ck_assert_ptr_nonnull(strstr(error.text, "LimitNOFILE="));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		listeners_are_opened_in_order_and_found,
		no_listener_is_fine,
		sockets_are_passed_on_blocking,
		sockets_are_passed_to_nginx_as_it_passes_them_itself,
		failure_leaves_nothing_open,
		sockets_are_numbered_from_three,
		every_share_has_a_worker_and_every_worker_a_share,
		shared_address_is_not_dealt_out,
		passed_socket_is_used_for_its_address,
		passed_descriptor_is_used_by_its_number,
		unclaimed_socket_is_closed,
		path_of_a_passed_socket_stays,
		passed_socket_is_used_for_its_name,
		too_few_descriptors_are_told_before_the_first_worker,
	};
	const struct suite suite = {
		.name = "listeners",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
