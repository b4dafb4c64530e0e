/* SPDX-License-Identifier: MIT */
/* A worker's standard error on its way: supervisor/capture.c. */
#include "capture.h"

#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/fd.h"
#include "support/loop.h"
#include "support/process.h"
#include "support/suite.h"

static struct list captures;
static struct capture *capture;
static int worker;    /* its end */
static int onto, out; /* where it is passed on to, and where that is read */
static char text[1 << 17];

static void setup(void)
{
	int pair[2];

	loop_make();
	list_init(&captures);
	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	out = pair[0];
	onto = pair[1];
	ck_assert_int_eq(fd_set_nonblock(out, true), 0);
	ck_assert_int_eq(capture_create(&captures, case_loop, onto, &capture, &worker), 0);
}

static void teardown(void)
{
	list_for_each_safe (link, &captures)
		capture_destroy(container_of(link, struct capture, link));
	fd_close(worker);
	fd_close(out);
	fd_close(onto);
	loop_remove();
}

static void say(const char *words)
{
	ck_assert_int_eq(write(worker, words, strlen(words)), (ssize_t)strlen(words));
}

/* Until the worker's end is closed and all of it has come. */
static size_t hear_all(void)
{
	size_t length = 0;

	while (capture->fd != -1) {
		ssize_t got;

		(void)loop_turn();
		while ((got = read(out, text + length, sizeof(text) - length - 1)) > 0)
			length += (size_t)got;
	}
	text[length] = '\0';
	return length;
}

static void close_worker(void)
{
	fd_close(worker);
	worker = -1;
}

static void expect_tail(const char *expected)
{
	struct strbuf tail = STRBUF_INIT;

	capture_tail(capture, &tail);
	char *words = strbuf_take(&tail);

	ck_assert_str_eq(words, expected);
	free(words);
}

START_TEST(all_is_passed_on_and_remembered)
{
	say("one\n");
	say("two");
	close_worker();
	ck_assert_uint_eq(hear_all(), 7);
	ck_assert_str_eq(text, "one\ntwo");
	expect_tail("one\ntwo");
}
END_TEST

START_TEST(what_was_said_before_the_end_is_drained)
{
	say("last words");
	capture_drain(capture);
	expect_tail("last words");
	ck_assert_int_eq(read(out, text, sizeof(text)), 10);
}
END_TEST

START_TEST(tail_begins_with_a_whole_line)
{
	char line[101], expected[CAPTURE_KEPT + 1] = "";

	for (int i = 0; i < 100; i++) {
		(void)snprintf(line, sizeof(line), "%099d\n", i);
		say(line);
		capture_drain(capture);
		(void)!read(out, text, sizeof(text));
	}
	for (int i = 60; i < 100; i++)
		(void)snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
			"%099d\n", i);
	expect_tail(expected);
}
END_TEST

START_TEST(tail_is_text_whatever_was_written)
{
	ck_assert_int_eq(write(worker, "a\0b\033[1m\t\xff\xc3\xa4\xc2\x9b\n", 14), 14);
	capture_drain(capture);
	expect_tail("a?b?[1m\t?\xc3\xa4?\n");
}
END_TEST

START_TEST(nothing_is_lost_while_the_reader_is_behind)
{
	size_t sent = 0, wanted = 100000;
	char bytes[1000];

	ck_assert_int_eq(fcntl(onto, F_SETPIPE_SZ, 4096), 4096);
	ck_assert_int_eq(fcntl(worker, F_SETPIPE_SZ, 4096), 4096);
	ck_assert_int_eq(fd_set_nonblock(worker, true), 0);
	memset(bytes, 'x', sizeof(bytes));
	/* The worker comes to a stop, too, and baton with it to none. */
	for (int stuck = 0; stuck < 5;) {
		ssize_t n = write(worker, bytes, sizeof(bytes));

		stuck = n == -1 ? stuck + 1 : 0;
		sent += n > 0 ? (size_t)n : 0;
		(void)loop_turn();
	}
	ck_assert_uint_lt(sent, wanted);
	ck_assert(ev_is_active(&capture->writer));
	ck_assert(!ev_is_active(&capture->reader));
	close_worker();
	ck_assert_uint_eq(hear_all(), sent);
}
END_TEST

START_TEST(worker_goes_on_when_nobody_reads_any_more)
{
	fd_close(out);
	out = -1;
	for (int i = 0; i < 100; i++) {
		say("a line that nobody will read\n");
		(void)loop_turn();
	}
	close_worker();
	while (capture->fd != -1)
		(void)loop_turn();
}
END_TEST

START_TEST(one_that_is_left_goes_on_and_frees_itself)
{
	capture_leave(capture);
	say("from a child of it\n");
	(void)loop_turn();
	ck_assert(!list_empty(&captures));
	ck_assert_int_eq(read(out, text, sizeof(text)), 19);
	close_worker();
	loop_run();
	ck_assert(list_empty(&captures));
}
END_TEST

START_TEST(one_that_has_ended_is_freed_at_once)
{
	close_worker();
	(void)hear_all();
	capture_leave(capture);
	ck_assert(list_empty(&captures));
	capture_leave(NULL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		all_is_passed_on_and_remembered,
		what_was_said_before_the_end_is_drained,
		tail_begins_with_a_whole_line,
		tail_is_text_whatever_was_written,
		nothing_is_lost_while_the_reader_is_behind,
		worker_goes_on_when_nobody_reads_any_more,
		one_that_is_left_goes_on_and_frees_itself,
		one_that_has_ended_is_freed_at_once,
	};
	const struct suite suite = {
		.name = "capture",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
