/* SPDX-License-Identifier: MIT */
/* A libev loop of the case's own, and runs of it that have a deadline. */
#ifndef TESTS_SUPPORT_TEST_LOOP_H
#define TESTS_SUPPORT_TEST_LOOP_H

#include <ev.h>

/* From test_loop_open on. */
extern struct ev_loop *test_loop;

/* For the setup and the teardown of a suite. */
void test_loop_open(void);
void test_loop_close(void);

/* Runs the loop until *count is at least `wanted`; the case fails past the deadline. */
void test_loop_until(const unsigned *count, unsigned wanted);

/* Runs the loop until nothing keeps it running; likewise. */
void test_loop_run(void);

/* Has the loop handle what there is by now, without waiting for more. */
void test_loop_turn(void);

#endif
