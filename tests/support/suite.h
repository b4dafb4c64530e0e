/* SPDX-License-Identifier: MIT */
/*
 * Runs the Check cases of one module, TAP on standard output. A case
 * that leaves something behind fails: a descriptor, a thread, a tracked task, a context
 * or a watch of one (<baton/leak.h>), or a child process.
 *
 *     START_TEST(closed_descriptor_is_refused) { ... } END_TEST
 *
 *     int main(void)
 *     {
 *             const TTest *cases[] = { closed_descriptor_is_refused };
 *
 *             return SUITE_RUN("fd", cases);
 *     }
 */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>

#include "base/container.h"

struct suite {
	const char *name;
	const TTest **cases;
	size_t count;
	void (*setup)(void);    /* before each case, in its process; may be NULL */
	void (*teardown)(void); /* after each case, in its process; may be NULL */
	int timeout;            /* seconds a case; 0: 30 */
};

/* Runs them all; the exit status for main. */
int suite_run(const struct suite *suite);

#define SUITE_RUN(suite_name, suite_cases) \
	suite_run(&(struct suite){ .name = (suite_name), \
		.cases = (suite_cases), \
		.count = array_length(suite_cases) })

#endif
