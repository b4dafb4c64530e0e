/* SPDX-License-Identifier: MIT */
/* What was meant by a word: supervisor/spelling.c. */
#include "spelling.h"

#include <string.h>

#include "base/container.h"
#include "support/suite.h"

static const char *const known[] = { "status", "stop", "set", "drain-timeout", "bake", "-h",
	"a-word-that-is-longer-than-any-option-there-is" };

static const char *nearest(const char *word)
{
	struct spelling spelling;

	spelling_init(&spelling, word, strlen(word));
	for (size_t i = 0; i < array_length(known); i++)
		(void)spelling_try(&spelling, known[i]);
	return spelling.nearest;
}

START_TEST(up_to_two_slips_are_recognised)
{
	static const struct {
		const char *word, *meant;
	} rows[] = {
		{ "status", "status" },
		{ "STATSU", "status" }, /* one: two letters swapped */
		{ "sttaus", "status" },
		{ "tsatsu", "status" },
		{ "statuses", "status" },
		{ "sttus", "status" },
		{ "tatu", "status" },
		{ "drain-timeot", "drain-timeout" },
		{ "Drain_Timeout", "drain-timeout" },
		{ "bakes", "bake" },
		{ "stp", "stop" },
		{ "se", "set" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		const char *meant = nearest(rows[i].word);

		ck_assert_msg(meant != NULL, "%s: nothing", rows[i].word);
		ck_assert_msg(strcmp(meant, rows[i].meant) == 0, "%s: %s", rows[i].word, meant);
	}
}
END_TEST

START_TEST(what_is_far_is_nothing)
{
	static const char *const rows[] = { "", "x", "xy", "-", "upgrade", "st4t0s-", "draintime",
		"astutst", "a-word-that-is-longer-than-any-option-there-i",
		"a-word-that-is-longer-than-any-option-there-is" };

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_msg(nearest(rows[i]) == NULL, "%s: %s", rows[i], nearest(rows[i]));
}
END_TEST

START_TEST(the_first_of_the_nearest_is_it)
{
	struct spelling spelling;

	spelling_init(&spelling, "stxp-and-more", 4);
	ck_assert(spelling_try(&spelling, "step"));
	ck_assert(!spelling_try(&spelling, "stop"));
	ck_assert(!spelling_try(&spelling, "stay"));
	ck_assert_str_eq(spelling.nearest, "step");
	ck_assert(spelling_try(&spelling, "stxp"));
	ck_assert_uint_eq(spelling.distance, 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		up_to_two_slips_are_recognised,
		what_is_far_is_nothing,
		the_first_of_the_nearest_is_it,
	};

	return SUITE_RUN("spelling", cases);
}
