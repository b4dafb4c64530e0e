/* SPDX-License-Identifier: MIT */
/* For suites about unix paths: a directory for each case, and raw sockets in it. */
#ifndef TESTS_SUPPORT_UNIX_TEST_H
#define TESTS_SUPPORT_UNIX_TEST_H

#include <stdbool.h>

#include <sys/un.h>

extern char unix_test_directory[32];
extern char unix_test_path[64]; /* in it; nothing is there yet */

/* For struct suite: makes the directory. */
void unix_test_setup(void);

/* Removes it, and fails if anything is left in it: a case removes what it makes. */
void unix_test_teardown(void);

/* "SCHEME:PATHOPTIONS"; valid until the next call. */
const char *unix_test_address(const char *scheme, const char *options);

/* Whether there is a node of that name, be it a symlink to nowhere. */
bool unix_test_exists(const char *file);

struct sockaddr_un unix_test_sockaddr(const char *file);

/* A socket at the path that a process which knows nothing of baton bound; it does not listen. */
int unix_test_bind(int type);

/* 0, or -errno of a connect to the path. */
int unix_test_connect(int type);

#endif
