/* SPDX-License-Identifier: MIT */
/* Walks of what cannot be read, or changes meanwhile: lifecycle/walk.c. */
#include <baton/walk.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/listening.h"
#include "support/suite.h"
#include "support/walk_test.h"

/* The next entry has that path and error (0: none). */
static void expect(struct baton_walk *walk, const char *path, int error)
{
	struct baton_walk_entry entry;

	ck_assert_int_eq(baton_walk_next(walk, &entry), 1);
	ck_assert_str_eq(entry.path, path);
	ck_assert_int_eq(entry.error, error);
	ck_assert((entry.stat == NULL) == (error != 0));
	const char *slash = strrchr(path, '/');

	ck_assert_str_eq(entry.name, slash ? slash + 1 : path);
}

static void expect_end(struct baton_walk *walk)
{
	struct baton_walk_entry entry;

	ck_assert_int_eq(baton_walk_next(walk, &entry), 0);
	baton_walk_close(walk);
}

static void walk_closed_directory(const char *name)
{
	struct baton_walk *walk = walk_test_open(test_context);

	expect(walk, name, 0);
	expect(walk, name, -EACCES);
	expect_end(walk);
}

START_TEST(directory_without_permission_is_told_of_again_with_the_error)
{
	walk_test_make_directory("closed");
	walk_test_make_file("closed/file");
	ck_assert_int_eq(chmod(walk_test_path("closed"), 0), 0);
	ck_assert_int_eq(chmod(directory, 0755), 0);
	if (geteuid() == 0)
		(void)listening_as_nobody(walk_closed_directory, "closed");
	else
		walk_closed_directory("closed");
	ck_assert_int_eq(chmod(walk_test_path("closed"), 0700), 0);
}
END_TEST

START_TEST(entry_that_is_gone_is_told_of_with_the_error)
{
	struct baton_walk *walk;
	struct baton_walk_entry entry;

	walk_test_make_file("a");
	walk_test_make_file("b");
	walk = walk_test_open(test_context);
	ck_assert_int_eq(baton_walk_next(walk, &entry), 1);
	/* The C library has read of the other, too. */
	ck_assert_int_eq(unlink(walk_test_path("a")), 0);
	ck_assert_int_eq(unlink(walk_test_path("b")), 0);
	expect(walk, strcmp(entry.path, "a") == 0 ? "b" : "a", -ENOENT);
	expect_end(walk);
}
END_TEST

START_TEST(directory_that_is_gone_is_told_of_again_with_the_error)
{
	struct baton_walk *walk;

	walk_test_make_directory("a");
	walk_test_make_directory("a/b");
	walk = walk_test_open(test_context);
	expect(walk, "a", 0);
	expect(walk, "a/b", 0);
	ck_assert_int_eq(rmdir(walk_test_path("a/b")), 0);
	expect(walk, "a/b", -ENOENT);
	expect_end(walk);
}
END_TEST

START_TEST(directory_that_is_removed_while_it_is_read_just_ends)
{
	struct baton_walk *walk;

	walk_test_make_directory("a");
	walk_test_make_file("a/file");
	walk = walk_test_open(test_context);
	expect(walk, "a", 0);
	expect(walk, "a/file", 0);
	ck_assert_int_eq(unlink(walk_test_path("a/file")), 0);
	ck_assert_int_eq(rmdir(walk_test_path("a")), 0);
	expect_end(walk);
}
END_TEST

START_TEST(link_in_the_place_of_a_directory_is_not_followed)
{
	struct baton_walk *walk;

	walk_test_make_directory("a");
	walk = walk_test_open(test_context);
	expect(walk, "a", 0);
	ck_assert_int_eq(rmdir(walk_test_path("a")), 0);
	walk_test_make_link("/", "a");
	expect(walk, "a", -ENOTDIR);
	expect_end(walk);
}
END_TEST

START_TEST(fifo_in_the_place_of_a_directory_is_not_opened)
{
	struct baton_walk *walk;

	walk_test_make_directory("a");
	walk = walk_test_open(test_context);
	expect(walk, "a", 0);
	ck_assert_int_eq(rmdir(walk_test_path("a")), 0);
	ck_assert_int_eq(mkfifo(walk_test_path("a"), 0600), 0);
	expect(walk, "a", -ENOTDIR);
	expect_end(walk);
}
END_TEST

START_TEST(directory_that_is_moved_away_is_read_on)
{
	struct baton_walk *walk;

	walk_test_make_directory("a");
	walk_test_make_directory("a/b");
	walk_test_make_file("a/b/file");
	walk = walk_test_open(test_context);
	expect(walk, "a", 0);
	expect(walk, "a/b", 0);
	char from[64];

	(void)snprintf(from, sizeof(from), "%s", walk_test_path("a"));
	ck_assert_int_eq(rename(from, walk_test_path("z")), 0);
	expect(walk, "a/b/file", 0);
	expect_end(walk);
}
END_TEST

/* The descriptor that will be opened next. */
static int next_fd(void)
{
	int fd = fd_dup(STDIN_FILENO);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	return fd;
}

/* Makes the descriptor one of a file, of which no directory can be read. */
static void break_fd(int fd)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(dup3(null, fd, O_CLOEXEC), fd);
	ck_assert_int_eq(close(null), 0);
}

START_TEST(directory_that_cannot_be_read_on_is_told_of_again_with_the_error)
{
	struct baton_walk *walk;

	walk_test_make_directory("a");
	walk_test_make_directory("a/b");
	walk_test_make_directory("a/b/c");
	walk = walk_test_open(test_context);
	expect(walk, "a", 0);
	expect(walk, "a/b", 0);
	int fd = next_fd();

	expect(walk, "a/b/c", 0);
	baton_walk_skip(walk);
	break_fd(fd);
	expect(walk, "a/b", -ENOTDIR);
	expect_end(walk);
}
END_TEST

START_TEST(walk_whose_own_directory_cannot_be_read_tells_so)
{
	int fd = next_fd();
	struct baton_walk *walk = walk_test_open(test_context);

	break_fd(fd);
	expect(walk, "", -ENOTDIR);
	expect_end(walk);
}
END_TEST

START_TEST(lack_of_descriptors_leaves_out_a_directory_and_no_more)
{
	struct baton_walk *walk;
	struct rlimit full, limit;

	walk_test_make_directory("a");
	walk_test_make_directory("a/b");
	walk_test_make_directory("a/b/c");
	walk = walk_test_open(test_context);
	expect(walk, "a", 0);
	expect(walk, "a/b", 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &full), 0);
	limit = full;
	limit.rlim_cur = (rlim_t)next_fd();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect(walk, "a/b", -EMFILE);
	expect_end(walk);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &full), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		directory_without_permission_is_told_of_again_with_the_error,
		entry_that_is_gone_is_told_of_with_the_error,
		directory_that_is_gone_is_told_of_again_with_the_error,
		directory_that_is_removed_while_it_is_read_just_ends,
		link_in_the_place_of_a_directory_is_not_followed,
		fifo_in_the_place_of_a_directory_is_not_opened,
		directory_that_is_moved_away_is_read_on,
		directory_that_cannot_be_read_on_is_told_of_again_with_the_error,
		walk_whose_own_directory_cannot_be_read_tells_so,
		lack_of_descriptors_leaves_out_a_directory_and_no_more,
	};

	return suite_run(&(struct suite){
		.name = "walk_changes",
		.cases = cases,
		.count = array_length(cases),
		.setup = walk_test_setup,
		.teardown = walk_test_teardown,
	});
}
