/* SPDX-License-Identifier: MIT */
/* Trees of processes for the tests, built of forks that tell their pids. */
#ifndef TESTS_SUPPORT_TREE_H
#define TESTS_SUPPORT_TREE_H

#include <sys/types.h>

/* What a process of the tree does; it must not return. */
typedef void (*tree_fn)(void);

/* Makes this process a subreaper and opens the pipe that pids are told through. */
void tree_setup(void);

/* Kills and reaps whatever is below this process. */
void tree_teardown(void);

/* Forks a process that leads a group of its own and runs fn. */
pid_t tree_start(tree_fn fn);

/* In a process of the tree: forks one more, which runs fn. */
pid_t tree_fork(tree_fn fn);

/* In a process of the tree: tells its pid, and sleeps for ever. */
void tree_stay(void) __attribute__((noreturn));

/* In the test: the pid of the next process that stays, with a deadline. */
pid_t tree_next(void);

/* Waits until the process has ended, but does not reap it. */
void tree_await_end(pid_t pid);

#endif
