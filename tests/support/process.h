/* SPDX-License-Identifier: MIT */
/* Processes of a test: what to start, and their ends waited for with a deadline. */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <baton/spawn.h>
#include <stddef.h>
#include <sys/types.h>

/* How long a test waits for what should happen at once, on a machine under load. */
enum { PROCESS_DEADLINE_MS = 20000 };

/* The path of a helper program built beside the tests, by its name. */
#define PROCESS_PROGRAM(name) TEST_PROGRAM_DIR "/" name

/* Waits until the child ends, reaps it and closes the pidfd. Returns its exit status, or 128 + the
 * signal. Past the deadline it is killed and the case fails. */
int process_wait(int pidfd);

/* Waits until poll(2) says `events` of fd; the case fails past the deadline. */
void process_wait_fd(int fd, short events);

/* Reads fd to its end, into a string; the case fails past the deadline or if it does not fit. */
void process_read_all(int fd, char *text, size_t size);

/* Starts a program with its standard output read into text; all else as in options. Its status as
 * process_wait says, or the -errno of the spawn. */
int process_capture(const struct baton_spawn_options *options, char *text, size_t size);

#endif
