/* SPDX-License-Identifier: MIT */
/* The version that <baton/baton.h> states. */
#include <baton/baton.h>

#include <stdio.h>

#include "support/suite.h"

START_TEST(header_states_the_version_that_is_built)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%d.%d.%d", BATON_VERSION_MAJOR, BATON_VERSION_MINOR,
		BATON_VERSION_PATCH);
	ck_assert_str_eq(text, PROJECT_VERSION);
}
END_TEST

int main(void)
{
	const TTest *cases[] = { header_states_the_version_that_is_built };

	return SUITE_RUN("version", cases);
}
