/* SPDX-License-Identifier: MIT */
/* See server.h. */
#include "server.h"

#include <baton/handoff.h>
#include <baton/listener.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "busy.h"
#include "connection.h"

/*
 * Seconds that a server which drains goes on to take the connections of a predecessor that drains,
 * too, and passes them on: upgrades may follow each other closely.
 */
static const double PATIENCE = 1.0;

bool server_is_full(const struct server *server)
{
	return server->options.max_connections &&
		server->connection_count >= server->options.max_connections;
}

void server_pause_if_full(struct server *server)
{
	if (server_is_full(server))
		baton_acceptor_pause(server->acceptor);
}

static int on_accept(
	struct baton_acceptor *acceptor, const struct baton_accepted *accepted, void *data)
{
	struct server *server = data;
	int r = connection_take(server, accepted);

	(void)acceptor;
	server_pause_if_full(server);
	return r;
}

static void on_accept_end(struct baton_acceptor *acceptor, const struct baton_listener *listener,
	int error, void *data)
{
	struct server *server = data;

	(void)acceptor;
	if (server->failure)
		return;
	server->failure = error;
	(void)snprintf(server->error.text, sizeof(server->error.text),
		"cannot accept on listener \"%.64s\" any more: %s", baton_listener_name(listener),
		strerror(-error));
	baton_group_stop(server->group);
}

static void on_accept_log(int level, const char *text, void *data)
{
	struct server *server = data;

	server->options.on_log(level, text, server->options.data);
}

static int64_t clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: clock_gettime(2) */
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The first that is called in a turn of the loop. */
static void on_woken(struct ev_loop *loop, ev_check *w, int revents)
{
	struct server *server = w->data;

	(void)loop, (void)revents;
	time_t now = (time_t)ev_now(server->loop);

	server->settings.now_ms = baton_context_now_ms();
	if (now != server->date_s)
		response_date(now, server->date);
	server->date_s = now;
}

void server_count_up(struct server *server)
{
	server->connection_count++;
}

void server_count_down(struct server *server)
{
	bool was_full = server_is_full(server);

	server->connection_count--;
	if (was_full && server->is_accepting)
		baton_acceptor_resume(server->acceptor);
}

const struct exchange_settings *server_settings(const struct server *server)
{
	return &server->settings;
}

/* 0, -ENOMEM or -EINVAL. */
static int open_parts(struct server *server, struct baton_error *error)
{
	const struct baton_acceptor_options options = {
		.size = sizeof(options),
		.data = server,
		.on_accept = on_accept,
		.on_end = on_accept_end,
		.on_log = on_accept_log,
	};
	int r = baton_context_with_cancel(server->options.context, &server->cancel);

	if (r == 0)
		r = baton_tracker_create("connections", &server->connections_open);
	if (r == 0)
		r = baton_tracker_create("requests", &server->requests_open);
	if (r == 0)
		return baton_acceptor_create(server->loop, &options, &server->acceptor, error);
	(void)snprintf(error->text, sizeof(error->text), "cannot create server \"%s\": %s",
		server->options.name, strerror(-r));
	return r;
}

static void on_drained(struct baton_tracker *tracker, int result, void *data)
{
	struct server *server = data;

	(void)tracker, (void)result; /* the background never ends */
	if (server->options.on_drained)
		server->options.on_drained(server, server->options.data);
	else
		server_ended(server);
}

/* From here on the last connection that goes ends the drain. */
static void shut(struct server *server)
{
	ev_timer_stop(server->loop, &server->patience);
	/* Without memory for it the drain deadline ends the process. */
	(void)baton_tracker_shutdown(server->connections_open, server->loop,
		baton_context_background(), on_drained, server);
}

/* What the predecessor still has it finishes itself. */
static void on_patience(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	shut(w->data);
}

int server_init(struct server *server, struct ev_loop *loop, const struct server_options *options,
	struct baton_error *error)
{
	*server = (struct server){
		.loop = loop,
		.options = *options,
		.settings = { .routes = options->routes,
			.date = server->date,
			.max_body = options->max_body,
			.now_ms = baton_context_now_ms(),
			.clock_us = clock_us },
	};
	response_date(0, server->date);
	ev_check_init(&server->woken, on_woken);
	ev_set_priority(&server->woken, EV_MAXPRI);
	server->woken.data = server;
	ev_check_start(loop, &server->woken);
	ev_init(&server->patience, on_patience);
	server->patience.data = server;
	return open_parts(server, error);
}

int server_add(
	struct server *server, const struct baton_listener *listener, struct baton_error *error)
{
	int r = baton_acceptor_add(server->acceptor, listener);

	if (r < 0) {
		(void)snprintf(error->text, sizeof(error->text), "listener \"%.64s\" (%.100s): %s",
			baton_listener_name(listener), baton_listener_bound(listener, 0),
			r == -EPROTOTYPE ? "not a stream socket, which HTTP needs: tcp:// or unix:"
					 : "out of memory");
		return r;
	}
	/* What is accepted inherits it. Not TCP: nothing to be set. */
	for (size_t i = 0; i < baton_listener_count(listener); i++)
		(void)setsockopt(baton_listener_fd(listener, i), IPPROTO_TCP, TCP_NODELAY,
			&(int){ 1 }, sizeof(int));
	server->listener_count++;
	return 0;
}

static int start(struct baton_actor *actor, struct baton_error *error, void *data)
{
	struct server *server = data;

	(void)actor, (void)error;
	server->is_accepting = true;
	baton_acceptor_resume(server->acceptor);
	return 0;
}

static int stop(struct baton_actor *actor, struct baton_error *error, void *data)
{
	struct server *server = data;

	(void)actor, (void)error;
	if (server->options.on_stop)
		server->options.on_stop(server, server->options.data);
	else
		server_drain(server);
	return 0;
}

int server_join(struct server *server, struct baton_group *group, struct baton_error *error)
{
	const struct baton_actor_options options = {
		.size = sizeof(options),
		.name = server->options.name,
		.data = server,
		.start = start,
		.stop = stop,
	};

	server->group = group;
	return baton_group_add(group, &options, &server->actor, error);
}

void server_ended(struct server *server)
{
	baton_actor_ended(server->actor, server->failure, &server->error);
}

/* Clients whose connections end come back at once, all of them to the successor. */
static void spread_ends(struct server *server)
{
	int64_t now = server->settings.now_ms, spread = server->options.close_spread_ms;
	int64_t i = 0;

	if (!server->settings.is_draining || server->is_spread || !spread)
		return;
	if (server_room(server) >= 0)
		return; /* they are passed on, and none ends */
	server->is_spread = true;
	for (struct connection *connection = server->connections; connection;
		connection = connection_next(connection), i++)
		connection_close_from(
			connection, now + 1 + spread * i / (int64_t)server->connection_count);
}

int server_room(const struct server *server)
{
	return server->options.upgrade ? baton_handoff_room(server->options.upgrade) : -ENOTCONN;
}

void server_pass_on(struct server *server)
{
	int room = server_room(server);
	struct connection *next;

	for (struct connection *connection = server->connections; connection && room > 0;
		connection = next) {
		next = connection_next(connection);
		(void)connection_move(connection); /* or it is busy, and goes later */
		room = server_room(server);
	}
	spread_ends(server);
	if (room != -ENOTCONN)
		return;
	for (struct connection *connection = server->connections; connection; connection = next) {
		next = connection_next(connection);
		connection_forget_refusal(connection);
	}
}

void server_begin_drain(struct server *server, bool may_accept)
{
	server->settings.is_draining = true;
	spread_ends(server);
	if (may_accept)
		return;
	server->is_accepting = false;
	baton_acceptor_stop(server->acceptor);
}

void server_drain(struct server *server)
{
	server_begin_drain(server, false);
	if (!server->has_predecessor || server_room(server) == -ENOTCONN) {
		shut(server);
		return;
	}
	ev_timer_set(&server->patience, PATIENCE, 0);
	ev_timer_start(server->loop, &server->patience);
}

void server_expect_connections(struct server *server)
{
	server->has_predecessor = true;
}

void server_has_all_connections(struct server *server)
{
	server->has_predecessor = false;
	if (ev_is_active(&server->patience))
		shut(server);
}

void server_expire(struct server *server)
{
	struct connection *next;

	server->is_expired = true;
	for (struct connection *connection = server->connections; connection; connection = next) {
		next = connection_next(connection);
		connection_expire(connection);
	}
}

void server_finish(struct server *server)
{
	if (!server->loop)
		return;
	server->is_accepting = false;
	baton_acceptor_destroy(server->acceptor);
	while (server->connections)
		connection_destroy(server->connections);
	busy_free_spares(server);
	buffer_release(&server->record);
	ev_check_stop(server->loop, &server->woken);
	ev_timer_stop(server->loop, &server->patience);
	baton_cancel_destroy(server->cancel);
	(void)baton_tracker_destroy(server->requests_open); /* nothing is under way */
	(void)baton_tracker_destroy(server->connections_open);
}
