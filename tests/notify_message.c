/* SPDX-License-Identifier: MIT */
/* What sd_notify messages mean: supervisor/notify_message.c. */
#include "notify_message.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"

static int parse(const char *text, struct notify_message *ret)
{
	return notify_message_parse(text, strlen(text), ret, NULL);
}

START_TEST(every_known_key_is_understood)
{
	struct notify_message message;

	ck_assert_int_eq(parse("READY=1\nRELOADING=1\nSTOPPING=1\nBARRIER=1\nWATCHDOG=1\n"
			       "STATUS=all is well\nERRNO=2\nMAINPID=4711\n"
			       "EXTEND_TIMEOUT_USEC=5000000\nWATCHDOG_USEC=20000000\n"
			       "MONOTONIC_USEC=18446744073709551614\n",
				 &message),
		0);
	ck_assert_uint_eq(message.fields,
		NOTIFY_READY | NOTIFY_RELOADING | NOTIFY_STOPPING | NOTIFY_BARRIER |
			NOTIFY_WATCHDOG | NOTIFY_STATUS | NOTIFY_ERRNO | NOTIFY_MAINPID |
			NOTIFY_EXTEND_TIMEOUT | NOTIFY_WATCHDOG_USEC | NOTIFY_MONOTONIC);
	ck_assert_str_eq(message.status, "all is well");
	ck_assert_int_eq(message.errno_value, 2);
	ck_assert_int_eq(message.main_pid, 4711);
	ck_assert_uint_eq(message.extend_timeout_usec, 5000000);
	ck_assert_uint_eq(message.watchdog_usec, 20000000);
	ck_assert_uint_eq(message.monotonic_usec, UINT64_MAX - 1);
}
END_TEST

START_TEST(watchdog_trigger_is_not_a_sign_of_life)
{
	struct notify_message message;

	ck_assert_int_eq(parse("WATCHDOG=trigger", &message), 0);
	ck_assert_uint_eq(message.fields, NOTIFY_WATCHDOG_TRIGGER);
}
END_TEST

START_TEST(unknown_keys_and_empty_lines_are_ignored)
{
	struct notify_message message;

	ck_assert_int_eq(parse("X_MINE=1\n\nFDSTORE=1\nREADYNESS=1\nREAD=1\n", &message), 0);
	ck_assert_uint_eq(message.fields, 0);
	ck_assert_int_eq(parse("", &message), 0);
	ck_assert_uint_eq(message.fields, 0);
}
END_TEST

START_TEST(malformed_values_are_left_out_and_the_rest_counts)
{
	const char *bad[] = { "READY=0", "READY=", "READY=11", "READY = 1", "READY", "=1",
		"MAINPID=0", "MAINPID=-1", "MAINPID=2147483648", "MAINPID=12x", "ERRNO=4096",
		"ERRNO=EIO", "EXTEND_TIMEOUT_USEC=0", "EXTEND_TIMEOUT_USEC=18446744073709551616",
		"WATCHDOG_USEC=99999999999999999999999999999999", "WATCHDOG=2", "BARRIER=yes" };
	char text[256];

	for (size_t i = 0; i < array_length(bad); i++) {
		struct notify_message message;
		bool is_unknown = strncmp(bad[i], "READY =", 7) == 0;

		(void)snprintf(text, sizeof(text), "%s\nSTOPPING=1", bad[i]);
		ck_assert_msg(parse(text, &message) == !is_unknown, "%s", bad[i]);
		ck_assert_msg(message.fields == NOTIFY_STOPPING, "%s", bad[i]);
	}
}
END_TEST

START_TEST(malformed_line_is_named)
{
	struct notify_message message;
	struct baton_error error;
	const char *text = "MAINPID=none\nERRNO=x\nREADY=1";

	ck_assert_int_eq(notify_message_parse(text, strlen(text), &message, &error), 2);
	ck_assert_str_eq(error.text, "malformed \"MAINPID=none\"");
	ck_assert_uint_eq(message.fields, NOTIFY_READY);
}
END_TEST

START_TEST(first_of_a_key_counts)
{
	struct notify_message message;

	ck_assert_int_eq(parse("STATUS=one\nSTATUS=two\nMAINPID=1\nMAINPID=2", &message), 0);
	ck_assert_str_eq(message.status, "one");
	ck_assert_int_eq(message.main_pid, 1);
}
END_TEST

START_TEST(trailing_nul_is_forgiven_and_one_inside_is_not)
{
	struct notify_message message = { .main_pid = 7 };
	struct baton_error error;

	ck_assert_int_eq(notify_message_parse("READY=1", 8, &message, NULL), 0);
	ck_assert_uint_eq(message.fields, NOTIFY_READY);
	message.main_pid = 7;
	ck_assert_int_eq(
		notify_message_parse("READY=1\0STOPPING=1", 18, &message, &error), -EINVAL);
	ck_assert_int_eq(message.main_pid, 7);
}
END_TEST

START_TEST(longest_message_is_taken_and_a_longer_one_refused)
{
	char text[NOTIFY_MESSAGE_SIZE + 1] = "READY=1\nX_FILL=";
	struct notify_message message;

	memset(text + strlen(text), 'x', sizeof(text) - strlen(text));
	ck_assert_int_eq(notify_message_parse(text, NOTIFY_MESSAGE_SIZE, &message, NULL), 0);
	ck_assert_uint_eq(message.fields, NOTIFY_READY);
	ck_assert_int_eq(
		notify_message_parse(text, NOTIFY_MESSAGE_SIZE + 1, &message, NULL), -EMSGSIZE);
}
END_TEST

START_TEST(status_is_one_line_of_valid_utf8)
{
	struct notify_message message;
	static const struct {
		const char *said, *kept;
	} cases[] = {
		{ "STATUS=gr\xc3\xbc\xc3\x9f dich \xe2\x82\xac \xf0\x9f\x9a\x80",
			"gr\xc3\xbc\xc3\x9f dich \xe2\x82\xac \xf0\x9f\x9a\x80" },
		{ "STATUS=a\tb\x1b[31mc\x7f", "a?b?[31mc?" },
		{ "STATUS=\xc2\x9b"
		  "31m",
			"??31m" },                              /* CSI in one character */
		{ "STATUS=\xc0\xaf \xff \xe2\x82", "?? ? ??" }, /* overlong, no UTF-8, cut short */
		{ "STATUS=\xed\xa0\x80", "???" },               /* a surrogate */
		{ "STATUS=\xf4\x90\x80\x80", "????" },          /* above U+10FFFF */
		{ "STATUS=", "" },
	};

	for (size_t i = 0; i < array_length(cases); i++) {
		ck_assert_int_eq(parse(cases[i].said, &message), 0);
		ck_assert_uint_eq(message.fields, NOTIFY_STATUS);
		ck_assert_str_eq(message.status, cases[i].kept);
	}
}
END_TEST

START_TEST(long_status_is_cut_between_characters)
{
	char text[600] = "STATUS=x";
	struct notify_message message;

	while (strlen(text) < 500)
		strcat(text, "\xc3\xbc");
	ck_assert_int_eq(parse(text, &message), 0);
	ck_assert_uint_eq(strlen(message.status), NOTIFY_STATUS_SIZE - 1);
	text[7 + NOTIFY_STATUS_SIZE - 1] = '\0';
	ck_assert_str_eq(message.status, text + 7);
	memmove(text + 7, text + 8, strlen(text + 7)); /* now the last would be cut in half */
	strcat(text, "\xc3\xbc");
	ck_assert_int_eq(parse(text, &message), 0);
	ck_assert_uint_eq(strlen(message.status), NOTIFY_STATUS_SIZE - 2);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		every_known_key_is_understood,
		watchdog_trigger_is_not_a_sign_of_life,
		unknown_keys_and_empty_lines_are_ignored,
		malformed_values_are_left_out_and_the_rest_counts,
		malformed_line_is_named,
		first_of_a_key_counts,
		trailing_nul_is_forgiven_and_one_inside_is_not,
		longest_message_is_taken_and_a_longer_one_refused,
		status_is_one_line_of_valid_utf8,
		long_status_is_cut_between_characters,
	};

	return SUITE_RUN("notify_message", cases);
}
