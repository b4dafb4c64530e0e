/* SPDX-License-Identifier: MIT */
/* Checked values from text: base/parse.c. */
#include "base/parse.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

#include "base/signal_name.h"
#include "support/suite.h"

START_TEST(numbers_must_be_whole_and_within_bounds)
{
	static const struct {
		const char *text;
		int result;
		int value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "65535", 0, 65535 },
		{ "0080", 0, 80 },
		{ "65536", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "http", -EINVAL, 0 },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		int value = -7;

		ck_assert_int_eq(parse_int(rows[i].text, 0, 65535, &value), rows[i].result);
		ck_assert_int_eq(value, rows[i].result ? -7 : rows[i].value);
	}
}
END_TEST

START_TEST(durations_take_units_and_fractions)
{
	static const struct {
		const char *text;
		int result;
		int ms;
	} rows[] = {
		{ "0", 0, 0 },
		{ "2", 0, 2000 },
		{ "500ms", 0, 500 },
		{ "2s", 0, 2000 },
		{ "1m", 0, 60000 },
		{ "1h", 0, 3600000 },
		{ "0.1", 0, 100 },
		{ "1.5s", 0, 1500 },
		{ "0.0001s", 0, 1 },
		{ "0.3333333333333s", 0, 334 },
		{ "576h", 0, 2073600000 },
		{ "577h", -ERANGE, 0 },
		{ "18446744073709551616s", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ ".5", -EINVAL, 0 },
		{ "1.", -EINVAL, 0 },
		{ "1d", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "1sec", -EINVAL, 0 },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		int ms = -7;

		ck_assert_msg(
			parse_duration(rows[i].text, &ms) == rows[i].result, "%s", rows[i].text);
		ck_assert_int_eq(ms, rows[i].result ? -7 : rows[i].ms);
	}
}
END_TEST

START_TEST(signals_have_names_in_any_case_and_numbers)
{
	static const struct {
		const char *text;
		int result;
		int signal;
	} rows[] = {
		{ "TERM", 0, SIGTERM },
		{ "SIGTERM", 0, SIGTERM },
		{ "sigquit", 0, SIGQUIT },
		{ "15", 0, 15 },
		{ "0", -ERANGE, 0 },
		{ "65", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "SIG", -EINVAL, 0 },
		{ "NOSUCH", -EINVAL, 0 },
		{ "RTMIN-1", -EINVAL, 0 },
		{ "RTMIN+99", -ERANGE, 0 },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		int signal = -7;

		ck_assert_msg(
			parse_signal(rows[i].text, &signal) == rows[i].result, "%s", rows[i].text);
		ck_assert_int_eq(signal, rows[i].result ? -7 : rows[i].signal);
	}
}
END_TEST

START_TEST(every_signal_name_parses_to_its_signal)
{
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		char name[SIGNAL_NAME_SIZE];
		int parsed;

		if (signal == 32 || signal == 33)
			continue; /* taken by the C library, nameless */
		ck_assert_int_eq(parse_signal(signal_name(signal, name, sizeof(name)), &parsed), 0);
		ck_assert_int_eq(parsed, signal);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		numbers_must_be_whole_and_within_bounds,
		durations_take_units_and_fractions,
		signals_have_names_in_any_case_and_numbers,
		every_signal_name_parses_to_its_signal,
	};

	return SUITE_RUN("parse", cases);
}
