/* SPDX-License-Identifier: MIT */
/*
 * The upgrade-server under test, and its generations, which become children
 * of the test as their parents end. One at a time, in a directory of its own.
 * $TEST_SERVER_OPTION, if set, is one more option of each.
 */
#ifndef TESTS_SUPPORT_SERVER_H
#define TESTS_SUPPORT_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

/* Fixtures: to be a case's first and last. At the end nothing of the server may be left. */
void server_setup(void);
void server_teardown(void);

/* Starts the first generation, with options as upgrade_server.c says (NULL: none), in environment
 * envp (NULL: ours), and waits until it is ready. The pid. */
pid_t server_start(const char *const *options, char *const *envp);

struct server_launch {
	const char *program; /* NULL: upgrade-server */
	const char *const *options;
	char *const *envp;
	int channel; /* a supervisor's end for it, which stays ours too; 0: none */
};

/* Likewise, without the wait. */
pid_t server_launch_as(const struct server_launch *launch);
pid_t server_launch(const char *const *options, char *const *envp);

/* A path in the directory. Valid until the next call. */
const char *server_path(const char *name);

/* What becomes of generations that start from now on. */
void server_set_fate(const char *fate);

/*
 * Waits for a line of the log that has this text and was not waited for before,
 * and returns it. Others stay: what two generations say has no order.
 */
const char *server_expect(const char *text);

/* Whether there is a line with this text by now. What a process that has ended logged is. */
bool server_has_logged(const char *text);

/* Waits for the server to be ready in this generation. Its pid. */
pid_t server_expect_ready(unsigned generation);

/* A connection to the server. */
int server_connect(void);

/* Asks over a connection, and closes it; the generation that answered, its pid if ret is not
 * NULL. */
unsigned server_ask(int fd, pid_t *ret_pid);

/* Asks until this generation answers: the one before may do so as long as it has not begun to
 * drain. Its pid. */
pid_t server_await(unsigned generation);

/* Waits until this child has ended; its exit status, or 128 + the signal. */
int server_wait(pid_t pid);

/* Ends this generation with SIGTERM, and waits for all. Its status; -1 if its predecessor, which
 * was still there, has it. */
int server_stop(pid_t pid);

#endif
