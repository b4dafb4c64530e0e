/* SPDX-License-Identifier: MIT */
/* For suites that open listeners: open or fail the case, and look at what came of it. */
#ifndef TESTS_SUPPORT_LISTENING_H
#define TESTS_SUPPORT_LISTENING_H

#include <stdbool.h>

#include <baton/listener.h>

/* The listener "test" on that address; the case fails if it cannot be had. */
struct baton_listener *listening_open(const char *text);

/* As listening_open, but returns what baton_listener_open did. */
int listening_try(const char *text, struct baton_listener **ret, struct baton_error *error);

/* The case fails unless opening fails with that code and with reason in the error's text. */
void listening_refused(const char *text, int code, const char *reason);

/* The value of an integer socket option; the case fails if it has none. */
int listening_option(int fd, int level, int option);

/*
 * Runs body in a child that is the user nobody, and fails the case if it does
 * there. Returns false, having said so, where that takes rights we have not.
 */
bool listening_as_nobody(void (*body)(const char *text), const char *text);

#endif
