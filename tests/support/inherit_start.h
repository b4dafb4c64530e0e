/* SPDX-License-Identifier: MIT */
/*
 * Starts a program as a supervisor does, with sockets that the protocols
 * announce, and looks at what it says: by default tests/support/inherit_child.c.
 */
#ifndef TESTS_SUPPORT_INHERIT_START_H
#define TESTS_SUPPORT_INHERIT_START_H

#include <baton/listener.h>
#include <stdbool.h>

enum { INHERIT_START_MAX = 8, OUTPUT_SIZE = 4096 };

/* How the child is started, with the places where a case differs from a supervisor. */
struct inherit_start {
	unsigned protocols;
	const char *program;                      /* NULL: the helper */
	const char *arguments[INHERIT_START_MAX]; /* after argv[0] */
	const char *set[INHERIT_START_MAX];       /* KEY=VALUE after all else */
	bool is_pid_wrong;                        /* LISTEN_PID is not filled in */
	bool is_pidfdid_wrong;                    /* nor LISTEN_PIDFDID */
};

/* What the cases have opened, in order, and what the last program said. */
extern struct baton_listener *listeners[INHERIT_START_MAX];
extern char output[OUTPUT_SIZE];

/* Opens a listener that the programs started from now on are passed. */
const struct baton_listener *listen_on(const char *name, const char *text);

/* Where the first socket of a listener is bound. */
const char *bound(size_t index);

/* Runs the program to its end. */
void inherit_start(const struct inherit_start *start);

/* Whether one of the lines that it said is this one. */
void assert_said(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* That no line has this in it. */
void assert_not_said(const char *text);

/* Closes the listeners: the cases' teardown. */
void inherit_start_finish(void);

#endif
