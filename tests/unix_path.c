/* SPDX-License-Identifier: MIT */
/* Who may bind and remove a unix path: socket/unix_path.c. */
#include "socket/unix_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/listening.h"
#include "support/suite.h"
#include "support/unix_test.h"

static const struct {
	const char *scheme;
	int type;
} kinds[] = {
	{ "unix", SOCK_STREAM },
	{ "unix-dgram", SOCK_DGRAM },
	{ "unix-seqpacket", SOCK_SEQPACKET },
};

START_TEST(a_path_can_be_connected_to_and_goes_away_at_the_end)
{
	for (size_t i = 0; i < array_length(kinds); i++) {
		struct baton_listener *listener =
			listening_open(unix_test_address(kinds[i].scheme, ""));

		ck_assert_int_eq(baton_listener_type(listener), kinds[i].type);
		ck_assert_str_eq(baton_listener_bound(listener, 0), unix_test_path);
		ck_assert_int_eq(baton_listener_port(listener), -1);
		ck_assert_int_eq(unix_test_connect(kinds[i].type), 0);
		baton_listener_close(listener);
		ck_assert(!unix_test_exists(unix_test_path));
	}
}
END_TEST

START_TEST(the_longest_path_works)
{
	char text[160];
	size_t used = strlen(unix_test_directory);

	memcpy(text, "unix:", 5);
	memcpy(text + 5, unix_test_directory, used);
	memset(text + 5 + used, 'x', 107 - used);
	text[5 + used] = '/';
	text[5 + 107] = '\0';
	struct baton_listener *listener = listening_open(text);

	ck_assert_str_eq(baton_listener_bound(listener, 0), text + 5);
	ck_assert(unix_test_exists(text + 5));
	baton_listener_close(listener);
	ck_assert(!unix_test_exists(text + 5));
}
END_TEST

START_TEST(a_missing_directory_is_named)
{
	char expected[128];

	strcat(unix_test_path, "/x");
	snprintf(expected, sizeof(expected), "directory \"%s/s\" does not exist",
		unix_test_directory);
	listening_refused(unix_test_address("unix", ""), -ENOENT, expected);
	listening_refused("unix:/dev/null/x", -ENOTDIR, "cannot open directory \"/dev/null\"");
}
END_TEST

START_TEST(a_path_left_behind_is_replaced)
{
	for (size_t i = 0; i < array_length(kinds); i++) {
		close(unix_test_bind(kinds[i].type));
		ck_assert_int_eq(unix_test_connect(kinds[i].type), -ECONNREFUSED);
		struct baton_listener *listener =
			listening_open(unix_test_address(kinds[i].scheme, ""));

		ck_assert_int_eq(unix_test_connect(kinds[i].type), 0);
		baton_listener_close(listener);
	}
}
END_TEST

START_TEST(a_path_on_which_somebody_listens_is_refused)
{
	for (size_t i = 0; i < array_length(kinds); i++) {
		struct baton_listener *listener =
			listening_open(unix_test_address(kinds[i].scheme, ""));

		for (size_t j = 0; j < array_length(kinds); j++)
			listening_refused(unix_test_address(kinds[j].scheme, ""), -EADDRINUSE,
				"another socket listens there, of this process or any other");
		ck_assert_int_eq(unix_test_connect(kinds[i].type), 0);
		baton_listener_close(listener);
	}
}
END_TEST

START_TEST(a_listener_with_a_full_backlog_still_listens)
{
	struct sockaddr_un un = unix_test_sockaddr(unix_test_path);
	struct baton_listener *listener = listening_open(unix_test_address("unix", "?backlog=1"));
	int fds[4];

	for (size_t i = 0; i < array_length(fds); i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(fds[i], (struct sockaddr *)&un, sizeof(un));
	}
	ck_assert_int_eq(unix_test_connect(SOCK_STREAM), -EAGAIN);
	listening_refused(unix_test_address("unix", ""), -EADDRINUSE,
		"another socket listens there, of this process or any other");
	for (size_t i = 0; i < array_length(fds); i++)
		close(fds[i]);
	baton_listener_close(listener);
}
END_TEST

START_TEST(what_is_not_a_socket_is_left_alone)
{
	close(open(unix_test_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	listening_refused(unix_test_address("unix", ""), -EADDRINUSE, "is not a socket");
	ck_assert(unix_test_exists(unix_test_path));
	ck_assert_int_eq(unlink(unix_test_path), 0);
	ck_assert_int_eq(symlink("nowhere", unix_test_path), 0);
	listening_refused(unix_test_address("unix", ""), -EADDRINUSE, "is not a socket");
	ck_assert(unix_test_exists(unix_test_path));
	ck_assert_int_eq(unlink(unix_test_path), 0);
}
END_TEST

START_TEST(a_path_that_is_not_ours_any_more_is_left_alone)
{
	struct baton_listener *listener = listening_open(unix_test_address("unix", ""));

	ck_assert_int_eq(unlink(unix_test_path), 0);
	int fd = unix_test_bind(SOCK_STREAM);

	baton_listener_close(listener);
	ck_assert(unix_test_exists(unix_test_path));
	close(fd);
	ck_assert_int_eq(unlink(unix_test_path), 0);
}
END_TEST

START_TEST(a_path_that_is_kept_is_left_alone)
{
	struct baton_listener *listener = listening_open(unix_test_address("unix", ""));

	baton_listener_keep_path(listener);
	baton_listener_close(listener);
	ck_assert(unix_test_exists(unix_test_path));
	ck_assert_int_eq(unlink(unix_test_path), 0);
}
END_TEST

START_TEST(a_listener_that_was_passed_leaves_its_path_alone)
{
	struct baton_listener *listener = listening_open(unix_test_address("unix", "")), *worker;
	int fd = fd_dup(baton_listener_fd(listener, 0));

	ck_assert_int_eq(baton_listener_take("t", &fd, 1, &worker, NULL), 0);
	baton_listener_close(worker);
	ck_assert_int_eq(unix_test_connect(SOCK_STREAM), 0);
	baton_listener_close(listener);
	ck_assert(!unix_test_exists(unix_test_path));
}
END_TEST

START_TEST(a_listener_that_was_given_its_path_removes_it)
{
	struct baton_listener *listener = listening_open(unix_test_address("unix", "")), *successor;
	int fd = fd_dup(baton_listener_fd(listener, 0));

	ck_assert_int_eq(baton_listener_take("t", &fd, 1, &successor, NULL), 0);
	ck_assert_int_eq(baton_listener_own_path(successor), 0);
	baton_listener_keep_path(listener);
	baton_listener_close(listener);
	ck_assert(unix_test_exists(unix_test_path));
	baton_listener_close(successor);
	ck_assert(!unix_test_exists(unix_test_path));
}
END_TEST

START_TEST(a_lock_that_somebody_holds_delays_but_does_not_prevent)
{
	int fd = open(unix_test_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	baton_listener_close(listening_open(unix_test_address("unix", "")));
	ck_assert(!unix_test_exists(unix_test_path));
	close(fd);
}
END_TEST

/* A child waits for the start, opens, tells whether it got the unix_test_path, and holds it to
 * the end. */
static void race(int start, int outcome, int end)
{
	struct baton_listener *listener = NULL;
	struct baton_error error;
	char byte;

	(void)!read(start, &byte, 1);
	int r = listening_try(unix_test_address("unix", ""), &listener, &error);

	byte = r == 0 ? 'y' : r == -EADDRINUSE ? 'n' : 'x';
	(void)!write(outcome, &byte, 1);
	(void)!read(end, &byte, 1);
	baton_listener_close(listener);
	_exit(0);
}

START_TEST(of_many_who_want_a_path_left_behind_one_gets_it)
{
	enum { RACERS = 8 };
	int start[2], outcome[2], end[2], winners = 0;
	char byte;

	close(unix_test_bind(SOCK_STREAM));
	ck_assert_int_eq(pipe2(start, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(outcome, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(end, O_CLOEXEC), 0);
	for (int i = 0; i < RACERS; i++) {
		pid_t child = fork();

		ck_assert_int_ne(child, -1);
		if (child == 0) {
			close(start[1]);
			close(end[1]);
			race(start[0], outcome[1], end[0]);
		}
	}
	close(start[1]);
	for (int i = 0; i < RACERS; i++) {
		ck_assert_int_eq(read(outcome[0], &byte, 1), 1);
		ck_assert(byte == 'y' || byte == 'n');
		winners += byte == 'y';
	}
	ck_assert_int_eq(winners, 1);
	ck_assert_int_eq(unix_test_connect(SOCK_STREAM), 0);
	close(end[1]);
	for (int i = 0; i < RACERS; i++)
		ck_assert_int_gt(wait(NULL), 0);
	ck_assert(!unix_test_exists(unix_test_path));
	close(start[0]);
	close(outcome[0]);
	close(outcome[1]);
	close(end[0]);
}
END_TEST

START_TEST(an_abstract_name_in_use_is_refused)
{
	char text[64];

	snprintf(text, sizeof(text), "unix-seqpacket:@baton-test-%d", (int)getpid());
	struct baton_listener *listener = listening_open(text);

	ck_assert_str_eq(baton_listener_bound(listener, 0), strchr(text, '@'));
	listening_refused(
		text, -EADDRINUSE, "another socket listens there, of this process or any other");
	baton_listener_close(listener);
	baton_listener_close(listening_open(text));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		a_path_can_be_connected_to_and_goes_away_at_the_end,
		the_longest_path_works,
		a_missing_directory_is_named,
		a_path_left_behind_is_replaced,
		a_path_on_which_somebody_listens_is_refused,
		a_listener_with_a_full_backlog_still_listens,
		what_is_not_a_socket_is_left_alone,
		a_path_that_is_not_ours_any_more_is_left_alone,
		a_path_that_is_kept_is_left_alone,
		a_listener_that_was_passed_leaves_its_path_alone,
		a_listener_that_was_given_its_path_removes_it,
		a_lock_that_somebody_holds_delays_but_does_not_prevent,
		of_many_who_want_a_path_left_behind_one_gets_it,
		an_abstract_name_in_use_is_refused,
	};

	return suite_run(&(struct suite){ .name = "unix_path",
		.cases = cases,
		.count = array_length(cases),
		.setup = unix_test_setup,
		.teardown = unix_test_teardown });
}
