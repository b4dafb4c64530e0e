/* SPDX-License-Identifier: MIT */
/* See connection.h, and connection_object.h for the inside. */
#include "connection.h"

#include <baton/acceptor.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access_log.h"
#include "busy.h"
#include "connection_object.h"
#include "container.h"
#include "http/response.h"
#include "server.h"

enum { READ_SIZE = 16 * 1024 };

int64_t connection_now_ms(const struct connection *connection)
{
	return connection->server->settings.now_ms;
}

void connection_put_busy(struct connection *connection)
{
	struct busy *busy = connection->busy;

	if (!busy)
		return;
	busy_put(connection->server, busy);
	connection->busy = NULL;
}

void connection_give_back(struct connection *connection)
{
	struct server *server = connection->server;

	ev_io_stop(server->loop, &connection->io);
	ev_timer_stop(server->loop, &connection->timer);
	connection_put_busy(connection);
	baton_cancel_destroy(connection->cancel);
	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	(void)baton_task_end(&connection->task); /* it has begun */
	free(connection);
	server_count_down(server);
}

void connection_destroy(struct connection *connection)
{
	int fd = connection->io.fd;

	connection_give_back(connection);
	(void)close(fd); /* nothing could be done about an error */
}

struct connection *connection_next(const struct connection *connection)
{
	return connection->next;
}

/* Whether the client is gone altogether, and has not just stopped sending. */
bool connection_has_left(const struct connection *connection)
{
	struct pollfd pollfd = { .fd = connection->io.fd };

	return poll(&pollfd, 1, 0) == 1 && pollfd.revents & (POLLHUP | POLLERR);
}

/* Reads once. 0, also at the end, or -errno. */
static int receive(struct connection *connection)
{
	struct buffer *in = &connection->busy->in;
	ssize_t received;

	int r = buffer_reserve(in, READ_SIZE);
	if (r < 0)
		return r;
	do
		received = recv(connection->io.fd, buffer_bytes(in) + in->size, READ_SIZE, 0);
	while (received == -1 && errno == EINTR);
	if (received == -1)
		return -errno;
	in->size += (size_t)received;
	connection->is_at_end = received == 0;
	return 0;
}

static const struct exchange_events events;

int connection_take_busy(struct connection *connection)
{
	if (connection->busy)
		return 0;
	struct busy *busy = busy_take(connection->server);
	if (!busy)
		return -ENOMEM;
	busy->connection = connection;
	exchange_open(&busy->exchange, &events, baton_cancel_context(connection->cancel));
	connection->busy = busy;
	return 0;
}

/* Reads and goes on. May destroy the connection. */
static void read_on(struct connection *connection)
{
	int r = connection_take_busy(connection);

	if (r == 0)
		r = receive(connection);
	if (r == 0 || r == -EAGAIN)
		connection_run(connection);
	else
		connection_destroy(connection);
}

/* What comes after the last answer is of no interest. May destroy the connection. */
static void discard(struct connection *connection)
{
	char bytes[READ_SIZE];
	ssize_t received = recv(connection->io.fd, bytes, sizeof(bytes), 0);

	if (received == 0 || (received == -1 && errno != EAGAIN && errno != EINTR))
		connection_destroy(connection);
	else
		connection_linger_on(connection);
}

static void on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct connection *connection = w->data;

	(void)loop;
	if (connection->state == CONNECTION_LINGERING)
		discard(connection);
	else if (revents & EV_READ)
		read_on(connection);
	else
		connection_run(connection);
}

/* Gives an error status instead of an answer. May destroy the connection. */
static void refuse(struct connection *connection, int status, bool goes_on)
{
	struct busy *busy = connection->busy;

	connection_plan(connection);
	if (exchange_refuse(&busy->exchange, server_settings(connection->server), status, goes_on,
		    &busy->in, &busy->out) < 0)
		connection_destroy(connection);
	else
		connection_run(connection);
}

/* Ends a connection on which nothing is under way, unless a request is on it just now. May
 * destroy it. */
static void end_idle(struct connection *connection)
{
	int r = connection_take_busy(connection);

	if (r == 0)
		r = receive(connection);
	if (r == -EAGAIN)
		connection_linger(connection);
	else if (r == 0)
		connection_run(connection);
	else
		connection_destroy(connection);
}

/*
 * The answer is due later, and the client has sent FIN. It may be waiting with
 * one half closed, or be gone: over TCP both look the same until something is
 * sent. Any client must understand interim responses (RFC 9110, section 15.2).
 */
static void look_for_leaver(struct connection *connection)
{
	struct busy *busy = connection->busy;

	if (!connection->is_probed && !busy->exchange.request.is_http_1_0)
		(void)response_append_interim(102, &busy->out); /* without memory it shows later */
	connection->is_probed = true;
	connection_run(connection);
}

/* The deadline has passed. May destroy the connection. */
static void time_out(struct connection *connection)
{
	struct busy *busy = connection->busy;

	if (!busy && connection->state == CONNECTION_OPEN) {
		end_idle(connection);
		return;
	}
	if (connection->state != CONNECTION_OPEN || busy->out.size) {
		connection_destroy(connection);
		return;
	}
	switch (busy->exchange.state) {
	case EXCHANGE_HEAD:
	case EXCHANGE_BODY:
		refuse(connection, 408, false);
		break;
	case EXCHANGE_WAITING:
		if (connection_now_ms(connection) >= connection->until_ms)
			refuse(connection, 504, true);
		else
			look_for_leaver(connection);
		break;
	case EXCHANGE_SENDING:
	case EXCHANGE_PAUSED:
	case EXCHANGE_ENDED:
		connection_destroy(connection);
		break;
	case EXCHANGE_IDLE:
		end_idle(connection);
		break;
	}
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct connection *connection = w->data;
	int64_t left_ms = connection->deadline_ms - connection_now_ms(connection);

	(void)revents;
	if (left_ms <= 0) {
		time_out(connection);
		return;
	}
	ev_timer_set(w, (double)left_ms / 1e3, 0);
	ev_timer_start(loop, w);
}

/* Ends an answer between two of its pieces. May destroy the connection. */
static void end_pieces(struct connection *connection)
{
	struct busy *busy = connection->busy;

	if (exchange_end_pieces(&busy->exchange, server_settings(connection->server), &busy->out) <
		0)
		connection_destroy(connection);
	else
		connection_run(connection);
}

void connection_expire(struct connection *connection)
{
	if (connection->state == CONNECTION_LINGERING)
		connection_linger(connection); /* for the time that is left now */
	if (connection->state != CONNECTION_OPEN)
		return;
	if (!connection->busy || connection->busy->exchange.state == EXCHANGE_IDLE)
		end_idle(connection);
	else if (connection->busy->exchange.state == EXCHANGE_PAUSED)
		end_pieces(connection);
	else if (connection->busy->exchange.state != EXCHANGE_SENDING)
		refuse(connection, 503, false);
}

static void on_answered(struct exchange *exchange)
{
	struct busy *busy = container_of(exchange, struct busy, exchange);
	struct connection *connection = busy->connection;

	connection_plan(connection);
	if (exchange_answer(exchange, server_settings(connection->server), &busy->in, &busy->out) <
		0)
		connection_destroy(connection);
	else
		connection_run(connection);
}

/* A client that does not read is not sent more: then it is begun when that is gone. */
static void on_more(struct exchange *exchange)
{
	struct busy *busy = container_of(exchange, struct busy, exchange);

	if (busy->connection->state == CONNECTION_OPEN && !busy->out.size)
		connection_run(busy->connection);
}

static void on_over(struct exchange *exchange, const struct exchange_record *record)
{
	struct busy *busy = container_of(exchange, struct busy, exchange);
	struct connection *connection = busy->connection;
	struct server *server = connection->server;

	busy_end_task(busy);
	connection->until_ms = CONNECTION_NEVER_MS; /* the next one has its own time */
	metrics_add(&server->metrics, record->status, record->sent, record->took_us);
	if (server->options.access_log)
		access_log_add(server->options.access_log, record, &connection->peer.any);
}

static const struct exchange_events events = {
	.on_answered = on_answered,
	.on_more = on_more,
	.on_over = on_over,
};

static void enlist(struct connection *connection)
{
	struct server *server = connection->server;

	connection->next = server->connections;
	connection->link = &server->connections;
	if (connection->next)
		connection->next->link = &connection->next;
	server->connections = connection;
	server_count_up(server);
}

/* 0 or -errno. */
static int open_context(struct connection *connection)
{
	struct server *server = connection->server;
	int r = baton_context_with_cancel(
		baton_cancel_context(server->cancel), &connection->cancel);

	if (r == 0)
		r = baton_tracker_begin(
			server->connections_open, server->options.name, &connection->task);
	if (r < 0)
		baton_cancel_destroy(connection->cancel);
	return r;
}

int connection_create(struct server *server, int fd, const struct sockaddr *peer, size_t peer_size,
	struct connection **ret)
{
	struct connection *connection = malloc(sizeof(*connection));
	if (!connection)
		return -ENOMEM;
	*connection = (struct connection){
		.server = server,
		.deadline_ms = CONNECTION_NEVER_MS,
		.until_ms = CONNECTION_NEVER_MS,
	};
	if (peer_size > sizeof(connection->peer))
		peer_size = sizeof(connection->peer); /* a unix path is not kept */
	memcpy(&connection->peer, peer, peer_size);
	int r = open_context(connection);
	if (r < 0) {
		free(connection);
		return r;
	}
	ev_io_init(&connection->io, on_io, fd, EV_READ);
	ev_init(&connection->timer, on_timer);
	connection->io.data = connection;
	connection->timer.data = connection;
	enlist(connection);
	*ret = connection;
	return 0;
}

int connection_take(struct server *server, const struct baton_accepted *accepted)
{
	struct connection *connection;
	int r = connection_create(server, accepted->fd, (const struct sockaddr *)&accepted->peer,
		accepted->peer_size, &connection);

	if (r < 0) {
		(void)close(accepted->fd); /* nothing could be done about an error */
		return -ENOMEM;
	}
	read_on(connection); /* the request is often there already */
	return 0;
}
