/* SPDX-License-Identifier: MIT */
/* See client.h. */
#include "support/load/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

enum {
	RETRY_MS = 1,         /* after a failed connect, and while a Unix queue is full */
	EXAMPLES = 3,         /* of each kind of failure, described in the report */
	CLOSING_US = 1000000, /* for the server to close after its last answer */
};

static void on_wake(struct ev_loop *loop, ev_timer *w, int revents);
static void on_io(struct ev_loop *loop, ev_io *w, int revents);

void client_init(struct client *client, struct load *load, unsigned index, bool is_kept)
{
	*client = (struct client){ .load = load, .index = index, .is_kept = is_kept, .fd = -1 };
	list_init(&client->link);
	ev_init(&client->wake, on_wake);
	ev_init(&client->io, on_io);
}

static void watch(struct client *client, int events)
{
	if (ev_is_active(&client->io) && (client->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(client->load->loop, &client->io);
	ev_io_set(&client->io, client->fd, events);
	ev_io_start(client->load->loop, &client->io);
}

static void drop(struct client *client)
{
	ev_io_stop(client->load->loop, &client->io);
	fd_close(client->fd);
	client->fd = -1;
	client->on_connection = 0;
}

static void pause_for(struct client *client, enum client_state state, int ms)
{
	client->state = state;
	ev_timer_stop(client->load->loop, &client->wake);
	ev_timer_set(&client->wake, ms / 1e3, 0.);
	ev_timer_start(client->load->loop, &client->wake);
}

static void enter(struct client *client, enum client_state state, uint64_t from_us)
{
	client->state = state;
	client->deadline_us = from_us + (uint64_t)client->load->options->timeout_ms * 1000;
}

static enum request_kind kind_of(const struct client *client)
{
	if (!client->is_kept)
		return REQUEST_NEW;
	return client->on_connection ? REQUEST_KEPT : REQUEST_OPENED;
}

/* The request has ended one way or the other, and the connection is closed or idle. */
static void rest(struct client *client, int pause_ms)
{
	struct load *load = client->load;

	client->deadline_us = 0;
	client->state = CLIENT_IDLE;
	load_client_idle(load);
	if (load->is_stopping)
		return;
	if (client->is_kept && load->options->every_ms && pause_ms < load->options->every_ms)
		pause_ms = load->options->every_ms;
	if (pause_ms)
		pause_for(client, CLIENT_PAUSED, pause_ms);
	else
		client_begin(client);
}

static void had_answer(struct client *client)
{
	if (!client->was_answered)
		load_client_answered(client->load);
	client->was_answered = true;
}

static void fail(struct client *client, enum outcome outcome, const char *detail)
{
	struct statistics *statistics = &client->load->statistics;
	enum request_kind kind = kind_of(client);
	uint64_t now_us = load_now_us();

	statistics_add_failure(statistics, kind, outcome);
	if (statistics->counts[kind][outcome] <= EXAMPLES)
		statistics_add_example(statistics,
			"%s connection to %s: %s after %llu us, %.3f s into the run: %s",
			request_kind_name(kind), client->target->text, outcome_name(outcome),
			(unsigned long long)(now_us - client->began_us),
			(double)(now_us - statistics->started_us) / 1e6, detail);
	drop(client);
	rest(client, RETRY_MS);
}

static void fail_connect(struct client *client, int error)
{
	fail(client, outcome_of_connect(error), strerror(error));
}

static bool answer_has_begun(const struct client *client)
{
	if (client->load->options->script)
		return client->answer.fastcgi.header_length > 0 ||
			response_has_begun(&client->answer.fastcgi.response);
	return response_has_begun(&client->answer.http);
}

/* The connection broke within a request; error is 0 for an orderly close. */
static void fail_broken(struct client *client, int error)
{
	fail(client, outcome_of_break(answer_has_begun(client), error),
		error ? strerror(error) : "closed");
}

/* A whole good answer is there: what next for the connection. */
static void succeed(struct client *client, const struct response *response, bool keeps_open)
{
	struct load *load = client->load;
	uint64_t now_us = load_now_us();
	char text[32];

	had_answer(client);
	if (response->status < 200 || response->status > 299) {
		(void)snprintf(text, sizeof(text), "status %d", response->status);
		fail(client, OUTCOME_BAD_STATUS, text);
		return;
	}
	statistics_add_good(&load->statistics, kind_of(client), now_us, now_us - client->began_us,
		response->body);
	client->on_connection++;
	if (client->is_kept && keeps_open) {
		watch(client, EV_READ);
		rest(client, 0);
		return;
	}
	if (client->is_kept)
		load->statistics.told_to_close++;
	client->state = CLIENT_CLOSING;
	client->deadline_us = now_us + CLOSING_US;
}

static void take_http(struct client *client, const char *data, size_t length)
{
	struct response *response = &client->answer.http;
	size_t used = response_feed(response, data, length);

	if (response->state == RESPONSE_BAD)
		fail(client, OUTCOME_BAD_RESPONSE, response->reason);
	else if (used < length)
		fail(client, OUTCOME_BAD_RESPONSE, "bytes after the answer");
	else if (response->state == RESPONSE_COMPLETE)
		succeed(client, response, response->keeps_open);
}

static void take_fastcgi(struct client *client, const char *data, size_t length)
{
	struct fastcgi *fastcgi = &client->answer.fastcgi;
	size_t used = fastcgi_feed(fastcgi, data, length);

	if (fastcgi->state == FASTCGI_BAD)
		fail(client, OUTCOME_BAD_RESPONSE, fastcgi->reason);
	else if (used < length)
		fail(client, OUTCOME_BAD_RESPONSE, "bytes after the answer");
	else if (fastcgi->state == FASTCGI_COMPLETE)
		succeed(client, &fastcgi->response, true);
}

static void take_close(struct client *client)
{
	bool is_http = !client->load->options->script;

	if (is_http && response_end(&client->answer.http)) {
		succeed(client, &client->answer.http, false);
		if (client->state != CLIENT_CLOSING)
			return; /* a bad status, and it rests already */
		drop(client);
		rest(client, 0);
	} else {
		fail_broken(client, 0);
	}
}

static void receive(struct client *client)
{
	static char buffer[65536];
	ssize_t length = recv(client->fd, buffer, sizeof(buffer), 0);

	if (length == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length == -1)
		fail_broken(client, errno);
	else if (length == 0)
		take_close(client);
	else if (client->load->options->script)
		take_fastcgi(client, buffer, (size_t)length);
	else
		take_http(client, buffer, (size_t)length);
}

static void send_request(struct client *client)
{
	const struct strbuf *request = &client->load->request[client->is_kept];
	ssize_t sent = send(client->fd, request->text + client->sent,
		request->length - client->sent, MSG_NOSIGNAL);

	if (sent == -1 && errno != EAGAIN && errno != EINTR) {
		/* The server may have answered and closed before it read all of it. */
		if (client->sent == 0) {
			fail_broken(client, errno);
			return;
		}
		client->sent = request->length;
	} else if (sent > 0) {
		client->sent += (size_t)sent;
	}
	if (client->sent < request->length) {
		watch(client, EV_WRITE);
		return;
	}
	client->state = CLIENT_RECEIVING;
	watch(client, EV_READ);
}

static void start_sending(struct client *client)
{
	enter(client, CLIENT_SENDING, load_now_us());
	client->sent = 0;
	if (client->load->options->script)
		fastcgi_init(&client->answer.fastcgi);
	else
		response_init(&client->answer.http, false);
	send_request(client);
}

static void start_connecting(struct client *client)
{
	/* Serial 0 would leave the source address to the kernel; so do kept clients, who need
	 * few. */
	unsigned serial = client->is_kept ? 0 : ++client->load->serial;
	int result = target_connect(client->target, serial, &client->fd);

	if (result == 0)
		start_sending(client);
	else if (result == -EINPROGRESS)
		watch(client, EV_WRITE);
	else if (result == -EAGAIN)
		pause_for(client, CLIENT_CONNECTING, RETRY_MS);
	else
		fail_connect(client, -result);
}

static void finish_connecting(struct client *client)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		error = errno;
	if (error)
		fail_connect(client, error);
	else
		start_sending(client);
}

/*
 * Drops a kept connection that the server has closed meanwhile, as any client
 * does that looks before it sends. Unexpected bytes stay, and fail the next request.
 */
static void drop_if_closed(struct client *client)
{
	struct statistics *statistics = &client->load->statistics;
	char byte;
	ssize_t length = recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (length > 0 || (length == -1 && (errno == EAGAIN || errno == EINTR))) {
		if (length > 0)
			ev_io_stop(client->load->loop, &client->io);
		return;
	}
	if (length == 0)
		statistics->idle_closed++;
	else
		statistics->idle_reset++;
	drop(client);
}

void client_begin(struct client *client)
{
	struct load *load = client->load;
	const struct load_options *options = load->options;

	if (!load_take_request(load, client->is_kept, &client->began_us)) {
		if (!load->is_stopping)
			list_append(&load->resting, &client->link);
		return;
	}
	load_client_busy(load);
	if (client->fd != -1)
		drop_if_closed(client);
	if (client->fd != -1) {
		start_sending(client);
		return;
	}
	/* Clients that connect anew go round the addresses, kept ones stay with theirs. */
	unsigned turn = client->is_kept ? client->index : client->index + load->serial;

	client->target = &options->targets[turn % options->target_count];
	enter(client, CLIENT_CONNECTING, load_now_us());
	start_connecting(client);
}

static void finish_closing(struct client *client)
{
	char byte;
	ssize_t length = recv(client->fd, &byte, 1, 0);

	if (length == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length == -1)
		client->load->statistics.reset_after++;
	drop(client);
	rest(client, 0);
}

static void on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *client = container_of(w, struct client, io);

	(void)loop, (void)revents;
	if (client->state == CLIENT_CONNECTING)
		finish_connecting(client);
	else if (client->state == CLIENT_SENDING)
		send_request(client);
	else if (client->state == CLIENT_RECEIVING)
		receive(client);
	else if (client->state == CLIENT_CLOSING)
		finish_closing(client);
	else
		drop_if_closed(client);
}

static void on_wake(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct client *client = container_of(w, struct client, wake);

	(void)loop, (void)revents;
	if (client->state == CLIENT_CONNECTING) {
		start_connecting(client);
		return;
	}
	client->state = CLIENT_IDLE;
	client_begin(client);
}

void client_check_deadline(struct client *client, uint64_t now_us)
{
	if (client->deadline_us == 0 || now_us < client->deadline_us)
		return;
	if (client->state == CLIENT_CLOSING) {
		client->load->statistics.left_open++;
		drop(client);
		rest(client, 0);
	} else if (client->state == CLIENT_CONNECTING) {
		ev_timer_stop(client->load->loop, &client->wake);
		fail(client, OUTCOME_CONNECT_TIMEOUT, "not connected in time");
	} else {
		fail(client, OUTCOME_TIMEOUT, "not answered in time");
	}
}

void client_stop(struct client *client)
{
	if (client->state == CLIENT_PAUSED) {
		ev_timer_stop(client->load->loop, &client->wake);
		client->state = CLIENT_IDLE;
	} else if (client->state == CLIENT_CLOSING) {
		drop(client);
		rest(client, 0);
	}
}

void client_finish(struct client *client)
{
	ev_timer_stop(client->load->loop, &client->wake);
	drop(client);
}
