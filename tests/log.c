/* SPDX-License-Identifier: MIT */
/* Log lines as text and JSON, and a standard error that is slow or gone: log_line.c and log.c. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "log_line.h"
#include "support/suite.h"

static struct log_line line;

static const char *format_line(
	enum log_format format, const struct log_where *where, const char *message)
{
	log_line_format(&line, format,
		&(struct log_record){
			.level = LOG_LEVEL_NOTICE,
			.where = where,
			.message = message,
			.time = { .tv_sec = 1767225600, .tv_nsec = 7999999 },
		});
	ck_assert_uint_le(line.length, sizeof(line.text));
	ck_assert_int_eq(line.text[line.length - 1], '\n');
	line.text[line.length - 1] = '\0';
	return line.text;
}

#define AT "{\"time\":\"2026-01-01T00:00:00.007Z\",\"level\":\"notice\""

START_TEST(text_says_what_it_is_about_first)
{
	const struct log_where all = {
		.generation = 3, .pid = 42, .worker = 2, .listener = "http"
	};

	ck_assert_str_eq(format_line(LOG_FORMAT_TEXT, NULL, "hello"), "baton: hello");
	ck_assert_str_eq(
		format_line(LOG_FORMAT_TEXT, &(struct log_where){ 0 }, "hello"), "baton: hello");
	ck_assert_str_eq(
		format_line(LOG_FORMAT_TEXT, &(struct log_where){ .generation = 3 }, "ready"),
		"baton: generation=3: ready");
	ck_assert_str_eq(format_line(LOG_FORMAT_TEXT, &all, "ready"),
		"baton: generation=3 worker=2 pid=42 listener=http: ready");
}
END_TEST

START_TEST(json_has_a_member_for_each)
{
	const struct log_where all = {
		.generation = 3, .pid = 42, .worker = 2, .listener = "a\"b"
	};
	const struct log_where bind = { .pid = 1, .event = "bind", .subject = "/\"", .ms = 7 };

	ck_assert_str_eq(format_line(LOG_FORMAT_JSON, NULL, "hello"), AT ",\"message\":\"hello\"}");
	ck_assert_str_eq(format_line(LOG_FORMAT_JSON, &all, "ready"),
		AT ",\"generation\":3,\"worker\":2,\"pid\":42,\"listener\":\"a\\\"b\","
		   "\"message\":\"ready\"}");
	ck_assert_str_eq(format_line(LOG_FORMAT_JSON, &bind, "binds"),
		AT ",\"pid\":1,\"event\":\"bind\",\"subject\":\"/\\\"\",\"ms\":7,"
		   "\"message\":\"binds\"}");
	ck_assert_str_eq(format_line(LOG_FORMAT_TEXT, &bind, "binds"), "baton: pid=1: binds");
}
END_TEST

START_TEST(control_characters_reach_no_terminal)
{
	ck_assert_str_eq(
		format_line(LOG_FORMAT_TEXT, NULL, "a\nb\x1b[31m\x7f"), "baton: a?b?[31m?");
	ck_assert_str_eq(
		format_line(LOG_FORMAT_JSON, NULL, "a\n\"\\"), AT ",\"message\":\"a?\\\"\\\\\"}");
}
END_TEST

START_TEST(json_is_valid_utf8_whatever_the_message)
{
	static const char *const bad[] = {
		"\x80",             /* no beginning */
		"\xc3",             /* no end */
		"\xc0\x80",         /* overlong */
		"\xe0\x9f\xbf",     /* overlong */
		"\xed\xa0\x80",     /* a surrogate */
		"\xf4\x90\x80\x80", /* past the last character */
		"\xff",
	};

	ck_assert_str_eq(format_line(LOG_FORMAT_JSON, NULL, "é€😀"), AT ",\"message\":\"é€😀\"}");
	for (size_t i = 0; i < array_length(bad); i++) {
		const char *text = format_line(LOG_FORMAT_JSON, NULL, bad[i]);

		ck_assert_uint_gt(strcspn(text, "?"), 0);
		for (const char *c = text; *c; c++)
			ck_assert_int_lt((unsigned char)*c, 0x80);
	}
}
END_TEST

START_TEST(line_that_is_too_long_is_cut_and_still_whole)
{
	static char message[3 * sizeof(line.text)];

	for (size_t shift = 0; shift < 4; shift++) {
		memset(message, '"', sizeof(message) - 1);
		memset(message, 'x', shift); /* the cut falls within an escape or not */
		const char *text = format_line(LOG_FORMAT_JSON, NULL, message);

		ck_assert_str_eq(text + strlen(text) - 2, "\"}");
		ck_assert_ptr_nonnull(strstr(text, ",\"message\":\""));
	}
	ck_assert_uint_gt(strlen(format_line(LOG_FORMAT_TEXT, NULL, message)), 4000);
}
END_TEST

START_TEST(priority_goes_in_front_of_text)
{
	log_line_format(&line, LOG_FORMAT_TEXT,
		&(struct log_record){
			.level = LOG_LEVEL_ERROR, .message = "x", .has_priority = true });
	ck_assert_int_eq(memcmp(line.text, "<3>baton: x\n", 12), 0);
}
END_TEST

START_TEST(names_are_parsed)
{
	enum log_format format;
	enum log_level level;

	ck_assert_int_eq(log_parse_format("json", &format), 0);
	ck_assert_int_eq(format, LOG_FORMAT_JSON);
	ck_assert_int_eq(log_parse_level("warning", &level), 0);
	ck_assert_int_eq(level, LOG_LEVEL_WARNING);
	ck_assert_int_eq(log_parse_level("", &level), -EINVAL);
	ck_assert_int_eq(log_parse_level("Error", &level), -EINVAL);
	ck_assert_int_eq(log_parse_format("xml", &format), -EINVAL);
}
END_TEST

static char got[1 << 16];

/* Puts fd in place of standard error. */
static void redirect(int fd)
{
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
}

/* What there is to read, without waiting for more. */
static const char *read_now(int fd)
{
	ssize_t n;
	size_t length = 0;

	ck_assert_int_eq(fd_set_nonblock(fd, true), 0);
	while ((n = read(fd, got + length, sizeof(got) - 1 - length)) > 0)
		length += (size_t)n;
	got[length] = '\0';
	return got;
}

START_TEST(lines_below_the_level_are_left_out)
{
	int pipe[2];

	ck_assert_int_eq(pipe2(pipe, O_CLOEXEC), 0);
	redirect(pipe[1]);
	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	errno = ENOENT;
	log_error(NULL, "%s", "one");
	ck_assert_int_eq(errno, ENOENT);
	log_warning(NULL, "two");
	log_notice(NULL, "three");
	log_debug(NULL, "four");
	ck_assert_str_eq(read_now(pipe[0]), "baton: one\nbaton: two\n");
	fd_close(pipe[0]);
	fd_close(pipe[1]);
}
END_TEST

/* Fills standard error, expects the log to go on, empties it, expects to be told. */
static void check_lost_lines(int reader)
{
	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_NOTICE);
	for (int i = 0; i < 20000; i++)
		log_notice(NULL, "line %d of many, with enough text to fill it soon", i);
	(void)read_now(reader);
	log_notice(NULL, "here again");
	const char *text = read_now(reader);

	ck_assert_ptr_nonnull(strstr(text, " log lines were lost\nbaton: here again\n"));
	log_notice(NULL, "and once more");
	ck_assert_str_eq(read_now(reader), "baton: and once more\n");
}

START_TEST(full_pipe_costs_lines_and_is_told_later)
{
	int pipe[2];

	ck_assert_int_eq(pipe2(pipe, O_CLOEXEC), 0);
	redirect(pipe[1]);
	check_lost_lines(pipe[0]);
	fd_close(pipe[0]);
	fd_close(pipe[1]);
}
END_TEST

START_TEST(full_socket_costs_lines_and_is_told_later)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	redirect(pair[1]);
	check_lost_lines(pair[0]);
	fd_close(pair[0]);
	fd_close(pair[1]);
}
END_TEST

START_TEST(reader_that_is_gone_kills_nobody)
{
	int pipe[2];

	ck_assert(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	ck_assert_int_eq(pipe2(pipe, O_CLOEXEC), 0);
	redirect(pipe[1]);
	fd_close(pipe[0]);
	log_error(NULL, "nobody hears this");
	fd_close(pipe[1]);
	redirect(fileno(stdout));
	ck_assert_int_eq(close(STDERR_FILENO), 0);
	log_error(NULL, "nor this");
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	redirect(null);
	log_error(NULL, "here the count of lost lines goes");
	if (null != STDERR_FILENO)
		fd_close(null);
}
END_TEST

START_TEST(journal_is_known_by_its_inode)
{
	int pipe[2];
	struct stat st;
	char text[64];

	ck_assert_int_eq(pipe2(pipe, O_CLOEXEC), 0);
	redirect(pipe[1]);
	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", text, 1), 0);
	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_NOTICE);
	log_warning(NULL, "x");
	ck_assert_str_eq(read_now(pipe[0]), "<4>baton: x\n");
	ck_assert_int_eq(setenv("JOURNAL_STREAM", "1:2", 1), 0);
	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_NOTICE);
	log_warning(NULL, "x");
	ck_assert_str_eq(read_now(pipe[0]), "baton: x\n");
	fd_close(pipe[0]);
	fd_close(pipe[1]);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		text_says_what_it_is_about_first,
		json_has_a_member_for_each,
		control_characters_reach_no_terminal,
		json_is_valid_utf8_whatever_the_message,
		line_that_is_too_long_is_cut_and_still_whole,
		priority_goes_in_front_of_text,
		names_are_parsed,
		lines_below_the_level_are_left_out,
		full_pipe_costs_lines_and_is_told_later,
		full_socket_costs_lines_and_is_told_later,
		reader_that_is_gone_kills_nobody,
		journal_is_known_by_its_inode,
	};

	return SUITE_RUN("log", cases);
}
