/* SPDX-License-Identifier: MIT */
/* Who may bind and remove a path, and with what owner and mode: socket/unix_path.c, owner.c. */
#include "socket/unix_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/listening.h"
#include "support/suite.h"

static const struct {
	const char *scheme;
	int type;
} kinds[] = {
	{ "unix", SOCK_STREAM },
	{ "unix-dgram", SOCK_DGRAM },
	{ "unix-seqpacket", SOCK_SEQPACKET },
};

static char directory[32];
static char path[64];

static void make_directory(void)
{
	strcpy(directory, "/tmp/baton-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/s", directory);
}

/* Fails if anything is left in it: a case removes what it makes. */
static void remove_directory(void)
{
	ck_assert_int_eq(rmdir(directory), 0);
}

/* "SCHEME:PATHOPTIONS"; valid until the next call. */
static const char *address_of(const char *scheme, const char *options)
{
	static char text[160];

	snprintf(text, sizeof(text), "%s:%s%s", scheme, path, options);
	return text;
}

static mode_t mode_of(const char *file)
{
	struct stat status;

	ck_assert_int_eq(lstat(file, &status), 0);
	return status.st_mode & 07777;
}

static bool exists(const char *file)
{
	return faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static struct sockaddr_un sockaddr_of(const char *file)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	strcpy(un.sun_path, file);
	return un;
}

/* A socket that a process which knows nothing of baton bound; it does not listen. */
static int bind_raw(int type)
{
	struct sockaddr_un un = sockaddr_of(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

/* 0, or -errno of a connect. */
static int try_connect(int type)
{
	struct sockaddr_un un = sockaddr_of(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0 ? 0 : -errno;

	close(fd);
	return r;
}

START_TEST(a_path_can_be_connected_to_and_goes_away_at_the_end)
{
	for (size_t i = 0; i < array_length(kinds); i++) {
		struct baton_listener *listener = listening_open(address_of(kinds[i].scheme, ""));

		ck_assert_int_eq(baton_listener_type(listener), kinds[i].type);
		ck_assert_str_eq(baton_listener_bound(listener, 0), path);
		ck_assert_int_eq(baton_listener_port(listener), -1);
		ck_assert_int_eq(try_connect(kinds[i].type), 0);
		baton_listener_close(listener);
		ck_assert(!exists(path));
	}
}
END_TEST

START_TEST(the_longest_path_works)
{
	char text[160];
	size_t used = strlen(directory);

	memcpy(text, "unix:", 5);
	memcpy(text + 5, directory, used);
	memset(text + 5 + used, 'x', 107 - used);
	text[5 + used] = '/';
	text[5 + 107] = '\0';
	struct baton_listener *listener = listening_open(text);

	ck_assert_str_eq(baton_listener_bound(listener, 0), text + 5);
	ck_assert(exists(text + 5));
	baton_listener_close(listener);
	ck_assert(!exists(text + 5));
}
END_TEST

START_TEST(the_mode_is_as_asked_whatever_the_umask)
{
	static const struct {
		mode_t umask;
		const char *options;
		mode_t mode;
	} rows[] = {
		{ 022, "", 0644 },
		{ 077, "", 0600 },
		{ 0, "", 0666 },
		{ 077, "?mode=0666", 0666 },
		{ 0, "?mode=0600", 0600 },
		{ 022, "?mode=0", 0 },
		{ 0, "?mode=777", 0777 },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		mode_t old = umask(rows[i].umask);
		struct baton_listener *listener =
			listening_open(address_of("unix", rows[i].options));

		umask(old);
		ck_assert_uint_eq(mode_of(path), rows[i].mode);
		baton_listener_close(listener);
	}
}
END_TEST

START_TEST(the_owner_is_as_asked)
{
	struct stat status;

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root may give a path away\n");
		return;
	}
	struct baton_listener *listener =
		listening_open(address_of("unix", "?user=nobody&group=12345&mode=0620"));

	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_uid, 65534);
	ck_assert_uint_eq(status.st_gid, 12345);
	ck_assert_uint_eq(status.st_mode & 0777, 0620);
	baton_listener_close(listener);
	ck_assert(!exists(path));
}
END_TEST

START_TEST(a_user_or_group_that_is_not_known_is_refused)
{
	listening_refused(address_of("unix", "?user=no-such-user"), -EINVAL,
		"option user: there is no user \"no-such-user\"");
	listening_refused(address_of("unix", "?group=no-such-group"), -EINVAL,
		"option group: there is no group \"no-such-group\"");
	listening_refused(address_of("unix", "?user=4294967295"), -EINVAL, "there is no user");
	ck_assert(!exists(path));
}
END_TEST

static void refuse_giving_away(const char *text)
{
	listening_refused(text, -EPERM, "cannot give the path to that user or group");
	ck_assert(!exists(path));
}

START_TEST(a_path_that_cannot_be_given_away_is_not_left_behind)
{
	ck_assert_int_eq(chmod(directory, 0777), 0);
	listening_as_nobody(refuse_giving_away, address_of("unix", "?user=root"));
}
END_TEST

static void refuse_writing(const char *text)
{
	listening_refused(text, -EACCES, "no permission to write in the directory");
}

START_TEST(a_directory_that_may_not_be_written_is_refused)
{
	ck_assert_int_eq(chmod(directory, 0755), 0);
	listening_as_nobody(refuse_writing, address_of("unix", ""));
	ck_assert_int_eq(chmod(directory, 0711), 0); /* and one that cannot be read or locked */
	listening_as_nobody(refuse_writing, address_of("unix", ""));
}
END_TEST

static void open_and_close(const char *text)
{
	baton_listener_close(listening_open(text));
	ck_assert(!exists(path));
}

START_TEST(a_directory_that_may_not_be_read_is_no_obstacle)
{
	ck_assert_int_eq(chmod(directory, 0733), 0);
	listening_as_nobody(open_and_close, address_of("unix", "?mode=0600"));
}
END_TEST

START_TEST(a_missing_directory_is_named)
{
	char expected[128];

	strcat(path, "/x");
	snprintf(expected, sizeof(expected), "directory \"%s/s\" does not exist", directory);
	listening_refused(address_of("unix", ""), -ENOENT, expected);
	listening_refused("unix:/dev/null/x", -ENOTDIR, "cannot open directory \"/dev/null\"");
}
END_TEST

START_TEST(a_path_left_behind_is_replaced)
{
	for (size_t i = 0; i < array_length(kinds); i++) {
		close(bind_raw(kinds[i].type));
		ck_assert_int_eq(try_connect(kinds[i].type), -ECONNREFUSED);
		struct baton_listener *listener = listening_open(address_of(kinds[i].scheme, ""));

		ck_assert_int_eq(try_connect(kinds[i].type), 0);
		baton_listener_close(listener);
	}
}
END_TEST

START_TEST(a_path_on_which_somebody_listens_is_refused)
{
	for (size_t i = 0; i < array_length(kinds); i++) {
		struct baton_listener *listener = listening_open(address_of(kinds[i].scheme, ""));

		for (size_t j = 0; j < array_length(kinds); j++)
			listening_refused(address_of(kinds[j].scheme, ""), -EADDRINUSE,
				"another process listens there");
		ck_assert_int_eq(try_connect(kinds[i].type), 0);
		baton_listener_close(listener);
	}
}
END_TEST

START_TEST(a_listener_with_a_full_backlog_still_listens)
{
	struct sockaddr_un un = sockaddr_of(path);
	struct baton_listener *listener = listening_open(address_of("unix", "?backlog=1"));
	int fds[4];

	for (size_t i = 0; i < array_length(fds); i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(fds[i], (struct sockaddr *)&un, sizeof(un));
	}
	ck_assert_int_eq(try_connect(SOCK_STREAM), -EAGAIN);
	listening_refused(address_of("unix", ""), -EADDRINUSE, "another process listens there");
	for (size_t i = 0; i < array_length(fds); i++)
		close(fds[i]);
	baton_listener_close(listener);
}
END_TEST

START_TEST(what_is_not_a_socket_is_left_alone)
{
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	listening_refused(address_of("unix", ""), -EADDRINUSE, "is not a socket");
	ck_assert(exists(path));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("nowhere", path), 0);
	listening_refused(address_of("unix", ""), -EADDRINUSE, "is not a socket");
	ck_assert(exists(path));
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

static void refuse_untold(const char *text)
{
	listening_refused(text, -EACCES, "it cannot be told whether somebody listens there");
}

START_TEST(a_path_that_may_not_be_probed_is_left_alone)
{
	struct baton_listener *listener = listening_open(address_of("unix", "?mode=0600"));

	ck_assert_int_eq(chmod(directory, 0777), 0);
	listening_as_nobody(refuse_untold, address_of("unix", ""));
	ck_assert(exists(path));
	baton_listener_close(listener);
}
END_TEST

START_TEST(a_path_that_is_not_ours_any_more_is_left_alone)
{
	struct baton_listener *listener = listening_open(address_of("unix", ""));

	ck_assert_int_eq(unlink(path), 0);
	int fd = bind_raw(SOCK_STREAM);

	baton_listener_close(listener);
	ck_assert(exists(path));
	close(fd);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(a_path_that_is_kept_is_left_alone)
{
	struct baton_listener *listener = listening_open(address_of("unix", ""));

	baton_listener_keep_path(listener);
	baton_listener_close(listener);
	ck_assert(exists(path));
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(a_listener_that_was_passed_leaves_its_path_alone)
{
	struct baton_listener *listener = listening_open(address_of("unix", "")), *worker;
	int fd = fd_dup(baton_listener_fd(listener, 0));

	ck_assert_int_eq(baton_listener_take("t", &fd, 1, &worker, NULL), 0);
	baton_listener_close(worker);
	ck_assert_int_eq(try_connect(SOCK_STREAM), 0);
	baton_listener_close(listener);
	ck_assert(!exists(path));
}
END_TEST

START_TEST(a_listener_that_was_given_its_path_removes_it)
{
	struct baton_listener *listener = listening_open(address_of("unix", "")), *successor;
	int fd = fd_dup(baton_listener_fd(listener, 0));

	ck_assert_int_eq(baton_listener_take("t", &fd, 1, &successor, NULL), 0);
	ck_assert_int_eq(baton_listener_own_path(successor), 0);
	baton_listener_keep_path(listener);
	baton_listener_close(listener);
	ck_assert(exists(path));
	baton_listener_close(successor);
	ck_assert(!exists(path));
}
END_TEST

START_TEST(a_lock_that_somebody_holds_delays_but_does_not_prevent)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	baton_listener_close(listening_open(address_of("unix", "")));
	ck_assert(!exists(path));
	close(fd);
}
END_TEST

/* A child waits for the start, opens, tells whether it got the path, and holds it to the end. */
static void race(int start, int outcome, int end)
{
	struct baton_listener *listener = NULL;
	struct baton_error error;
	char byte;

	(void)!read(start, &byte, 1);
	int r = listening_try(address_of("unix", ""), &listener, &error);

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

	close(bind_raw(SOCK_STREAM));
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
	ck_assert_int_eq(try_connect(SOCK_STREAM), 0);
	close(end[1]);
	for (int i = 0; i < RACERS; i++)
		ck_assert_int_gt(wait(NULL), 0);
	ck_assert(!exists(path));
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
	listening_refused(text, -EADDRINUSE, "another process listens there");
	baton_listener_close(listener);
	baton_listener_close(listening_open(text));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		a_path_can_be_connected_to_and_goes_away_at_the_end,
		the_longest_path_works,
		the_mode_is_as_asked_whatever_the_umask,
		the_owner_is_as_asked,
		a_user_or_group_that_is_not_known_is_refused,
		a_path_that_cannot_be_given_away_is_not_left_behind,
		a_directory_that_may_not_be_written_is_refused,
		a_directory_that_may_not_be_read_is_no_obstacle,
		a_missing_directory_is_named,
		a_path_left_behind_is_replaced,
		a_path_on_which_somebody_listens_is_refused,
		a_listener_with_a_full_backlog_still_listens,
		what_is_not_a_socket_is_left_alone,
		a_path_that_may_not_be_probed_is_left_alone,
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
		.setup = make_directory,
		.teardown = remove_directory });
}
