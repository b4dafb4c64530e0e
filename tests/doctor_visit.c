/* SPDX-License-Identifier: MIT */
/* Clients of a server that does as it is told, on one loop: supervisor/doctor/visit.c, lesson.c,
 * load.c, words.c, peer.c. */
#include "doctor/visit.h"

#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "doctor/lesson.h"
#include "doctor/load.h"
#include "doctor/peer.h"
#include "doctor/words.h"
#include "support/loop.h"
#include "support/suite.h"

#define CLOSING_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
#define KEEPING_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

enum { CONNECTIONS_MAX = 64, SHORT_MS = 300, LONG_MS = 10000 };

/* What the server does. */
static struct {
	const char *greeting; /* at once; NULL: nothing */
	const char *answer;   /* to what ends with `until`; NULL: it reads, and is silent */
	const char *until;
	int answers; /* on one connection; after the last it closes it. 0: closes at once */
	bool resets; /* instead of closing */
} server;

static struct connection {
	ev_io watcher;
	char text[1024];
	size_t length;
	int answers;
} connections[CONNECTIONS_MAX];

static int listener, accepted, heard; /* heard: requests */
static ev_io accept_watcher;
static struct peer peer;
static char name[64];
static struct words words;

static void close_connection(struct connection *connection)
{
	struct linger linger = { .l_onoff = server.resets };
	int fd = connection->watcher.fd;

	if (!ev_is_active(&connection->watcher))
		return;
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	ev_io_stop(case_loop, &connection->watcher);
	fd_close(fd);
}

static void on_request(struct ev_loop *loop, ev_io *w, int revents)
{
	struct connection *connection = container_of(w, struct connection, watcher);
	ssize_t got = recv(w->fd, connection->text + connection->length,
		sizeof(connection->text) - 1 - connection->length, 0);

	(void)loop, (void)revents;
	if (got <= 0) {
		close_connection(connection);
		return;
	}
	connection->length += (size_t)got;
	connection->text[connection->length] = '\0';
	if (!server.answer || !strstr(connection->text, server.until))
		return;
	heard++;
	connection->length = 0;
	ck_assert_int_ge(send(w->fd, server.answer, strlen(server.answer), MSG_NOSIGNAL), 0);
	if (++connection->answers == server.answers)
		close_connection(connection);
}

static void on_connection(struct ev_loop *loop, ev_io *w, int revents)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *connection = &connections[accepted];

	(void)revents;
	ck_assert_int_ge(fd, 0);
	ck_assert_int_lt(accepted++, CONNECTIONS_MAX);
	ev_io_init(&connection->watcher, on_request, fd, EV_READ);
	ev_io_start(loop, &connection->watcher);
	if (server.greeting)
		ck_assert_int_ge(
			send(fd, server.greeting, strlen(server.greeting), MSG_NOSIGNAL), 0);
	if (server.answers == 0)
		close_connection(connection);
}

static void setup(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);

	loop_make();
	memset(&server, 0, sizeof(server));
	server.until = "\r\n\r\n";
	server.answers = 1;
	accepted = heard = 0;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(listen(listener, 128), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	ev_io_init(&accept_watcher, on_connection, listener, EV_READ);
	ev_io_start(case_loop, &accept_watcher);
	(void)snprintf(name, sizeof(name), "tcp://0.0.0.0:%d", ntohs(address.sin_port));
	ck_assert_int_eq(peer_init(&peer, name), 0);
	peer.speech = PEER_HTTP;
	ck_assert_int_eq(words_init(&words, "/"), 0);
	words.deadline_ms = LONG_MS;
}

static void close_listener(void)
{
	ev_io_stop(case_loop, &accept_watcher);
	fd_close(listener);
	listener = -1;
}

static void teardown(void)
{
	close_listener();
	for (int i = 0; i < accepted; i++)
		close_connection(&connections[i]);
	words_finish(&words);
	loop_remove();
}

/* What became of the visit. */
static int over;
static const char *reason;
static int answered;

static void on_over(struct visit *visit, const char *why)
{
	reason = why;
	answered = visit->answered;
	over++;
	visit_destroy(visit);
}

static struct visit *start(enum visit_manner manner)
{
	struct visit_options options = {
		.loop = case_loop, .peer = &peer, .manner = manner, .on_over = on_over
	};

	over = 0;
	words_choose(&words, &options);
	struct visit *visit = visit_create(&options);

	ck_assert_ptr_nonnull(visit);
	ck_assert_int_eq(over, 0);
	return visit;
}

static void expect(const char *wanted)
{
	loop_await(&over, 1);
	ck_assert_pstr_eq(reason, wanted);
}

static void visit(const char *wanted)
{
	(void)start(VISIT_ONCE);
	expect(wanted);
	ck_assert_int_eq(answered, wanted == NULL);
}

START_TEST(whole_answer_is_one)
{
	static const char *const answers[] = { CLOSING_ANSWER, KEEPING_ANSWER,
		"HTTP/1.0 200 OK\r\n\r\nuntil the end", "HTTP/1.1 404 Not Found\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" };

	for (size_t i = 0; i < array_length(answers); i++) {
		server.answer = answers[i];
		visit(NULL);
	}
	ck_assert_int_eq(heard, (int)array_length(answers));
}
END_TEST

START_TEST(answer_that_is_not_whole_is_none)
{
	static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi",
		"HTTP/1.1 200 OK\r\nContent-Le",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n" };

	for (size_t i = 0; i < array_length(answers); i++) {
		server.answer = answers[i];
		visit("cut short");
	}
	server.answer = "220 ready\r\n";
	visit("no answer of HTTP");
}
END_TEST

START_TEST(no_answer_is_told_by_how_it_ended)
{
	server.answer = "";
	visit("closed without an answer");
	server.resets = true;
	visit("reset");
	server.answer = NULL;
	words.deadline_ms = SHORT_MS;
	visit("no answer in time");
	close_listener();
	visit("refused");
}
END_TEST

START_TEST(error_is_a_failure_only_where_there_was_none_before)
{
	server.answer = "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n";
	visit(NULL);
	peer.status = 503;
	visit(NULL);
	peer.status = 404;
	(void)start(VISIT_ONCE);
	expect("answered with an error");
}
END_TEST

START_TEST(request_waits_to_be_told_to_go_on)
{
	server.answer = CLOSING_ANSWER;
	struct visit *waiting = start(VISIT_WAIT);

	while (waiting->said + 1 < waiting->options.length)
		ev_run(case_loop, EVRUN_ONCE);
	loop_turn();
	ck_assert_int_eq(over, 0);
	ck_assert_int_eq(heard, 0);
	visit_go_on(waiting);
	expect(NULL);
	ck_assert_int_eq(heard, 1);
}
END_TEST

START_TEST(request_that_is_cut_while_it_waits_has_failed)
{
	server.answers = 0;
	(void)start(VISIT_WAIT);
	loop_await(&over, 1);
	ck_assert_ptr_nonnull(reason);
	ck_assert_int_eq(answered, 0);
}
END_TEST

START_TEST(kept_connection_asks_again_and_has_an_end)
{
	server.answer = KEEPING_ANSWER;
	server.answers = -1;
	(void)start(VISIT_KEEP);
	expect(NULL);
	ck_assert_int_eq(answered, 25);
	ck_assert_int_eq(heard, 25);
	ck_assert_int_eq(accepted, 1);
}
END_TEST

START_TEST(kept_connection_may_be_closed_between_two_requests)
{
	server.answer = KEEPING_ANSWER;
	server.answers = 3;
	(void)start(VISIT_KEEP);
	expect(NULL);
	ck_assert_int_eq(answered, 3);
	server.resets = true;
	(void)start(VISIT_KEEP);
	expect(NULL);
	ck_assert_int_eq(answered, 3);
}
END_TEST

START_TEST(mute_connection_has_to_last)
{
	peer.speech = PEER_MUTE;
	server.answers = -1;
	visit(NULL);
	server.answers = 0;
	visit("closed without an answer");
	server.greeting = "hello";
	peer.greets = peer.hangs_up = true;
	visit(NULL);
}
END_TEST

START_TEST(greeting_is_waited_for)
{
	peer.speech = PEER_MUTE;
	peer.greets = true;
	server.answers = -1;
	words.deadline_ms = SHORT_MS;
	visit("no answer in time");
	server.greeting = "hello";
	visit(NULL);
}
END_TEST

START_TEST(any_answer_to_what_is_sent_is_right)
{
	peer.speech = PEER_SENT;
	words.sent = "PING\r\n";
	words.sent_length = strlen(words.sent);
	server.until = "PING\r\n";
	server.answer = "+PONG\r\n";
	visit(NULL);
	server.answer = "";
	visit("closed without an answer");
}
END_TEST

static struct lesson lesson;

static void learn(void)
{
	ck_assert_int_eq(peer_init(&peer, name), 0);
	lesson_start(&lesson, case_loop, &words, &peer);
	while (!lesson_is_done(&lesson))
		ev_run(case_loop, EVRUN_ONCE);
}

START_TEST(http_is_recognised)
{
	server.answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
	learn();
	ck_assert_int_eq(peer.speech, PEER_HTTP);
	ck_assert_int_eq(peer.status, 404);
	ck_assert_str_eq(peer_speech_name(&peer), "HTTP");
}
END_TEST

START_TEST(what_is_sent_is_tried_before_http)
{
	words.sent = "PING\r\n";
	words.sent_length = strlen(words.sent);
	server.until = "\r\n";
	server.answer = CLOSING_ANSWER;
	learn();
	ck_assert_int_eq(peer.speech, PEER_SENT);
	server.until = "\r\n\r\n";
	learn();
	ck_assert_int_eq(peer.speech, PEER_HTTP);
}
END_TEST

START_TEST(others_are_known_by_what_they_do_themselves)
{
	server.answers = -1;
	words.deadline_ms = 1000; /* that there is no answer is seen sooner */
	learn();
	ck_assert_int_eq(peer.speech, PEER_MUTE);
	ck_assert(!peer.greets && !peer.hangs_up && !peer.is_absent);
	server.greeting = "220 ready\r\n";
	learn();
	ck_assert(peer.greets && !peer.hangs_up);
	server.answers = 0;
	learn();
	ck_assert(peer.greets && peer.hangs_up);
	ck_assert(peer_can_be_visited(&peer));
	close_listener();
	learn();
	ck_assert(peer.is_absent);
	ck_assert(!peer_can_be_visited(&peer));
}
END_TEST

START_TEST(lesson_can_be_ended_early)
{
	server.answers = -1;
	lesson_start(&lesson, case_loop, &words, &peer);
	lesson_stop(&lesson);
	ck_assert(lesson_is_done(&lesson));
	lesson_stop(&lesson);
}
END_TEST

START_TEST(load_counts_how_each_kind_of_client_fares)
{
	struct load load;
	struct attempt attempt = { 0 };

	server.answer = KEEPING_ANSWER;
	server.answers = -1;
	load_init(&load, case_loop, &words);
	load_start(&load, &peer, 1);
	load_begin(&load);
	while (heard < 12 || !load_has_begun(&load))
		ev_run(case_loop, EVRUN_ONCE);
	load_count(&load, &attempt);
	ck_assert_uint_gt(attempt.fresh.requests, 0);
	ck_assert_uint_gt(attempt.kept.requests, 0);
	ck_assert_uint_eq(attempt.begun.requests, 0);
	load_go_on(&load);
	load_ebb(&load);
	while (!load_has_ebbed(&load))
		ev_run(case_loop, EVRUN_ONCE);
	load_count(&load, &attempt);
	ck_assert_uint_eq(attempt.begun.requests, 2);
	ck_assert_uint_eq(attempt.fresh.failed + attempt.begun.failed + attempt.kept.failed, 0);
	load_stop(&load);
	load_stop(&load);
}
END_TEST

START_TEST(load_tells_the_first_failure)
{
	struct load load;
	struct attempt attempt = { 0 };

	close_listener();
	load_init(&load, case_loop, &words);
	load_start(&load, &peer, 1);
	while (load.tallies[VISIT_ONCE].failed < 2)
		ev_run(case_loop, EVRUN_ONCE);
	load_count(&load, &attempt);
	ck_assert_uint_eq(attempt.fresh.failed, attempt.fresh.requests);
	ck_assert_str_eq(attempt.fresh.reason, "refused");
	load_stop(&load);
}
END_TEST

START_TEST(addresses_are_reached_by_loopback)
{
	struct peer other;

	ck_assert_int_eq(peer_init(&other, "tcp://0.0.0.0:80"), 0);
	ck_assert_uint_eq(other.address.in.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	ck_assert(peer_is_ip(&other));
	ck_assert_int_eq(peer_init(&other, "tcp://[::]:80"), 0);
	ck_assert(IN6_IS_ADDR_LOOPBACK(&other.address.in6.sin6_addr));
	ck_assert_int_eq(peer_init(&other, "tcp://127.0.0.9:80"), 0);
	ck_assert_uint_eq(other.address.in.sin_addr.s_addr, htonl(INADDR_LOOPBACK + 8));
	ck_assert_int_eq(peer_init(&other, "udp://0.0.0.0:53"), 0);
	ck_assert_int_eq(other.type, SOCK_DGRAM);
	ck_assert(!peer_can_be_visited(&other));
	ck_assert_int_eq(peer_init(&other, "unix:/run/a"), 0);
	ck_assert_str_eq(other.address.un.sun_path, "/run/a");
	ck_assert(!peer_is_ip(&other));
	ck_assert_int_eq(peer_init(&other, "unix-seqpacket:@a"), 0);
	ck_assert_int_eq(other.type, SOCK_SEQPACKET);
	ck_assert_int_eq(peer_init(&other, "nonsense:"), -EINVAL);
	ck_assert_int_eq(peer_init(&other, "fd:3"), -EINVAL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		whole_answer_is_one,
		answer_that_is_not_whole_is_none,
		no_answer_is_told_by_how_it_ended,
		error_is_a_failure_only_where_there_was_none_before,
		request_waits_to_be_told_to_go_on,
		request_that_is_cut_while_it_waits_has_failed,
		kept_connection_asks_again_and_has_an_end,
		kept_connection_may_be_closed_between_two_requests,
		mute_connection_has_to_last,
		greeting_is_waited_for,
		any_answer_to_what_is_sent_is_right,
		http_is_recognised,
		what_is_sent_is_tried_before_http,
		others_are_known_by_what_they_do_themselves,
		lesson_can_be_ended_early,
		load_counts_how_each_kind_of_client_fares,
		load_tells_the_first_failure,
		addresses_are_reached_by_loopback,
	};

	return suite_run(&(struct suite){
		.name = "doctor_visit",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
