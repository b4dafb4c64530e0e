/* SPDX-License-Identifier: MIT */
/*
 * What the access log does when it cannot write: child/access_log.c. It keeps
 * lines up to a limit, loses what comes then, and says so once; and once more when it
 * works again, with their number. Nobody waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/head.h"
#include "support/logging.h"
#include "support/process.h"
#include "support/suite.h"

#define HEAD "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

enum {
	PIPE_SIZE = 4096,
	KEEP_MAX = 1024 * 1024, /* bytes that the log keeps, as access_log.c has it */
	LINE_MIN = 64,          /* bytes of a line at least, and at most */
	LINE_MAX = 128,
	MANY = 2 * KEEP_MAX / LINE_MIN,
	TURNS_MAX = 10000,
};

static int reader = -1; /* of the pipe that is the log */
static uint64_t added, seen;
static char piece[PIPE_SIZE * 16];
static size_t piece_size; /* of a line of which the rest has not come */

static void setup(void)
{
	logging_setup();
	(void)signal(SIGPIPE, SIG_IGN);
}

/* Makes the log a pipe that soon is full. */
static void make_pipe(void)
{
	ck_assert_int_eq(mkfifo(logging_path, 0600), 0);
	reader = open(logging_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(reader, 0);
	ck_assert_int_ge(fcntl(reader, F_SETPIPE_SZ, PIPE_SIZE), PIPE_SIZE);
}

static void teardown(void)
{
	fd_close(reader);
	logging_teardown();
}

/* A request whose number is how much was sent of it. */
static void add(void)
{
	static struct request request;

	if (!request.size)
		request = head_parse(HEAD);
	logging_add(&(struct exchange_record){
		.head = HEAD, .request = &request, .status = 200, .sent = added++ });
}

static void add_many(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		add();
}

/* A whole line: the one that was expected, or one behind it. */
static void see(const char *line)
{
	unsigned long long number;

	ck_assert_msg(sscanf(line, "127.0.0.1 - - [%*[^]]] \"GET / HTTP/1.1\" 200 %llu \"-\" \"-\"",
			      &number) == 1,
		"%s", line);
	ck_assert_uint_ge(number, seen);
	seen++;
}

/* Takes what is in the pipe, up to a number of bytes; false if there was nothing. */
static bool read_pipe(size_t size)
{
	size_t room = sizeof(piece) - 1 - piece_size;
	ssize_t count = read(reader, piece + piece_size, size < room ? size : room);
	char *line = piece, *end;

	if (count == -1) {
		ck_assert_int_eq(errno, EAGAIN);
		return false;
	}
	piece_size += (size_t)count;
	piece[piece_size] = '\0';
	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		see(line);
	}
	piece_size -= (size_t)(line - piece);
	if (line != piece) /* memcheck takes that for an overlap */
		memmove(piece, line, piece_size);
	return count > 0;
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)w, (void)revents;
	ck_abort_msg(
		"%llu of %llu lines came", (unsigned long long)seen, (unsigned long long)added);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop, (void)w, (void)revents;
	(void)read_pipe(sizeof(piece));
}

/* Reads all, until the log has had that many things to say. */
static void read_until_told(unsigned told)
{
	ev_timer deadline;
	ev_io readable;

	ev_timer_init(&deadline, on_deadline, PROCESS_DEADLINE_MS / 1e3, 0);
	ev_timer_start(logging_loop, &deadline);
	ev_io_init(&readable, on_readable, reader, EV_READ);
	ev_io_start(logging_loop, &readable);
	while (logging_told < told)
		ev_run(logging_loop, EVRUN_ONCE);
	ev_io_stop(logging_loop, &readable);
	ev_timer_stop(logging_loop, &deadline);
	while (read_pipe(sizeof(piece)))
		;
	ck_assert_uint_eq(piece_size, 0);
}

/* Reads all that is to come, as fast as it comes: nothing is waited for. */
static void keep_up(void)
{
	for (unsigned turns = 0; seen < added; turns++) {
		ck_assert_uint_lt(turns, TURNS_MAX);
		logging_turn();
		(void)read_pipe(sizeof(piece));
	}
	ck_assert_uint_eq(piece_size, 0);
}

/* Waits until the log says that it fails, for which the reason is given. */
static void await_failure(const char *reason)
{
	logging_await(logging_told + 1);
	ck_assert_int_eq(logging_level, LOG_ERR);
	ck_assert_ptr_nonnull(strstr(logging_text, logging_path));
	ck_assert_msg(strstr(logging_text, reason), "%s", logging_text);
}

/* How many lines are lost, as the log has said last. */
static uint64_t told_lost(void)
{
	const char *behind = strstr(logging_text, "again, ");
	unsigned long long lost;

	ck_assert_int_eq(logging_level, LOG_NOTICE);
	ck_assert_ptr_nonnull(strstr(logging_text, logging_path));
	ck_assert_msg(behind && sscanf(behind, "again, %llu lines are lost", &lost) == 1, "%s",
		logging_text);
	return lost;
}

START_TEST(reader_that_keeps_up_gets_every_line)
{
	make_pipe();
	logging_open();
	for (int i = 0; i < 20; i++) {
		add_many(2000);
		keep_up();
	}
	ck_assert_uint_eq(logging_told, 0);
	logging_close();
}
END_TEST

START_TEST(slow_reader_costs_nothing_as_long_as_all_is_kept)
{
	make_pipe();
	logging_open();
	add_many(KEEP_MAX / LINE_MAX);
	for (int i = 0; i < 10; i++)
		logging_turn();
	ck_assert_uint_eq(logging_told, 0);
	keep_up();
	ck_assert_uint_eq(logging_told, 0);
	logging_close();
}
END_TEST

START_TEST(lines_beyond_what_is_kept_are_lost_and_told_of_once)
{
	make_pipe();
	logging_open();
	add_many(MANY);
	logging_turn();
	ck_assert_uint_eq(logging_told, 1);
	ck_assert_int_eq(logging_level, LOG_ERR);
	ck_assert_ptr_nonnull(strstr(logging_text, logging_path));
	ck_assert_ptr_nonnull(strstr(logging_text, "too slow"));
	for (int i = 0; i < 10; i++) {
		add_many(100);
		logging_turn();
	}
	ck_assert_uint_eq(logging_told, 1);
	read_until_told(2);
	ck_assert_uint_gt(told_lost(), 0);
	ck_assert_uint_eq(seen + told_lost(), added);
	add();
	logging_turn();
	read_until_told(2);
	ck_assert_uint_eq(logging_told, 2);
	ck_assert_uint_eq(seen + told_lost(), added);
	logging_close();
}
END_TEST

/* The reader makes room before the log has tried to write again. */
START_TEST(lines_lost_for_a_moment_are_told_of_too)
{
	make_pipe();
	logging_open();
	add_many(MANY);
	(void)read_pipe(sizeof(piece));
	read_until_told(2);
	ck_assert_uint_gt(told_lost(), 0);
	ck_assert_uint_eq(seen + told_lost(), added);
	logging_close();
}
END_TEST

START_TEST(each_failure_is_told_of_with_its_own_number)
{
	make_pipe();
	logging_open();
	for (unsigned i = 1; i <= 3; i++) {
		seen = added = 0;
		add_many(MANY);
		read_until_told(2 * i);
		ck_assert_uint_eq(seen + told_lost(), added);
	}
	logging_close();
}
END_TEST

START_TEST(reader_that_is_gone_may_come_back)
{
	make_pipe();
	logging_open();
	fd_close(reader);
	add_many(10);
	await_failure(strerror(EPIPE));
	add_many(10);
	reader = open(logging_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(reader, 0);
	read_until_told(2);
	ck_assert_uint_eq(told_lost(), 0);
	ck_assert_uint_eq(seen, added);
	logging_close();
}
END_TEST

static void on_pause_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w, (void)revents;
	ev_break(loop, EVBREAK_ALL);
}

/* No more turns than there are reasons for; nothing is told again. */
START_TEST(full_device_is_told_of_once_and_tried_now_and_then)
{
	ev_timer pause;

	ck_assert_int_eq(symlink("/dev/full", logging_path), 0);
	logging_open();
	add();
	logging_turn();
	ck_assert_uint_eq(logging_told, 1);
	ck_assert_int_eq(logging_level, LOG_ERR);
	ck_assert_ptr_nonnull(strstr(logging_text, strerror(ENOSPC)));
	add_many(MANY);
	unsigned before = ev_iteration(logging_loop);

	ev_timer_init(&pause, on_pause_over, 0.35, 0);
	ev_timer_start(logging_loop, &pause);
	ev_run(logging_loop, 0);
	ck_assert_uint_le(ev_iteration(logging_loop) - before, 10);
	ck_assert_uint_eq(logging_told, 1);
	logging_close();
}
END_TEST

START_TEST(what_was_kept_goes_to_the_file_that_is_opened_then)
{
	ck_assert_int_eq(symlink("/dev/full", logging_path), 0);
	logging_open();
	add_many(10);
	logging_turn();
	ck_assert_uint_eq(logging_told, 1);
	ck_assert_int_eq(unlink(logging_path), 0);
	make_pipe();
	access_log_reopen(logging_log);
	add_many(10);
	read_until_told(2);
	ck_assert_uint_eq(told_lost(), 0);
	ck_assert_uint_eq(seen, added);
	logging_close();
}
END_TEST

/* The last lines are lost as others are, and nobody would know. */
START_TEST(lines_that_the_end_loses_are_told_of)
{
	unsigned long long lost;

	make_pipe();
	logging_open();
	add_many(1000);
	logging_close();
	while (read_pipe(sizeof(piece)))
		;
	ck_assert_uint_eq(logging_told, 1);
	ck_assert_int_eq(logging_level, LOG_ERR);
	const char *number = strstr(logging_text, "\": ");

	ck_assert_msg(number && sscanf(number, "\": %llu lines are lost", &lost) == 1, "%s",
		logging_text);
	ck_assert_uint_eq(seen + lost, added);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		reader_that_keeps_up_gets_every_line,
		slow_reader_costs_nothing_as_long_as_all_is_kept,
		lines_beyond_what_is_kept_are_lost_and_told_of_once,
		lines_lost_for_a_moment_are_told_of_too,
		each_failure_is_told_of_with_its_own_number,
		reader_that_is_gone_may_come_back,
		full_device_is_told_of_once_and_tried_now_and_then,
		what_was_kept_goes_to_the_file_that_is_opened_then,
		lines_that_the_end_loses_are_told_of,
	};

	return suite_run(&(struct suite){
		.name = "access_log_lost",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
