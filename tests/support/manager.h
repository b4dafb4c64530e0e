/* SPDX-License-Identifier: MIT */
/* The service manager's end of sd_notify(3), for tests. */
#ifndef TESTS_SUPPORT_MANAGER_H
#define TESTS_SUPPORT_MANAGER_H

#include <sys/types.h>

/* A socket bound to address, a path or '@' and an abstract name, that is told its senders. */
int manager_open(const char *address);

/* Waits for the next message, which must begin with text and be from pid (0: anybody). */
void manager_expect(int fd, pid_t pid, const char *text);

/* Likewise, but skips other messages. */
void manager_await(int fd, pid_t pid, const char *text);

#endif
