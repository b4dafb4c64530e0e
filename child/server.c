/* SPDX-License-Identifier: MIT */
/* See server.h. */
#include "server.h"

#include <baton/listener.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "connection.h"

enum { ACCEPT_BATCH = 16 }; /* connections accepted before others get their turn */

static const double BACKOFF_MIN_S = 0.005;
static const double BACKOFF_MAX_S = 1;
static const double COMPLAIN_INTERVAL_S = 10; /* a want that comes and goes is told of once in it */

static bool is_full(const struct server *server)
{
	return server->options.max_connections &&
		server->connection_count >= server->options.max_connections;
}

/* Watches the listeners, or leaves what comes in their queues. */
static void update_acceptors(struct server *server)
{
	bool wanted = server->is_accepting && !ev_is_active(&server->backoff) && !is_full(server);

	if (server->acceptor_count == 0 || wanted == ev_is_active(&server->acceptors[0]))
		return;
	for (size_t i = 0; i < server->acceptor_count; i++) {
		if (wanted)
			ev_io_start(server->loop, &server->acceptors[i]);
		else
			ev_io_stop(server->loop, &server->acceptors[i]);
	}
}

static void on_backoff(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	update_acceptors(w->data);
}

/* accept4 failed for want of something: the listeners stay readable, so pause lest we spin. */
static void back_off(struct server *server, int error)
{
	char text[128];
	ev_tstamp now = ev_now(server->loop);

	if (now - server->complained_at >= COMPLAIN_INTERVAL_S) {
		server->complained_at = now;
		(void)snprintf(
			text, sizeof(text), "cannot accept a connection: %s", strerror(error));
		server->options.on_log(LOG_WARNING, text, server->options.data);
	}
	server->backoff_s *= 2;
	if (server->backoff_s < BACKOFF_MIN_S)
		server->backoff_s = BACKOFF_MIN_S;
	if (server->backoff_s > BACKOFF_MAX_S)
		server->backoff_s = BACKOFF_MAX_S;
	ev_timer_set(&server->backoff, server->backoff_s, 0);
	ev_timer_start(server->loop, &server->backoff);
}

/* Errors that accept(2) reports of one connection, which is then gone from the queue. */
static bool is_about_the_connection(int error)
{
	static const int errors[] = { EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT,
		EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i] == error)
			return true;
	return false;
}

/* Whether there may be more to accept. */
static bool accept_one(struct server *server, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int r = fd == -1 ? -errno : connection_take(server, fd);

	if (r == 0) {
		server->backoff_s = 0;
		return true;
	}
	if (r == -EAGAIN)
		return false;
	if (is_about_the_connection(-r))
		return true;
	back_off(server, -r);
	return false;
}

static void on_acceptable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *server = w->data;

	(void)loop, (void)revents;
	for (int i = 0; i < ACCEPT_BATCH && !is_full(server); i++)
		if (!accept_one(server, w->fd))
			break;
	update_acceptors(server);
}

static void on_drained(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct server *server = w->data;

	(void)revents;
	ev_prepare_stop(loop, w);
	server->options.on_drained(server, server->options.data);
}

static void check_drained(struct server *server)
{
	if (!server->context.is_draining || server->connection_count || server->has_drained)
		return;
	server->has_drained = true;
	ev_prepare_start(server->loop, &server->drained);
}

void server_count_up(struct server *server)
{
	server->connection_count++;
}

void server_count_down(struct server *server)
{
	server->connection_count--;
	update_acceptors(server);
	check_drained(server);
}

const struct exchange_context *server_context(struct server *server)
{
	time_t now = (time_t)ev_now(server->loop);

	if (now != server->date_s)
		response_date(now, server->date);
	server->date_s = now;
	return &server->context;
}

void server_init(struct server *server, struct ev_loop *loop, const struct server_options *options,
	unsigned generation)
{
	*server = (struct server){
		.loop = loop,
		.options = *options,
		.context = { .identity = server->identity,
			.date = server->date,
			.max_body = options->max_body },
	};
	(void)snprintf(server->identity, sizeof(server->identity), "pid=%ld generation=%u",
		(long)getpid(), generation);
	response_date(0, server->date);
	ev_init(&server->backoff, on_backoff);
	ev_prepare_init(&server->drained, on_drained);
	server->backoff.data = server;
	server->drained.data = server;
}

int server_add(struct server *server, const struct baton_listener *listener)
{
	size_t count = baton_listener_count(listener);

	if (baton_listener_type(listener) != SOCK_STREAM)
		return -EPROTOTYPE;
	ev_io *acceptors =
		realloc(server->acceptors, (server->acceptor_count + count) * sizeof(*acceptors));
	if (!acceptors)
		return -ENOMEM;
	server->acceptors = acceptors;
	for (size_t i = 0; i < count; i++) {
		ev_io *acceptor = &acceptors[server->acceptor_count++];
		int fd = baton_listener_fd(listener, i);

		ev_io_init(acceptor, on_acceptable, fd, EV_READ);
		acceptor->data = server;
		/* What is accepted inherits it. Not TCP: nothing to be set. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	}
	return 0;
}

void server_start(struct server *server)
{
	server->is_accepting = true;
	update_acceptors(server);
}

void server_drain(struct server *server)
{
	server->is_accepting = false;
	server->context.is_draining = true;
	update_acceptors(server);
	check_drained(server);
}

void server_expire(struct server *server)
{
	struct connection *next;

	for (struct connection *connection = server->connections; connection; connection = next) {
		next = connection_next(connection);
		connection_expire(connection);
	}
}

void server_finish(struct server *server)
{
	server->is_accepting = false;
	update_acceptors(server);
	while (server->connections)
		connection_destroy(server->connections);
	ev_timer_stop(server->loop, &server->backoff);
	ev_prepare_stop(server->loop, &server->drained);
	free(server->acceptors);
	server->acceptors = NULL;
	server->acceptor_count = 0;
}
