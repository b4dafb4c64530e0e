/* SPDX-License-Identifier: MIT */
/* One client of the control socket: supervisor/control/session.c. The clock of the loop is
 * turned on by hand where a limit is hours away for a test. */
#include "control/session.h"

#include <ev.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/protocol.h"
#include "support/loop.h"
#include "support/process.h"
#include "support/suite.h"

static struct session *session;
static int client;
static int lines, ends;
static char last_line[256];
static char answers[4096];

static void on_line(struct session *from, const char *line, size_t length, void *data)
{
	(void)data;
	lines++;
	ck_assert_uint_lt(length, sizeof(last_line));
	memcpy(last_line, line, length);
	last_line[length] = '\0';
	if (strcmp(last_line, "wait") == 0)
		session_wait(from, SESSION_WAITS_FOR_UPGRADE);
	else
		session_send_take(from, json_pack("{si}", "line", lines));
}

static void on_end(struct session *from, void *data)
{
	(void)data;
	ck_assert_ptr_eq(from, session);
	session_destroy(from);
	session = NULL;
	ends++;
}

static void setup(void)
{
	int pair[2];

	loop_make();
	lines = ends = 0;
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	client = pair[1];
	session = session_create_take(pair[0], case_loop,
		&(struct session_handler){ .on_line = on_line, .on_end = on_end });
	ck_assert_ptr_nonnull(session);
}

static void teardown(void)
{
	session_destroy(session);
	fd_close(client);
	loop_remove();
}

static void say(const char *text)
{
	ck_assert_int_eq(send(client, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What has come back by now. */
static const char *hear(void)
{
	ssize_t got = recv(client, answers, sizeof(answers) - 1, MSG_DONTWAIT);

	answers[got > 0 ? got : 0] = '\0';
	return answers;
}

/* As if its time were over. */
static void expire(void)
{
	ev_timer_stop(case_loop, &session->timer);
	ev_timer_set(&session->timer, 0, 0);
	ev_timer_start(case_loop, &session->timer);
}

START_TEST(each_line_is_answered)
{
	say("one\n");
	loop_await(&lines, 1);
	ck_assert_str_eq(last_line, "one");
	ck_assert_str_eq(hear(), "{\"line\":1}\n");
	say("two\nthree\n");
	loop_await(&lines, 3);
	ck_assert_str_eq(last_line, "three");
	ck_assert_str_eq(hear(), "{\"line\":2}\n{\"line\":3}\n");
}
END_TEST

START_TEST(line_in_pieces_is_one)
{
	say("o");
	ck_assert(loop_turn());
	say("ne");
	ck_assert(loop_turn());
	ck_assert_int_eq(lines, 0);
	say("\n");
	loop_await(&lines, 1);
	ck_assert_str_eq(last_line, "one");
}
END_TEST

START_TEST(last_line_needs_no_newline)
{
	say("one\nlast");
	ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
	loop_await(&ends, 1);
	ck_assert_int_eq(lines, 2);
	ck_assert_str_eq(last_line, "last");
	ck_assert_str_eq(hear(), "{\"line\":1}\n{\"line\":2}\n");
}
END_TEST

START_TEST(next_line_waits_for_the_answer)
{
	say("wait\nnext\n");
	loop_await(&lines, 1);
	for (int i = 0; i < 5; i++)
		ck_assert(loop_turn());
	ck_assert_int_eq(lines, 1);
	session_send_take(session, protocol_ok());
	session_resume(session);
	loop_await(&lines, 2);
	ck_assert_str_eq(hear(), "{\"ok\":true}\n{\"line\":2}\n");
}
END_TEST

START_TEST(answer_comes_to_who_has_closed_one_half)
{
	say("wait\n");
	ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
	loop_await(&lines, 1);
	ck_assert(loop_turn());
	expire(); /* it is looked whether it is still there */
	ck_assert(loop_turn());
	ck_assert_int_eq(ends, 0);
	session_send_take(session, protocol_ok());
	session_resume(session);
	loop_await(&ends, 1);
	ck_assert_str_eq(hear(), "{\"ok\":true}\n");
}
END_TEST

START_TEST(who_has_gone_is_not_waited_for)
{
	say("wait\n");
	loop_await(&lines, 1);
	fd_close(client);
	client = -1;
	ck_assert(loop_turn());
	if (session)
		expire();
	loop_await(&ends, 1);
}
END_TEST

START_TEST(long_line_is_refused)
{
	static char line[PROTOCOL_REQUEST_MAX + 8192];
	size_t sent = 0;

	memset(line, 'x', sizeof(line));
	while (ends == 0) {
		ssize_t n = send(client, line, sizeof(line) - sent % sizeof(line),
			MSG_NOSIGNAL | MSG_DONTWAIT);

		sent += n > 0 ? (size_t)n : 0;
		(void)loop_turn();
		ck_assert_uint_lt(sent, 1 << 24);
	}
	ck_assert_int_eq(lines, 0);
	ck_assert_ptr_nonnull(strstr(hear(), "longer than 65536 bytes"));
}
END_TEST

START_TEST(longest_line_is_taken)
{
	static char line[PROTOCOL_REQUEST_MAX];

	memset(line, ' ', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	/* on_line would not hold it. */
	session->handler.on_line = NULL;
	session_wait(session, SESSION_FOLLOWS);
	for (size_t sent = 0; sent < sizeof(line);) {
		ssize_t n = send(client, line + sent, sizeof(line) - sent, MSG_DONTWAIT);

		sent += n > 0 ? (size_t)n : 0;
		ck_assert(loop_turn());
	}
	for (int i = 0; i < 20; i++)
		ck_assert(loop_turn());
	ck_assert_uint_eq(session->input.length, sizeof(line));
	ck_assert_int_eq(ends, 0);
}
END_TEST

START_TEST(slow_line_is_refused_however_it_comes)
{
	ev_tstamp due;

	say("o");
	ck_assert(loop_turn());
	ck_assert_int_eq(session->limit, SESSION_LIMIT_REQUEST);
	due = ev_timer_remaining(case_loop, &session->timer);
	ck_assert(due > 0 && due <= 10);
	say("n");
	ck_assert(loop_turn());
	/* Its time did not begin anew. */
	ck_assert(ev_timer_remaining(case_loop, &session->timer) <= due);
	expire();
	loop_await(&ends, 1);
	ck_assert_ptr_nonnull(strstr(hear(), "longer than 10 seconds"));
}
END_TEST

START_TEST(idle_session_ends)
{
	ck_assert_int_eq(session->limit, SESSION_LIMIT_IDLE);
	expire();
	loop_await(&ends, 1);
}
END_TEST

static void fill(void)
{
	for (int i = 0; i < 2000 && session->limit != SESSION_LIMIT_WRITE; i++)
		session_refuse(session, "%0400d", i);
	ck_assert_int_eq(session->limit, SESSION_LIMIT_WRITE);
}

START_TEST(who_does_not_read_is_closed_in_the_end)
{
	fill();
	say("one\n");
	ck_assert(loop_turn());
	ck_assert(loop_turn());
	ck_assert_int_eq(lines, 0); /* no more is taken from who does not take */
	expire();
	loop_await(&ends, 1);
}
END_TEST

START_TEST(who_does_not_read_cannot_fill_the_memory)
{
	fill();
	for (int i = 0; i < 4000 && !session->is_over; i++)
		session_refuse(session, "%0400d", i);
	ck_assert(session->is_over);
	ck_assert_uint_le(session->output.length, 1024 * 1024 + 1024);
	loop_await(&ends, 1);
}
END_TEST

START_TEST(who_reads_late_gets_all)
{
	size_t sent, got = 0;

	fill();
	sent = session->output.length - session->written;
	while (session->limit == SESSION_LIMIT_WRITE) {
		got += strlen(hear());
		ck_assert(loop_turn());
	}
	while (*hear())
		got += strlen(answers);
	ck_assert_uint_ge(got, sent);
	ck_assert_ptr_null(session->output.text);
	say("one\n");
	loop_await(&lines, 1);
	ck_assert_str_eq(hear(), "{\"line\":1}\n");
}
END_TEST

START_TEST(closing_session_says_its_last_word)
{
	session_refuse(session, "go away");
	session_close(session);
	session_refuse(session, "nothing more");
	loop_await(&ends, 1);
	ck_assert_str_eq(hear(), "{\"ok\":false,\"error\":\"go away\"}\n");
}
END_TEST

START_TEST(no_memory_for_an_answer_ends_it)
{
	session_send_take(session, NULL);
	loop_await(&ends, 1);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_line_is_answered,
		line_in_pieces_is_one,
		last_line_needs_no_newline,
		next_line_waits_for_the_answer,
		answer_comes_to_who_has_closed_one_half,
		who_has_gone_is_not_waited_for,
		long_line_is_refused,
		longest_line_is_taken,
		slow_line_is_refused_however_it_comes,
		idle_session_ends,
		who_does_not_read_is_closed_in_the_end,
		who_does_not_read_cannot_fill_the_memory,
		who_reads_late_gets_all,
		closing_session_says_its_last_word,
		no_memory_for_an_answer_ends_it,
	};
	const struct suite suite = {
		.name = "session",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
