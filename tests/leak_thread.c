/* SPDX-License-Identifier: MIT */
/* Snapshots while threads come and go: lifecycle/leak_process.c. */
#include <baton/leak.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "support/gate.h"
#include "support/suite.h"

static atomic_bool is_over;

static void *end_at_once(void *data)
{
	return data;
}

static void *start_others(void *data)
{
	while (!atomic_load(&is_over)) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, end_at_once, NULL) == 0)
			(void)pthread_join(thread, NULL);
	}
	return data;
}

START_TEST(threads_that_end_meanwhile_are_passed_over)
{
	struct baton_leak *leak;
	pthread_t starter;
	int r = 0;

	ck_assert_int_eq(pthread_create(&starter, NULL, start_others, NULL), 0);
	for (int i = 0; r == 0 && i < 10000; i++) {
		r = baton_leak_snapshot(BATON_LEAK_THREAD, &leak);
		if (r == 0)
			baton_leak_destroy(leak);
	}
	atomic_store(&is_over, true);
	ck_assert_int_eq(pthread_join(starter, NULL), 0);
	ck_assert_int_eq(r, 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = { threads_that_end_meanwhile_are_passed_over };

	return suite_run(&(struct suite){
		.name = "leak_thread",
		.cases = cases,
		.count = array_length(cases),
		.setup = threads_remember,
		.teardown = threads_await_ended,
	});
}
