/* SPDX-License-Identifier: MIT */
/* See gate.h. */
#include "support/gate.h"

#include <baton/leak.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "base/clock.h"
#include "support/process.h"

static struct baton_leak *before;

void gate_init(struct gate *gate)
{
	ck_assert_int_eq(sem_init(&gate->arrived, 0, 0), 0);
	ck_assert_int_eq(sem_init(&gate->opened, 0, 0), 0);
}

void gate_finish(struct gate *gate)
{
	ck_assert_int_eq(sem_destroy(&gate->arrived), 0);
	ck_assert_int_eq(sem_destroy(&gate->opened), 0);
}

static void await(sem_t *semaphore)
{
	struct timespec until;
	int r;

	ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &until), 0);
	until.tv_sec += PROCESS_DEADLINE_MS / 1000;
	do
		r = sem_timedwait(semaphore, &until);
	while (r == -1 && errno == EINTR);
	ck_assert_msg(r == 0, "nobody came to the gate, or opened it");
}

void gate_arrive(struct gate *gate)
{
	ck_assert_int_eq(sem_post(&gate->arrived), 0);
}

void gate_pass(struct gate *gate)
{
	gate_arrive(gate);
	await(&gate->opened);
}

void gate_await(struct gate *gate, unsigned count)
{
	while (count--)
		await(&gate->arrived);
}

void gate_open(struct gate *gate, unsigned count)
{
	while (count--)
		ck_assert_int_eq(sem_post(&gate->opened), 0);
}

void threads_remember(void)
{
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_THREAD, &before), 0);
}

static size_t count_new(void)
{
	struct baton_leak *left;

	ck_assert_int_eq(baton_leak_since(before, &left), 0);
	size_t count = baton_leak_count(left);

	baton_leak_destroy(left);
	return count;
}

void threads_await_ended(void)
{
	int64_t since_ms = clock_ms();

	/* Nothing tells of the end of a thread that nobody joins. */
	while (count_new()) {
		ck_assert_msg(
			clock_ms_since(since_ms) < PROCESS_DEADLINE_MS, "a thread has not ended");
		(void)poll(NULL, 0, 1);
	}
	baton_leak_destroy(before);
}
