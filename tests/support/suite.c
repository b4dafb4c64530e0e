/* SPDX-License-Identifier: MIT */
/* See suite.h. */
#include "support/suite.h"

#include <baton/leak.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEFT_SIZE = 4096 };

static struct baton_leak *before;

static void *end_at_once(void *data)
{
	return data;
}

/* The thread sanitizer starts a thread of its own with the first there is: it is not the case's. */
static void start_first_thread(void)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, end_at_once, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void take_stock(void)
{
	start_first_thread();
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_ALL, &before), 0);
}

/* Cases may redirect their own standard streams. */
static bool is_standard_stream(const struct baton_leak_entry *entry)
{
	return entry->kind == BATON_LEAK_FD && entry->number <= STDERR_FILENO;
}

static void check_after(void)
{
	char text[LEFT_SIZE] = "";
	size_t used = 0;
	pid_t child = waitpid(-1, NULL, WNOHANG);

	ck_assert_msg(child == -1 && errno == ECHILD, "a child process is left");
	struct baton_leak *left;

	ck_assert_int_eq(baton_leak_since(before, &left), 0);
	for (size_t i = 0; i < baton_leak_count(left) && used < sizeof(text); i++) {
		const struct baton_leak_entry *entry = baton_leak_get(left, i);

		if (!is_standard_stream(entry))
			used += (size_t)snprintf(text + used, sizeof(text) - used,
				"\n%s %llu: %s (%s)", baton_leak_kind_name(entry->kind),
				(unsigned long long)entry->number, entry->what, entry->place);
	}
	ck_assert_msg(used == 0, "left over:%s", text);
	baton_leak_destroy(left);
	baton_leak_destroy(before);
}

int suite_run(const struct suite *suite)
{
	Suite *check = suite_create(suite->name);

	for (size_t i = 0; i < suite->count; i++) {
		TCase *tcase = tcase_create(suite->cases[i]->name);

		tcase_set_timeout(tcase, suite->timeout ? suite->timeout : 30);
		tcase_add_checked_fixture(tcase, take_stock, check_after);
		tcase_add_checked_fixture(tcase, suite->setup, suite->teardown);
		tcase_add_test(tcase, suite->cases[i]);
		suite_add_tcase(check, tcase);
	}
	SRunner *runner = srunner_create(check);

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
