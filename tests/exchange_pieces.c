/* SPDX-License-Identifier: MIT */
/* Answers whose pieces come one after the other, and their way to another process:
 * child/http/exchange_answer.c, child/http/exchange_move.c. */
#include <errno.h>
#include <string.h>

#include "http/exchange.h"
#include "http/response.h"
#include "support/fake_routes.h"
#include "support/suite.h"

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define HEAD(more) "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: text/plain\r\n" more "\r\n"
#define CHUNKED    "Transfer-Encoding: chunked\r\n"
#define CLOSE      "Connection: close\r\n"

static int64_t now_us;
static unsigned over, more;
static struct exchange_record last;

static int64_t clock_us(void)
{
	return now_us;
}

static struct exchange_settings settings = {
	.routes = &fake_routes,
	.date = "now",
	.clock_us = clock_us,
};

static void on_more(struct exchange *exchange)
{
	(void)exchange;
	more++;
}

static void on_over(struct exchange *exchange, const struct exchange_record *record)
{
	(void)exchange;
	last = *record;
	over++;
}

static const struct exchange_events events = { .on_more = on_more, .on_over = on_over };

struct client {
	struct exchange exchange;
	struct buffer in, out;
};

static struct client client, next;

static void setup(void)
{
	exchange_open(&client.exchange, &events, baton_context_background());
	exchange_open(&next.exchange, &events, baton_context_background());
}

static void finish(struct client *finished)
{
	exchange_close(&finished->exchange, &settings);
	exchange_finish(&finished->exchange);
	buffer_release(&finished->in);
	buffer_release(&finished->out);
}

static void teardown(void)
{
	finish(&client);
	finish(&next);
}

static void run(struct client *running)
{
	ck_assert_int_eq(
		exchange_run(&running->exchange, &settings, &running->in, &running->out, 1000), 0);
}

static void ask(struct client *asking, const char *bytes)
{
	ck_assert_int_eq(buffer_append_text(&asking->in, bytes), 0);
	run(asking);
}

/* Its next piece has come. */
static void go_on(struct client *running)
{
	unsigned before = more;

	call_more(fake_pending);
	ck_assert_uint_eq(more, before + 1);
	ck_assert_int_eq(running->exchange.state, EXCHANGE_SENDING);
	run(running);
}

/* What has come out since. */
static void check_out(struct client *checked, const char *expected)
{
	ck_assert_msg(checked->out.size == strlen(expected) &&
			memcmp(buffer_bytes(&checked->out), expected, checked->out.size) == 0,
		"got: %.*s\nexpected: %s", (int)checked->out.size, buffer_bytes(&checked->out),
		expected);
	buffer_clear(&checked->out);
}

START_TEST(answer_is_paused_until_its_next_piece_comes)
{
	ask(&client, GET("/events"));
	check_out(&client, HEAD(CHUNKED) "2\r\n1\n\r\n");
	ck_assert_int_eq(client.exchange.state, EXCHANGE_PAUSED);
	run(&client);
	check_out(&client, "");
	go_on(&client);
	check_out(&client, "2\r\n2\n\r\n");
	ck_assert_int_eq(client.exchange.state, EXCHANGE_PAUSED);
	ck_assert_uint_eq(over, 0);
}
END_TEST

START_TEST(request_behind_a_paused_answer_waits)
{
	ask(&client, GET("/counted") GET("/"));
	go_on(&client);
	buffer_clear(&client.out);
	go_on(&client);
	check_out(&client,
		"2\r\n3\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: "
		"text/plain\r\nContent-Length: 6\r\n\r\nhello\n");
	ck_assert_uint_eq(over, 2);
	ck_assert_int_eq(client.exchange.state, EXCHANGE_IDLE);
}
END_TEST

START_TEST(client_that_leaves_a_paused_answer_is_told_of)
{
	ask(&client, GET("/events"));
	exchange_close(&client.exchange, &settings);
	ck_assert_int_eq(last.status, 499);
	ck_assert_uint_eq(last.sent, 2);
	ck_assert_uint_eq(fake_ended, 1);
}
END_TEST

START_TEST(endless_answer_ends_with_its_next_piece_in_a_drain)
{
	ask(&client, GET("/events"));
	check_out(&client, HEAD(CHUNKED) "2\r\n1\n\r\n");
	settings.is_draining = true;
	client.exchange.goes_on = true;
	go_on(&client);
	check_out(&client, "2\r\n2\n\r\n");
	client.exchange.goes_on = false;
	go_on(&client);
	check_out(&client, "2\r\n3\n\r\n0\r\n\r\n");
	ck_assert_int_eq(client.exchange.state, EXCHANGE_ENDED);
	ck_assert_int_eq(last.status, 200);
}
END_TEST

START_TEST(answer_with_an_end_comes_to_it_in_a_drain)
{
	ask(&client, GET("/counted"));
	settings.is_draining = true;
	go_on(&client);
	ck_assert_int_eq(client.exchange.state, EXCHANGE_PAUSED);
	go_on(&client);
	check_out(&client, HEAD(CHUNKED) "2\r\n1\n\r\n2\r\n2\n\r\n2\r\n3\n\r\n0\r\n\r\n");
	ck_assert_int_eq(client.exchange.state, EXCHANGE_IDLE);
}
END_TEST

START_TEST(paused_answer_can_be_ended_where_it_is)
{
	ask(&client, GET("/counted"));
	buffer_clear(&client.out);
	ck_assert_int_eq(exchange_end_pieces(&client.exchange, &settings, &client.out), 0);
	check_out(&client, "0\r\n\r\n");
	ck_assert_int_eq(client.exchange.state, EXCHANGE_ENDED);
	ck_assert_int_eq(last.status, 200);
}
END_TEST

/* 0 or the error. */
static int move(void)
{
	struct exchange_saved saved;

	ck_assert(exchange_can_move(&client.exchange));
	ck_assert_int_eq(exchange_save(&client.exchange, &settings, &saved), 0);
	return exchange_resume(&next.exchange, &settings, &saved);
}

START_TEST(moved_answer_goes_on_with_its_next_piece)
{
	ask(&client, GET("/events"));
	go_on(&client);
	now_us = 500;
	ck_assert_int_eq(move(), 0);
	exchange_leave(&client.exchange);
	ck_assert_int_eq(client.exchange.state, EXCHANGE_IDLE);
	ck_assert_uint_eq(over, 0);
	ck_assert_uint_eq(fake_ended, 1);
	ck_assert_int_eq(next.exchange.state, EXCHANGE_PAUSED);
	ck_assert(exchange_can_move(&next.exchange));
	fake_pending = &next.exchange.call; /* of two processes each would have its own */
	go_on(&next);
	check_out(&next, "2\r\n3\n\r\n");
	now_us = 700;
	exchange_close(&next.exchange, &settings);
	ck_assert_int_eq(last.took_us, 700);
	ck_assert_uint_eq(last.sent, 6);
}
END_TEST

START_TEST(moved_answer_ends_as_it_was_to_end)
{
	ask(&client, "GET /events HTTP/1.0\r\n\r\n");
	check_out(&client, HEAD(CLOSE) "1\n");
	ck_assert_int_eq(move(), 0);
	ck_assert(next.exchange.is_clients_wish);
	fake_pending = &next.exchange.call;
	go_on(&next);
	check_out(&next, "2\n");
	ck_assert_int_eq(exchange_end_pieces(&next.exchange, &settings, &next.out), 0);
	check_out(&next, "");
	ck_assert_int_eq(next.exchange.state, EXCHANGE_ENDED);
}
END_TEST

START_TEST(answer_that_waits_for_the_client_can_move_too)
{
	ask(&client, GET("/events"));
	call_more(fake_pending);
	ck_assert_int_eq(client.exchange.state, EXCHANGE_SENDING);
	ck_assert_int_eq(move(), 0);
	fake_pending = &next.exchange.call;
	go_on(&next);
	check_out(&next, "2\r\n2\n\r\n");
}
END_TEST

START_TEST(other_answers_cannot_move)
{
	ck_assert(!exchange_can_move(&client.exchange));
	ask(&client, GET("/counted"));
	ck_assert_int_eq(client.exchange.state, EXCHANGE_PAUSED);
	ck_assert(!exchange_can_move(&client.exchange));
	ask(&next, GET("/slow"));
	ck_assert(!exchange_can_move(&next.exchange));
}
END_TEST

START_TEST(answers_that_nobody_goes_on_with_are_refused)
{
	static const struct {
		const char *head;
		size_t state_size;
		int r;
	} cases[] = {
		{ GET("/"), 4, -EPROTONOSUPPORT },
		{ GET("/counted"), 4, -EPROTONOSUPPORT },
		{ GET("/gone"), 4, -EPROTONOSUPPORT },
		{ "HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n", 4, -EPROTONOSUPPORT },
		{ "POST /events HTTP/1.1\r\nHost: a\r\n\r\n", 4, -EPROTONOSUPPORT },
		{ GET("/events") "x", 4, -EBADMSG },
		{ "GET /events HTTP/1.1\r\n", 4, -EBADMSG },
		{ "GET /events HTTP/1.1\r\n\r\n", 4, -EBADMSG },
		{ "", 4, -EBADMSG },
		{ GET("/events"), 3, -EBADMSG },
	};
	struct exchange_saved saved = { .state = "\1\0\0\0" };

	for (size_t i = 0; i < array_length(cases); i++) {
		saved.head = cases[i].head;
		saved.head_size = strlen(cases[i].head);
		saved.state_size = cases[i].state_size;
		ck_assert_int_eq(exchange_resume(&next.exchange, &settings, &saved), cases[i].r);
		ck_assert_int_eq(next.exchange.state, EXCHANGE_IDLE);
	}
	ck_assert_uint_eq(over, 0);
	/* And it is as it was. */
	ask(&next, GET("/events"));
	check_out(&next, HEAD(CHUNKED) "2\r\n1\n\r\n");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		answer_is_paused_until_its_next_piece_comes,
		request_behind_a_paused_answer_waits,
		client_that_leaves_a_paused_answer_is_told_of,
		endless_answer_ends_with_its_next_piece_in_a_drain,
		answer_with_an_end_comes_to_it_in_a_drain,
		paused_answer_can_be_ended_where_it_is,
		moved_answer_goes_on_with_its_next_piece,
		moved_answer_ends_as_it_was_to_end,
		answer_that_waits_for_the_client_can_move_too,
		other_answers_cannot_move,
		answers_that_nobody_goes_on_with_are_refused,
	};

	return suite_run(&(struct suite){
		.name = "exchange_pieces",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
