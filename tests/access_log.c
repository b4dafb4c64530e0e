/* SPDX-License-Identifier: MIT */
/* The lines of the access log: child/access_log.c. What it does when it cannot write is in
 * access_log_lost.c. */
#include "access_log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "support/directory.h"
#include "support/head.h"
#include "support/logging.h"
#include "support/suite.h"

#define GET       "GET / HTTP/1.1\r\nHost: a\r\n"
#define LINE      "GET / HTTP/1.1"
#define LOOPBACK  "127.0.0.1 - - "
#define TEXT_SIZE (256 * 1024)

static char text[TEXT_SIZE];

/* What is in the file. */
static const char *read_log(const char *path)
{
	FILE *file = fopen(path, "re");

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

/* The time as the log has it, in the time zone of the test. */
static const char *now(void)
{
	static char time_text[64];
	time_t time = (time_t)ev_now(logging_loop);
	struct tm tm;

	(void)localtime_r(&time, &tm);
	(void)strftime(time_text, sizeof(time_text), "[%d/%b/%Y:%H:%M:%S %z]", &tm);
	return time_text;
}

static void log_head(const char *head, int status, uint64_t sent)
{
	struct request request = head_parse(head);

	logging_add(&(struct exchange_record){
		.head = head, .request = &request, .status = status, .sent = sent });
}

/* The log has this line alone: what stands before the time, and behind it. */
static void check_line(const char *before, const char *behind)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "%s%s%s\n", before, now(), behind);
	logging_turn();
	ck_assert_str_eq(read_log(logging_path), line);
}

START_TEST(line_is_in_the_combined_format)
{
	logging_open();
	log_head("GET /a?b=c HTTP/1.1\r\nHost: a\r\nReferer: http://x/y\r\n"
		 "User-Agent: Mozilla/5.0 (X11; y)\r\n\r\n",
		200, 1234);
	check_line(LOOPBACK,
		" \"GET /a?b=c HTTP/1.1\" 200 1234 \"http://x/y\" \"Mozilla/5.0 (X11; y)\"");
	logging_close();
}
END_TEST

START_TEST(time_is_that_of_the_zone)
{
	ck_assert_int_eq(setenv("TZ", "XYZ-5:30", 1), 0);
	tzset();
	logging_open();
	log_head(GET "\r\n", 200, 0);
	logging_turn();
	ck_assert_ptr_nonnull(strstr(read_log(logging_path), ":"));
	ck_assert_ptr_nonnull(strstr(text, " +0530] \"GET / "));
	check_line(LOOPBACK, " \"" LINE "\" 200 0 \"-\" \"-\"");
	logging_close();
}
END_TEST

START_TEST(absent_fields_are_a_dash)
{
	logging_open();
	log_head(GET "Referer:\r\nUser-Agent: \t \r\n\r\n", 304, 0);
	check_line(LOOPBACK, " \"" LINE "\" 304 0 \"-\" \"-\"");
	logging_close();
}
END_TEST

START_TEST(request_that_was_not_understood_has_what_is_known_of_it)
{
	static const struct request unknown;
	struct request request = { 0 };

	logging_open();
	logging_add(&(struct exchange_record){ .request = &unknown, .status = 400, .sent = 16 });
	check_line(LOOPBACK, " \"-\" 400 16 \"-\" \"-\"");
	ck_assert_int_eq(truncate(logging_path, 0), 0);
	ck_assert_int_eq(request_parse(&request, "GET\r\n", 5), REQUEST_REFUSED);
	logging_add(&(struct exchange_record){
		.head = "GET\r\n", .request = &request, .status = 400, .sent = 16 });
	check_line(LOOPBACK, " \"GET\" 400 16 \"-\" \"-\"");
	logging_close();
}
END_TEST

START_TEST(numbers_have_all_their_digits)
{
	logging_open();
	log_head(GET "\r\n", 499, UINT64_MAX);
	check_line(LOOPBACK, " \"" LINE "\" 499 18446744073709551615 \"-\" \"-\"");
	logging_close();
}
END_TEST

static void check_peer(const void *peer, const char *expected)
{
	logging_peer = peer;
	ck_assert_int_eq(truncate(logging_path, 0), 0);
	log_head(GET "\r\n", 200, 6);
	check_line(expected, " \"" LINE "\" 200 6 \"-\" \"-\"");
}

START_TEST(peer_is_told_in_its_family)
{
	static const struct {
		const char *address, *expected;
	} rows[] = {
		{ "2001:db8::1", "2001:db8::1 - - " },
		{ "::1", "::1 - - " },
		{ "1111:2222:3333:4444:5555:6666:7777:8888",
			"1111:2222:3333:4444:5555:6666:7777:8888 - - " },
		/* An IPv4 client of a socket for both. */
		{ "::ffff:192.0.2.7", "192.0.2.7 - - " },
	};
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	logging_open();
	ck_assert_int_eq(inet_pton(AF_INET, "255.0.10.200", &in.sin_addr), 1);
	check_peer(&in, "255.0.10.200 - - ");
	for (size_t i = 0; i < array_length(rows); i++) {
		ck_assert_int_eq(inet_pton(AF_INET6, rows[i].address, &in6.sin6_addr), 1);
		check_peer(&in6, rows[i].expected);
	}
	check_peer(&un, "unix: - - ");
	logging_close();
}
END_TEST

/* The request line and the two fields, of any bytes; head is not parsed. */
static void log_bytes(const char *line, const char *referer, const char *agent)
{
	static char head[64 * 1024];
	struct request request = { 0 };
	size_t sizes[] = { strlen(line), strlen(referer), strlen(agent) };

	ck_assert_uint_lt(sizes[0] + sizes[1] + sizes[2], sizeof(head));
	memcpy(head, line, sizes[0]);
	memcpy(head + sizes[0], referer, sizes[1]);
	memcpy(head + sizes[0] + sizes[1], agent, sizes[2]);
	request.line = (struct request_part){ 0, (uint16_t)sizes[0] };
	request.kept[REQUEST_REFERER] =
		(struct request_part){ (uint16_t)sizes[0], (uint16_t)sizes[1] };
	request.kept[REQUEST_USER_AGENT] =
		(struct request_part){ (uint16_t)(sizes[0] + sizes[1]), (uint16_t)sizes[2] };
	logging_add(&(struct exchange_record){
		.head = head, .request = &request, .status = 200, .sent = 1 });
}

START_TEST(what_a_client_sent_cannot_look_like_anything_else)
{
	logging_open();
	log_bytes("GET /\" 200 1", "\\x22\"", "a\n127.0.0.1 - - \"\r\t\x1b[31m\x7f\xc3\xa9\xff");
	check_line(LOOPBACK,
		" \"GET /\\x22 200 1\" 200 1 \"\\x5cx22\\x22\" "
		"\"a\\x0a127.0.0.1 - - \\x22\\x0d\\x09\\x1b[31m\\x7f\\xc3\\xa9\\xff\"");
	logging_close();
}
END_TEST

/* There is room for the largest head, of which every byte becomes four. */
START_TEST(longest_request_has_its_line)
{
	static char line[REQUEST_LINE_MAX + 1], referer[REQUEST_FIELDS_MAX / 2 + 1],
		agent[REQUEST_FIELDS_MAX / 2 + 1];

	memset(line, '"', sizeof(line) - 1);
	memset(referer, '\xff', sizeof(referer) - 1);
	memset(agent, '\n', sizeof(agent) - 1);
	logging_open();
	for (int i = 0; i < 2; i++)
		log_bytes(line, referer, agent);
	logging_turn();
	size_t parts = 4 * (sizeof(line) + sizeof(referer) + sizeof(agent) - 3);

	ck_assert_uint_eq(strlen(read_log(logging_path)),
		2 * (parts + strlen(LOOPBACK) + strlen(now()) + strlen(" \"\" 200 1 \"\" \"\"\n")));
	logging_close();
}
END_TEST

START_TEST(lines_are_written_once_a_turn)
{
	logging_open();
	log_head(GET "\r\n", 200, 1);
	log_head(GET "\r\n", 200, 2);
	ck_assert_str_eq(read_log(logging_path), "");
	logging_turn();
	ck_assert_ptr_nonnull(strstr(read_log(logging_path), "\" 200 1 \""));
	ck_assert_ptr_nonnull(strstr(text, "\" 200 2 \""));
	logging_close();
}
END_TEST

/* However many requests a turn has, not all their lines are kept until its end. */
START_TEST(many_lines_are_written_at_once)
{
	logging_open();
	for (int i = 0; i < 2000; i++)
		log_head(GET "\r\n", 200, 1);
	ck_assert_uint_ge(strlen(read_log(logging_path)), 64 * 1024);
	logging_close();
}
END_TEST

START_TEST(end_writes_what_is_left)
{
	logging_open();
	log_head(GET "\r\n", 200, 1);
	logging_close();
	ck_assert_ptr_nonnull(strstr(read_log(logging_path), "\" 200 1 \""));
	ck_assert_uint_eq(logging_told, 0);
}
END_TEST

START_TEST(file_is_appended_to)
{
	FILE *file = fopen(logging_path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs("before\n", file), 0);
	ck_assert_int_eq(fclose(file), 0);
	logging_open();
	log_head(GET "\r\n", 200, 1);
	logging_close();
	ck_assert_int_eq(strncmp(read_log(logging_path), "before\n" LOOPBACK, 21), 0);
}
END_TEST

START_TEST(new_file_is_not_for_everybody)
{
	struct stat stat_of;

	(void)umask(0);
	logging_open();
	logging_close();
	ck_assert_int_eq(stat(logging_path, &stat_of), 0);
	ck_assert_int_eq(stat_of.st_mode & 07777, 0640);
}
END_TEST

START_TEST(file_that_cannot_be_opened_is_named)
{
	struct access_log *log = NULL;
	struct baton_error error;

	ck_assert_int_eq(
		access_log_open(logging_loop, directory, NULL, NULL, &log, &error), -EISDIR);
	ck_assert_ptr_null(log);
	ck_assert_ptr_nonnull(strstr(error.text, directory));
	ck_assert_ptr_nonnull(strstr(error.text, strerror(EISDIR)));
}
END_TEST

START_TEST(pipe_that_nobody_reads_is_named_as_such)
{
	struct access_log *log = NULL;
	struct baton_error error;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/fifo", directory);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(access_log_open(logging_loop, path, NULL, NULL, &log, &error), -ENXIO);
	ck_assert_ptr_nonnull(strstr(error.text, "/fifo\": nobody reads the pipe"));
	ck_assert_ptr_null(log);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(reopened_log_is_the_file_that_has_the_name)
{
	char old[64];

	(void)snprintf(old, sizeof(old), "%s/old", directory);
	logging_open();
	log_head(GET "\r\n", 200, 1);
	logging_turn();
	ck_assert_int_eq(rename(logging_path, old), 0);
	log_head(GET "\r\n", 200, 2);
	logging_turn();
	log_head(GET "\r\n", 200, 3); /* not written yet: it is the old file's */
	access_log_reopen(logging_log);
	log_head(GET "\r\n", 200, 4);
	logging_turn();
	ck_assert_ptr_nonnull(strstr(read_log(old), "\" 200 1 \""));
	ck_assert_ptr_nonnull(strstr(text, "\" 200 2 \""));
	ck_assert_ptr_nonnull(strstr(text, "\" 200 3 \""));
	ck_assert_ptr_null(strstr(text, "\" 200 4 \""));
	ck_assert_int_eq(unlink(old), 0);
	ck_assert_int_eq(truncate(logging_path, 0), 0);
	log_head(GET "\r\n", 200, 5);
	check_line(LOOPBACK, " \"" LINE "\" 200 5 \"-\" \"-\"");
	ck_assert_uint_eq(logging_told, 0);
	logging_close();
}
END_TEST

START_TEST(old_file_stays_if_it_cannot_be_reopened)
{
	char old[64];

	(void)snprintf(old, sizeof(old), "%s/old", directory);
	logging_open();
	ck_assert_int_eq(rename(logging_path, old), 0);
	ck_assert_int_eq(mkdir(logging_path, 0700), 0);
	access_log_reopen(logging_log);
	ck_assert_uint_eq(logging_told, 1);
	ck_assert_int_eq(logging_level, LOG_ERR);
	ck_assert_ptr_nonnull(strstr(logging_text, logging_path));
	log_head(GET "\r\n", 200, 1);
	logging_turn();
	ck_assert_ptr_nonnull(strstr(read_log(old), "\" 200 1 \""));
	logging_close();
}
END_TEST

START_TEST(no_log_may_be_reopened_and_closed)
{
	access_log_reopen(NULL);
	access_log_close(NULL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		line_is_in_the_combined_format,
		time_is_that_of_the_zone,
		absent_fields_are_a_dash,
		request_that_was_not_understood_has_what_is_known_of_it,
		numbers_have_all_their_digits,
		peer_is_told_in_its_family,
		what_a_client_sent_cannot_look_like_anything_else,
		longest_request_has_its_line,
		lines_are_written_once_a_turn,
		many_lines_are_written_at_once,
		end_writes_what_is_left,
		file_is_appended_to,
		new_file_is_not_for_everybody,
		file_that_cannot_be_opened_is_named,
		pipe_that_nobody_reads_is_named_as_such,
		reopened_log_is_the_file_that_has_the_name,
		old_file_stays_if_it_cannot_be_reopened,
		no_log_may_be_reopened_and_closed,
	};

	return suite_run(&(struct suite){
		.name = "access_log",
		.cases = cases,
		.count = array_length(cases),
		.setup = logging_setup,
		.teardown = logging_teardown,
	});
}
