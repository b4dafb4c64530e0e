/* SPDX-License-Identifier: MIT */
/* What a signal would do to a process: supervisor/disposition.c. */
#include "disposition.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/suite.h"

static const char status[] = "Name:\tserver\nSigQ:\t1/2\nSigPnd:\tffffffffffffffff\n"
			     "ShdPnd:\t0000000000000000\nSigBlk:\t0000000000002000\n"
			     "SigIgn:\t0000000000001000\nSigCgt:\t8000000000000200\nCapInh:\t0\n";

START_TEST(masks_are_read_from_their_lines)
{
	struct disposition_masks masks;

	ck_assert_int_eq(disposition_parse(status, &masks), 0);
	ck_assert_uint_eq(masks.blocked, UINT64_C(1) << (SIGALRM - 1));
	ck_assert_uint_eq(masks.ignored, UINT64_C(1) << (SIGPIPE - 1));
	ck_assert_uint_eq(masks.caught, UINT64_C(1) << 63 | UINT64_C(1) << (SIGUSR1 - 1));
}
END_TEST

START_TEST(what_is_caught_ignored_or_blocked_is_harmless)
{
	struct disposition_masks masks;

	ck_assert_int_eq(disposition_parse(status, &masks), 0);
	ck_assert_int_eq(disposition_of(&masks, SIGUSR1), DISPOSITION_HARMLESS);
	ck_assert_int_eq(disposition_of(&masks, SIGPIPE), DISPOSITION_HARMLESS);
	ck_assert_int_eq(disposition_of(&masks, SIGALRM), DISPOSITION_HARMLESS);
	ck_assert_int_eq(disposition_of(&masks, 64), DISPOSITION_HARMLESS);
	ck_assert_int_eq(disposition_of(&masks, 63), DISPOSITION_ENDS);
}
END_TEST

START_TEST(defaults_are_those_of_the_kernel)
{
	const struct disposition_masks none = { 0 };

	for (int signal = 1; signal <= 64; signal++) {
		enum disposition expected = DISPOSITION_ENDS;

		if (signal == SIGCHLD || signal == SIGCONT || signal == SIGURG ||
			signal == SIGWINCH)
			expected = DISPOSITION_HARMLESS;
		if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
			signal == SIGTTOU)
			expected = DISPOSITION_STOPS;
		ck_assert_int_eq(disposition_of(&none, signal), expected);
	}
}
END_TEST

START_TEST(text_without_a_mask_is_refused)
{
	struct disposition_masks masks = { .caught = 7 };

	ck_assert_int_eq(disposition_parse("", &masks), -EBADMSG);
	ck_assert_int_eq(
		disposition_parse("x\nSigBlk:\t0\nSigIgn:\t0\nSigCgt:\n", &masks), -EBADMSG);
	ck_assert_int_eq(disposition_parse("x\nSigBlk:\t0\nSigCgt:\t0\n", &masks), -EBADMSG);
	ck_assert_uint_eq(masks.caught, 7);
}
END_TEST

static void on_signal(int signal)
{
	(void)signal;
}

START_TEST(process_is_asked)
{
	(void)signal(SIGUSR1, on_signal);
	(void)signal(SIGUSR2, SIG_DFL);
	ck_assert_int_eq(disposition_read(getpid(), SIGUSR1), DISPOSITION_HARMLESS);
	ck_assert_int_eq(disposition_read(getpid(), SIGUSR2), DISPOSITION_ENDS);
	ck_assert_int_eq(disposition_read(getpid(), SIGTTIN), DISPOSITION_STOPS);
	ck_assert_int_eq(disposition_read(0x7ffffffe, SIGUSR2), DISPOSITION_HARMLESS);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		masks_are_read_from_their_lines,
		what_is_caught_ignored_or_blocked_is_harmless,
		defaults_are_those_of_the_kernel,
		text_without_a_mask_is_refused,
		process_is_asked,
	};

	return SUITE_RUN("disposition", cases);
}
