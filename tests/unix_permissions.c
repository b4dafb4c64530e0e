/* SPDX-License-Identifier: MIT */
/* Owner and mode of a unix path, and what a user without rights is told: socket/owner.c,
 * unix_path.c. */
#include "socket/owner.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/listening.h"
#include "support/suite.h"
#include "support/unix_test.h"

static mode_t mode_of(const char *file)
{
	struct stat status;

	ck_assert_int_eq(lstat(file, &status), 0);
	return status.st_mode & 07777;
}

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
			listening_open(unix_test_address("unix", rows[i].options));

		umask(old);
		ck_assert_uint_eq(mode_of(unix_test_path), rows[i].mode);
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
		listening_open(unix_test_address("unix", "?user=nobody&group=12345&mode=0620"));

	ck_assert_int_eq(stat(unix_test_path, &status), 0);
	ck_assert_uint_eq(status.st_uid, 65534);
	ck_assert_uint_eq(status.st_gid, 12345);
	ck_assert_uint_eq(status.st_mode & 0777, 0620);
	baton_listener_close(listener);
	ck_assert(!unix_test_exists(unix_test_path));
}
END_TEST

START_TEST(a_user_or_group_that_is_not_known_is_refused)
{
	listening_refused(unix_test_address("unix", "?user=no-such-user"), -ESRCH,
		"option user: there is no user \"no-such-user\"");
	listening_refused(unix_test_address("unix", "?group=no-such-group"), -ESRCH,
		"option group: there is no group \"no-such-group\"");
	listening_refused(
		unix_test_address("unix", "?user=4294967295"), -ESRCH, "there is no user");
	ck_assert(!unix_test_exists(unix_test_path));
}
END_TEST

static void refuse_giving_away(const char *text)
{
	listening_refused(text, -EPERM, "cannot give the path to that user or group");
	ck_assert(!unix_test_exists(unix_test_path));
}

START_TEST(a_path_that_cannot_be_given_away_is_not_left_behind)
{
	ck_assert_int_eq(chmod(unix_test_directory, 0777), 0);
	listening_as_nobody(refuse_giving_away, unix_test_address("unix", "?user=root"));
}
END_TEST

static void refuse_writing(const char *text)
{
	listening_refused(text, -EACCES, "no permission to write in the directory");
}

START_TEST(a_directory_that_may_not_be_written_is_refused)
{
	ck_assert_int_eq(chmod(unix_test_directory, 0755), 0);
	listening_as_nobody(refuse_writing, unix_test_address("unix", ""));
	ck_assert_int_eq(
		chmod(unix_test_directory, 0711), 0); /* and one that cannot be read or locked */
	listening_as_nobody(refuse_writing, unix_test_address("unix", ""));
}
END_TEST

static void open_and_close(const char *text)
{
	baton_listener_close(listening_open(text));
	ck_assert(!unix_test_exists(unix_test_path));
}

START_TEST(a_directory_that_may_not_be_read_is_no_obstacle)
{
	ck_assert_int_eq(chmod(unix_test_directory, 0733), 0);
	listening_as_nobody(open_and_close, unix_test_address("unix", "?mode=0600"));
}
END_TEST

static void refuse_untold(const char *text)
{
	listening_refused(text, -EACCES, "it cannot be told whether somebody listens there");
}

START_TEST(a_path_that_may_not_be_probed_is_left_alone)
{
	struct baton_listener *listener = listening_open(unix_test_address("unix", "?mode=0600"));

	ck_assert_int_eq(chmod(unix_test_directory, 0777), 0);
	listening_as_nobody(refuse_untold, unix_test_address("unix", ""));
	ck_assert(unix_test_exists(unix_test_path));
	baton_listener_close(listener);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		the_mode_is_as_asked_whatever_the_umask,
		the_owner_is_as_asked,
		a_user_or_group_that_is_not_known_is_refused,
		a_path_that_cannot_be_given_away_is_not_left_behind,
		a_directory_that_may_not_be_written_is_refused,
		a_directory_that_may_not_be_read_is_no_obstacle,
		a_path_that_may_not_be_probed_is_left_alone,
	};

	return suite_run(&(struct suite){ .name = "unix_permissions",
		.cases = cases,
		.count = array_length(cases),
		.setup = unix_test_setup,
		.teardown = unix_test_teardown });
}
