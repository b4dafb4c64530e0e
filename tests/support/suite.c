/* SPDX-License-Identifier: MIT */
/* See suite.h. */
#include "support/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/fd.h"

static int fds_before;

static void count_before(void)
{
	fds_before = fd_count();
	ck_assert_int_gt(fds_before, 0);
}

static void check_after(void)
{
	int fds_after = fd_count();
	pid_t child = waitpid(-1, NULL, WNOHANG);

	ck_assert_msg(fds_after == fds_before, "descriptors open: %d before, %d after", fds_before,
		fds_after);
	ck_assert_msg(child == -1 && errno == ECHILD, "a child process is left");
}

int suite_run(const struct suite *suite)
{
	Suite *check = suite_create(suite->name);

	for (size_t i = 0; i < suite->count; i++) {
		TCase *tcase = tcase_create(suite->cases[i]->name);

		tcase_set_timeout(tcase, suite->timeout ? suite->timeout : 30);
		tcase_add_checked_fixture(tcase, count_before, check_after);
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
