/* SPDX-License-Identifier: MIT */
/* A loop of the case's own, for its setup and teardown, that is run with a deadline. */
#ifndef TESTS_SUPPORT_LOOP_H
#define TESTS_SUPPORT_LOOP_H

#include <stdbool.h>

extern struct ev_loop *case_loop;

void loop_make(void);

/* The case fails if anything still keeps it running. */
void loop_remove(void);

/* Runs it until *count, which callbacks count up, has come to wanted; past the deadline the case
 * fails. */
void loop_await(const int *count, int wanted);

/* Runs it until nothing keeps it running; likewise. */
void loop_run(void);

/* One turn, without waiting. Whether something keeps the loop running. */
bool loop_turn(void);

#endif
