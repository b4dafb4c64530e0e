/* SPDX-License-Identifier: MIT */
/* For suites about walks: a directory to walk, and what should be told of it. */
#ifndef TESTS_SUPPORT_WALK_TEST_H
#define TESTS_SUPPORT_WALK_TEST_H

#include <baton/walk.h>

extern struct baton_context *test_context; /* does not end */

/* For struct suite: with an empty directory; what is in it at the end is removed. */
void walk_test_setup(void);
void walk_test_teardown(void);

/* The path of what has that name in the directory. Valid until the next call. */
const char *walk_test_path(const char *name);

void walk_test_make_directory(const char *name);
void walk_test_make_file(const char *name);
void walk_test_make_link(const char *target, const char *name);

/* A walk of the directory. */
struct baton_walk *walk_test_open(struct baton_context *context);

/*
 * The case fails unless a walk of the directory tells of these, once each and what is in a
 * directory after it: the paths sorted by their bytes, with a blank between, and behind each
 * "/" for a directory, "@" for a link, "|" for a fifo, "!" for an error.
 */
void walk_test_expect(const char *entries);

#endif
