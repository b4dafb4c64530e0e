/* SPDX-License-Identifier: MIT */
/*
 * Threads of a test: gates that say where they are and hold them there, and
 * the wait for the end of those that nobody joins. Every wait has a deadline.
 */
#ifndef TESTS_SUPPORT_GATE_H
#define TESTS_SUPPORT_GATE_H

#include <semaphore.h>

struct gate {
	sem_t arrived, opened;
};

void gate_init(struct gate *gate);
void gate_finish(struct gate *gate);

/* A thread says that it has come here; gate_pass waits, too, until it is let through. */
void gate_arrive(struct gate *gate);
void gate_pass(struct gate *gate);

/* Waits until that many more have come. */
void gate_await(struct gate *gate, unsigned count);

/* Lets that many through, be they here already or not. */
void gate_open(struct gate *gate, unsigned count);

/* For a case's setup and teardown: at the end no thread may be left that was not there before. */
void threads_remember(void);
void threads_await_ended(void);

#endif
