/* SPDX-License-Identifier: MIT */
/* Lines of the log, read back: supervisor/log_entry.c. */
#include "log_entry.h"

#include <errno.h>
#include <string.h>

#include "log_line.h"
#include "support/suite.h"

static struct log_entry entry;

/* What the log would write is read back. */
static void pass(const struct log_where *where, const char *message)
{
	struct log_line line;
	struct log_record record = {
		.level = LOG_LEVEL_INFO,
		.where = where,
		.message = message,
	};

	log_line_format(&line, LOG_FORMAT_JSON, &record);
	ck_assert_int_eq(line.text[line.length - 1], '\n');
	line.text[line.length - 1] = '\0';
	ck_assert_int_eq(log_entry_parse(line.text, &entry), 0);
	ck_assert_str_eq(entry.level, "info");
}

START_TEST(each_member_is_read)
{
	const struct log_where where = {
		.generation = 3,
		.pid = 42,
		.worker = 2,
		.listener = "http",
		.event = "bind",
		.subject = "tcp://[::]:80",
		.ms = 120,
	};

	pass(&where, "binds it");
	ck_assert_uint_eq(entry.generation, 3);
	ck_assert_int_eq(entry.pid, 42);
	ck_assert_int_eq(entry.ms, 120);
	ck_assert_str_eq(entry.event, "bind");
	ck_assert_str_eq(entry.subject, "tcp://[::]:80");
	ck_assert_str_eq(entry.message, "binds it");
}
END_TEST

START_TEST(what_a_line_has_not_is_empty)
{
	pass(NULL, "");
	ck_assert_uint_eq(entry.generation, 0);
	ck_assert_int_eq(entry.pid, 0);
	ck_assert_int_eq(entry.ms, 0);
	ck_assert_str_eq(entry.event, "");
	ck_assert_str_eq(entry.subject, "");
	ck_assert_str_eq(entry.message, "");
}
END_TEST

START_TEST(quotation_marks_and_backslashes_come_back)
{
	const struct log_where where = { .subject = "a\\\"b\"" };

	pass(&where, "\"\\,\"event\":\"x\"}");
	ck_assert_str_eq(entry.subject, "a\\\"b\"");
	ck_assert_str_eq(entry.message, "\"\\,\"event\":\"x\"}");
	ck_assert_str_eq(entry.event, "");
}
END_TEST

START_TEST(longest_message_leaves_a_line_that_can_be_read)
{
	static char message[2 * PIPE_BUF], subject[1026];
	const struct log_where where = { .subject = subject };

	memset(message, 'm', sizeof(message) - 1);
	memset(subject, 's', 1024);
	pass(&where, message);
	ck_assert_uint_eq(strlen(entry.subject), 1024);
	ck_assert_uint_gt(strlen(entry.message), PIPE_BUF / 2);
	subject[1024] = 's';
	pass(&where, message);
	ck_assert_str_eq(entry.subject, "");
}
END_TEST

START_TEST(what_is_no_line_of_the_log_is_refused)
{
	static const char *const lines[] = {
		"",
		"oops",
		"{}",
		"{\"level\":\"info\"}",
		"{\"time\":\"now\"}",
		"{\"time\":\"now\",\"level\":\"info\"",
		"{\"time\":\"now\",\"level\":\"info\"}x",
		"{\"time\":\"now\",\"level\":\"info\",}",
		"{\"time\":\"now\",\"level\":\"info",
		"{\"time\":\"now\",\"level\":\"info\\",
		"{\"time\":\"now\",\"level\":\"info\",\"pid\":-1}",
		"{\"time\":\"now\",\"level\":\"info\",\"pid\":12345678901234567}",
		"{\"time\":\"now\",\"level\":\"info\",\"pid\"}",
		"{\"time\":\"now\",\"level\":\"info\",pid:1}",
	};

	for (size_t i = 0; i < array_length(lines); i++)
		ck_assert_msg(log_entry_parse(lines[i], &entry) == -EINVAL, "%s", lines[i]);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_member_is_read,
		what_a_line_has_not_is_empty,
		quotation_marks_and_backslashes_come_back,
		longest_message_leaves_a_line_that_can_be_read,
		what_is_no_line_of_the_log_is_refused,
	};

	return SUITE_RUN("log_entry", cases);
}
