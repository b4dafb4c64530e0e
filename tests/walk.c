/* SPDX-License-Identifier: MIT */
/* What is told of a directory and all below it: lifecycle/walk.c. */
#include <baton/walk.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/suite.h"
#include "support/walk_test.h"

START_TEST(all_entries_are_told_of)
{
	walk_test_make_directory("a");
	walk_test_make_directory("a/b");
	walk_test_make_directory("a/empty");
	walk_test_make_directory("z");
	walk_test_make_file("a/b/file");
	walk_test_make_file("a/file");
	walk_test_make_file("file");
	walk_test_expect("a/ a/b/ a/b/file a/empty/ a/file file z/");
}
END_TEST

START_TEST(empty_directory_has_none)
{
	struct baton_walk *walk = walk_test_open(test_context);
	struct baton_walk_entry entry;

	ck_assert_int_eq(baton_walk_next(walk, &entry), 0);
	ck_assert_int_eq(baton_walk_next(walk, &entry), 0);
	baton_walk_close(walk);
}
END_TEST

START_TEST(symbolic_links_are_told_of_and_not_followed)
{
	walk_test_make_directory("a");
	walk_test_make_file("a/file");
	walk_test_make_link("a", "to-directory");
	walk_test_make_link("a/file", "to-file");
	walk_test_make_link("nowhere", "to-nowhere");
	walk_test_make_link("to-itself", "to-itself");
	walk_test_make_link("/", "to-root");
	walk_test_make_link(".", "a/loop");
	walk_test_make_link("..", "a/up");
	walk_test_expect("a/ a/file a/loop@ a/up@ to-directory@ to-file@ to-itself@ to-nowhere@ "
			 "to-root@");
}
END_TEST

START_TEST(what_is_no_file_is_told_of_too)
{
	ck_assert_int_eq(mkfifo(walk_test_path("fifo"), 0600), 0);
	walk_test_expect("fifo|");
}
END_TEST

START_TEST(names_may_have_any_bytes)
{
	char longest[NAME_MAX + 1];

	memset(longest, 'x', NAME_MAX);
	longest[NAME_MAX] = '\0';
	walk_test_make_file(longest);
	walk_test_make_file("...");
	walk_test_make_file("-rf *");
	walk_test_make_directory("\n");
	walk_test_make_directory("\n/ ");
	walk_test_make_file("\n/ /\xff\x01\t\"'\\$%s");

	char wanted[NAME_MAX + 64];

	(void)snprintf(
		wanted, sizeof(wanted), "\n/ \n/ / \n/ /\xff\x01\t\"'\\$%%s -rf * ... %s", longest);
	walk_test_expect(wanted);
}
END_TEST

START_TEST(entry_is_described_as_by_lstat)
{
	struct baton_walk *walk;
	struct baton_walk_entry entry;
	struct stat status;

	walk_test_make_directory("a");
	walk_test_make_link("somewhere", "a/link");
	walk = walk_test_open(test_context);
	ck_assert_int_eq(baton_walk_next(walk, &entry), 1);
	ck_assert_str_eq(entry.path, "a");
	ck_assert_str_eq(entry.name, "a");
	ck_assert_uint_eq(entry.depth, 0);
	ck_assert_int_eq(entry.error, 0);
	ck_assert(S_ISDIR(entry.stat->st_mode));

	ck_assert_int_eq(baton_walk_next(walk, &entry), 1);
	ck_assert_str_eq(entry.path, "a/link");
	ck_assert_str_eq(entry.name, "link");
	ck_assert_uint_eq(entry.depth, 1);
	ck_assert_int_eq(entry.error, 0);
	ck_assert_int_eq(lstat(walk_test_path("a/link"), &status), 0);
	ck_assert_uint_eq(entry.stat->st_ino, status.st_ino);
	ck_assert_uint_eq(entry.stat->st_mode, status.st_mode);
	ck_assert_int_eq(entry.stat->st_size, 9);
	ck_assert_int_eq(baton_walk_next(walk, &entry), 0);
	baton_walk_close(walk);
}
END_TEST

START_TEST(paths_may_be_longer_than_any_call_takes)
{
	enum { LEVELS = 20 };
	char name[NAME_MAX + 1];
	int fds[LEVELS + 1];
	struct baton_walk *walk;
	struct baton_walk_entry entry;

	memset(name, 'd', NAME_MAX);
	name[NAME_MAX] = '\0';
	fds[0] = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < LEVELS; i++) {
		ck_assert_int_eq(mkdirat(fds[i], name, 0700), 0);
		fds[i + 1] = openat(fds[i], name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}

	walk = walk_test_open(test_context);
	for (unsigned i = 0; i < LEVELS; i++) {
		ck_assert_int_eq(baton_walk_next(walk, &entry), 1);
		ck_assert_int_eq(entry.error, 0);
		ck_assert_uint_eq(entry.depth, i);
		ck_assert_uint_eq(strlen(entry.path), (i + 1) * (NAME_MAX + 1) - 1);
		ck_assert_str_eq(entry.name, name);
	}
	ck_assert_uint_gt(strlen(entry.path), PATH_MAX);
	ck_assert_int_eq(baton_walk_next(walk, &entry), 0);
	baton_walk_close(walk);

	for (int i = LEVELS; i > 0; i--) {
		fd_close(fds[i]);
		ck_assert_int_eq(unlinkat(fds[i - 1], name, AT_REMOVEDIR), 0);
	}
	fd_close(fds[0]);
}
END_TEST

START_TEST(directory_that_is_skipped_is_left_out)
{
	struct baton_walk *walk;
	struct baton_walk_entry entry;
	int count = 0;

	walk_test_make_directory("a");
	walk_test_make_file("a/file");
	walk_test_make_directory("skip");
	walk_test_make_file("skip/file");
	walk_test_make_directory("skip/directory");
	walk = walk_test_open(test_context);
	baton_walk_skip(walk); /* there is nothing yet */
	while (baton_walk_next(walk, &entry) == 1) {
		ck_assert_msg(strncmp(entry.path, "skip/", 5) != 0, "%s", entry.path);
		if (strcmp(entry.path, "skip") == 0 || strcmp(entry.name, "file") == 0)
			baton_walk_skip(walk);
		count++;
	}
	ck_assert_int_eq(count, 3);
	baton_walk_skip(walk);
	baton_walk_close(walk);
}
END_TEST

START_TEST(walk_may_be_closed_anywhere)
{
	struct baton_walk_entry entry;

	walk_test_make_directory("a");
	walk_test_make_directory("a/b");
	walk_test_make_file("a/b/file");
	walk_test_make_file("a/file");
	for (int i = 0; i <= 5; i++) {
		struct baton_walk *walk = walk_test_open(test_context);

		for (int j = 0; j < i; j++)
			ck_assert_int_eq(baton_walk_next(walk, &entry), j < 4);
		baton_walk_close(walk);
	}
}
END_TEST

START_TEST(walk_ends_with_its_context)
{
	struct baton_cancel *cancel;
	struct baton_walk_entry entry;

	walk_test_make_directory("a");
	walk_test_make_file("a/file");
	ck_assert_int_eq(baton_context_with_cancel(test_context, &cancel), 0);
	struct baton_walk *walk = walk_test_open(baton_cancel_context(cancel));

	ck_assert_int_eq(baton_walk_next(walk, &entry), 1);
	baton_cancel_destroy(cancel); /* the walk has a reference */
	ck_assert_int_eq(baton_walk_next(walk, &entry), -ECANCELED);
	ck_assert_int_eq(baton_walk_next(walk, &entry), -ECANCELED);
	baton_walk_close(walk);
}
END_TEST

START_TEST(walk_ends_at_the_deadline_of_its_context)
{
	struct baton_cancel *cancel;
	struct baton_walk_entry entry;

	ck_assert_int_eq(baton_context_with_timeout(test_context, 0, &cancel), 0);
	struct baton_walk *walk = walk_test_open(baton_cancel_context(cancel));

	ck_assert_int_eq(baton_walk_next(walk, &entry), -ETIMEDOUT);
	baton_walk_close(walk);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(one_descriptor_is_open_for_each_level)
{
	struct baton_walk *walk;
	struct baton_walk_entry entry;
	char path[64] = "";
	int before = fd_count(), count = 0;

	for (int i = 0; i < 5; i++) {
		(void)snprintf(path + strlen(path), sizeof(path) - strlen(path), "d/");
		walk_test_make_directory(path);
		for (char side = 'e'; side <= 'g'; side++) {
			char name[80];

			(void)snprintf(name, sizeof(name), "%s%c", path, side);
			walk_test_make_directory(name);
		}
	}
	walk = walk_test_open(test_context);
	while (baton_walk_next(walk, &entry) == 1) {
		ck_assert_int_eq(fd_count(), before + 1 + (int)entry.depth);
		count++;
	}
	ck_assert_int_eq(count, 5 * 4);
	ck_assert_int_eq(fd_count(), before);
	baton_walk_close(walk);
}
END_TEST

/* Hard links are made faster than files, and ext4 allows 65,000 of one; without an assertion
 * each, which Check writes down. */
static void make_many(size_t count)
{
	char first[16] = "", name[16];
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		if (i % 50000 == 0) {
			walk_test_make_file(name);
			memcpy(first, name, sizeof(first));
			made++;
		} else {
			made += linkat(fd, first, fd, name, 0) == 0;
		}
	}
	ck_assert_uint_eq(made, count);
	fd_close(fd);
}

START_TEST(memory_does_not_grow_with_the_entries)
{
	enum { MANY = 100000, MOST = 65536 };
	struct baton_walk *walk;
	struct baton_walk_entry entry;
	size_t before, count = 0;

	make_many(MANY);
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	walk = walk_test_open(test_context);
	while (baton_walk_next(walk, &entry) == 1)
		if (++count % 1000 == 0) {
			struct mallinfo2 info = mallinfo2();

			ck_assert_uint_lt(info.uordblks + info.hblkhd, before + MOST);
		}
	baton_walk_close(walk);
	ck_assert_uint_eq(count, MANY);
}
END_TEST

START_TEST(what_is_no_directory_is_refused_and_closed)
{
	struct baton_walk *walk = NULL;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(baton_walk_open(fd, test_context, &walk), -ENOTDIR);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert_int_eq(baton_walk_open(fd, test_context, &walk), -EBADF);
	ck_assert_int_eq(baton_walk_open(-1, test_context, &walk), -EBADF);
	ck_assert_ptr_null(walk);
	baton_walk_close(NULL);
}
END_TEST

START_TEST(missing_arguments_are_refused_and_the_directory_closed)
{
	struct baton_walk *walk = NULL;
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(baton_walk_open(fd, NULL, &walk), -EINVAL);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert_ptr_null(walk);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(baton_walk_open(fd, test_context, NULL), -EINVAL);
	ck_assert_int_eq(baton_walk_next(NULL, NULL), -EINVAL);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		all_entries_are_told_of,
		empty_directory_has_none,
		symbolic_links_are_told_of_and_not_followed,
		what_is_no_file_is_told_of_too,
		names_may_have_any_bytes,
		entry_is_described_as_by_lstat,
		paths_may_be_longer_than_any_call_takes,
		directory_that_is_skipped_is_left_out,
		walk_may_be_closed_anywhere,
		walk_ends_with_its_context,
		walk_ends_at_the_deadline_of_its_context,
		one_descriptor_is_open_for_each_level,
		memory_does_not_grow_with_the_entries,
		what_is_no_directory_is_refused_and_closed,
		missing_arguments_are_refused_and_the_directory_closed,
	};

	return suite_run(&(struct suite){
		.name = "walk",
		.cases = cases,
		.count = array_length(cases),
		.setup = walk_test_setup,
		.teardown = walk_test_teardown,
	});
}
