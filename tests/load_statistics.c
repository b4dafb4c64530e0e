/* SPDX-License-Identifier: MIT */
/* What the load client counts and reports: support/load/statistics.c, histogram.c, report.c. */
#include "support/load/statistics.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "support/load/report.h"
#include "support/suite.h"

static struct statistics statistics; /* large */

START_TEST(percentiles_are_at_most_two_percent_off)
{
	static struct histogram histogram;
	static const double shares[] = { 0.01, 0.5, 0.9, 0.99, 0.999, 1.0 };

	for (uint64_t value = 1; value <= 100000; value++)
		histogram_add(&histogram, value);
	for (size_t i = 0; i < array_length(shares); i++) {
		double wanted = shares[i] * 100000;
		double found = (double)histogram_percentile(&histogram, shares[i]);

		ck_assert_msg(found >= wanted && found <= wanted * 1.02, "%g: %g", wanted, found);
	}
	ck_assert_uint_eq(histogram_percentile(&histogram, 1.0), 100000);
}
END_TEST

START_TEST(small_and_huge_values_have_their_buckets)
{
	static struct histogram histogram;

	ck_assert_uint_eq(histogram_percentile(&histogram, 0.5), 0);
	histogram_add(&histogram, 0);
	ck_assert_uint_eq(histogram_percentile(&histogram, 0.5), 0);
	for (uint64_t value = 1; value; value <<= 1)
		histogram_add(&histogram, value);
	histogram_add(&histogram, UINT64_MAX);
	ck_assert_uint_eq(histogram.max, UINT64_MAX);
	ck_assert_uint_eq(histogram.total, 66);
	ck_assert_uint_eq(histogram_percentile(&histogram, 1.0 / 66), 0);
	ck_assert_uint_eq(histogram_percentile(&histogram, 2.0 / 66), 1);
}
END_TEST

START_TEST(a_gap_lies_between_good_answers_to_new_connections)
{
	statistics_add_good(&statistics, REQUEST_NEW, 1000, 10, "");
	statistics_add_good(&statistics, REQUEST_NEW, 1500, 10, "");
	statistics_add_good(&statistics, REQUEST_KEPT, 9000, 10, "");
	statistics_add_failure(&statistics, REQUEST_NEW, OUTCOME_TIMEOUT);
	statistics_add_good(&statistics, REQUEST_NEW, 9500, 10, "");
	statistics_add_good(&statistics, REQUEST_NEW, 9600, 10, "");
	ck_assert_uint_eq(statistics.longest_gap_us, 8000);
}
END_TEST

START_TEST(servers_are_told_apart_by_their_greeting)
{
	static const char *const bodies[] = {
		"hello pid=10 generation=1\n",
		"hello pid=10 generation=1\n",
		"hello pid=11 generation=2\n",
		"hello pid=10 generation=1\n", /* the queue was still being answered */
		"hello pid=12 generation=4\n",
		"something else",
		"",
	};

	for (size_t i = 0; i < array_length(bodies); i++)
		statistics_add_good(&statistics, REQUEST_NEW, i, 1, bodies[i]);
	statistics_add_good(&statistics, REQUEST_KEPT, 99, 1, "hello pid=10 generation=1\n");
	ck_assert_uint_eq(statistics.servers.count, 3);
	ck_assert_uint_eq(statistics.servers.switches, 3);
	ck_assert_uint_eq(statistics.servers.generations, 3);
	ck_assert_uint_eq(statistics.servers.first_generation, 1);
	ck_assert_uint_eq(statistics.servers.highest_generation, 4);
	ck_assert_uint_eq(statistics.servers.last_generation, 1);
}
END_TEST

START_TEST(broken_connections_have_their_class)
{
	ck_assert_int_eq(outcome_of_connect(ECONNREFUSED), OUTCOME_CONNECT_REFUSED);
	ck_assert_int_eq(outcome_of_connect(ECONNRESET), OUTCOME_CONNECT_RESET);
	ck_assert_int_eq(outcome_of_connect(ETIMEDOUT), OUTCOME_CONNECT_TIMEOUT);
	ck_assert_int_eq(outcome_of_connect(ENOENT), OUTCOME_CONNECT_OTHER);
	ck_assert_int_eq(outcome_of_break(false, 0), OUTCOME_CLOSED_BEFORE_RESPONSE);
	ck_assert_int_eq(outcome_of_break(false, ECONNRESET), OUTCOME_RESET_BEFORE_RESPONSE);
	ck_assert_int_eq(outcome_of_break(false, EPIPE), OUTCOME_RESET_BEFORE_RESPONSE);
	ck_assert_int_eq(outcome_of_break(true, 0), OUTCOME_TRUNCATED);
	ck_assert_int_eq(outcome_of_break(true, ECONNRESET), OUTCOME_TRUNCATED);
}
END_TEST

START_TEST(only_failures_that_count_make_a_bad_report)
{
	ck_assert_msg(!report_is_good(&statistics, true), "nothing was answered");
	statistics_add_good(&statistics, REQUEST_NEW, 1, 1, "");
	ck_assert(report_is_good(&statistics, false));
	statistics_add_failure(&statistics, REQUEST_KEPT, OUTCOME_RESET_BEFORE_RESPONSE);
	ck_assert(!report_is_good(&statistics, false));
	ck_assert(report_is_good(&statistics, true));
	statistics_add_failure(&statistics, REQUEST_OPENED, OUTCOME_CONNECT_REFUSED);
	ck_assert(!report_is_good(&statistics, true));
}
END_TEST

START_TEST(reports_name_each_failure)
{
	struct strbuf text = STRBUF_INIT, json = STRBUF_INIT;

	for (int outcome = OUTCOME_OK + 1; outcome < OUTCOMES_COUNT; outcome++)
		statistics_add_failure(&statistics, REQUEST_NEW, (enum outcome)outcome);
	statistics_add_example(&statistics, "a \"quoted\" \\ line\n");
	statistics.ended_us = 1000000;
	report_text(&statistics, &text);
	report_json(&statistics, &json);
	for (int outcome = OUTCOME_OK + 1; outcome < OUTCOMES_COUNT; outcome++) {
		ck_assert_ptr_nonnull(strstr(text.text, outcome_name((enum outcome)outcome)));
		ck_assert_ptr_nonnull(strstr(json.text, outcome_name((enum outcome)outcome)));
	}
	ck_assert_ptr_nonnull(strstr(json.text, "\"a \\\"quoted\\\" \\\\ line\\u000a\""));
	ck_assert_ptr_nonnull(strstr(json.text, "\"requests\":10,\"ok\":0,\"failed\":10,"));
	strbuf_finish(&text);
	strbuf_finish(&json);
}
END_TEST

START_TEST(examples_beyond_the_room_are_dropped)
{
	for (int i = 0; i < 100; i++)
		statistics_add_example(&statistics, "text");
	ck_assert_uint_eq(statistics.example_count, array_length(statistics.examples));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		percentiles_are_at_most_two_percent_off,
		small_and_huge_values_have_their_buckets,
		a_gap_lies_between_good_answers_to_new_connections,
		servers_are_told_apart_by_their_greeting,
		broken_connections_have_their_class,
		only_failures_that_count_make_a_bad_report,
		reports_name_each_failure,
		examples_beyond_the_room_are_dropped,
	};

	return SUITE_RUN("load_statistics", cases);
}
