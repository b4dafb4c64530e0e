/* SPDX-License-Identifier: MIT */
/* See walk_test.h. */
#include "support/walk_test.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/directory.h"

enum { PATHS_MAX = 64 };

struct baton_context *test_context;

static struct baton_cancel *cancel;

void walk_test_setup(void)
{
	directory_make();
	ck_assert_int_eq(baton_context_with_cancel(baton_context_background(), &cancel), 0);
	test_context = baton_cancel_context(cancel);
}

void walk_test_teardown(void)
{
	baton_cancel_destroy(cancel);
	directory_remove_all();
}

const char *walk_test_path(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

void walk_test_make_directory(const char *name)
{
	ck_assert_int_eq(mkdir(walk_test_path(name), 0700), 0);
}

void walk_test_make_file(const char *name)
{
	int fd = open(walk_test_path(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(close(fd), 0);
}

void walk_test_make_link(const char *target, const char *name)
{
	ck_assert_int_eq(symlink(target, walk_test_path(name)), 0);
}

struct baton_walk *walk_test_open(struct baton_context *context)
{
	struct baton_walk *walk;
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(baton_walk_open(fd, context, &walk), 0);
	return walk;
}

static const char *mark_of(const struct baton_walk_entry *entry)
{
	if (entry->error)
		return "!";
	if (S_ISDIR(entry->stat->st_mode))
		return "/";
	if (S_ISLNK(entry->stat->st_mode))
		return "@";
	return S_ISFIFO(entry->stat->st_mode) ? "|" : "";
}

static bool is_among(char *const *paths, size_t count, const char *path, size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(paths[i]) == size && memcmp(paths[i], path, size) == 0)
			return true;
	return false;
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

void walk_test_expect(const char *wanted)
{
	struct baton_walk *walk = walk_test_open(test_context);
	struct baton_walk_entry entry;
	char *paths[PATHS_MAX], text[PATH_MAX] = "";
	size_t count = 0, used = 0;

	while (baton_walk_next(walk, &entry) == 1) {
		size_t up = strlen(entry.path) - strlen(entry.name);

		ck_assert(up == 0 || is_among(paths, count, entry.path, up));
		ck_assert_uint_lt(count, PATHS_MAX);
		ck_assert_int_ne(
			asprintf(&paths[count++], "%s%s", entry.path, mark_of(&entry)), -1);
	}
	ck_assert_int_eq(baton_walk_next(walk, &entry), 0);
	baton_walk_close(walk);
	qsort(paths, count, sizeof(*paths), compare);
	for (size_t i = 0; i < count; i++) {
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%s", i ? " " : "", paths[i]);
		ck_assert_uint_lt(used, sizeof(text));
		free(paths[i]);
	}
	ck_assert_str_eq(text, wanted);
}
