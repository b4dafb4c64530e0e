/* SPDX-License-Identifier: MIT */
/*
 * See connection.h.
 *
 * One timer serves a connection for everything. Deadlines mostly move into the
 * future, at every request, so the timer is left alone then: when it
 * fires early it is set to what is left.
 *
 * The special problem of closing: close(2) while bytes of the client are
 * unread, or before they arrive, makes the kernel send RST, and a RST destroys
 * an answer that the client has not read yet. So the end is always: the last answer,
 * shutdown(SHUT_WR), read until the client closes too, and only then close.
 */
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"
#include "response.h"
#include "server.h"

enum {
	READ_SIZE = 16 * 1024,
	IN_MAX = 64 * 1024,  /* no more is read while that much waits for its turn */
	OUT_MAX = 64 * 1024, /* no request is begun while that much waits to be sent */
};

/* After the last answer: how long a client may be silent before it is cut off, and how long at most. */
static const double LINGER_SILENCE_S = 2;
static const double LINGER_MAX_S = 30;
/* How often a client that has sent FIN is looked after while its answer is due. */
static const double LEAVER_INTERVAL_S = 1;

enum connection_state {
	CONNECTION_OPEN,
	CONNECTION_CLOSING,   /* the last answer is being sent */
	CONNECTION_LINGERING, /* it is sent, and SHUT_WR done: reading to the client's end */
};

struct connection {
	struct server *server;
	struct connection *next, **link; /* in the server's list; *link is this one */
	struct exchange exchange;
	struct buffer in, out;
	ev_io readable, writable;
	ev_timer timer;
	double deadline; /* monotonic */
	double answer_at;
	double linger_until;
	enum connection_state state;
	bool is_at_end; /* the client has sent FIN */
	bool is_probed; /* and was sent something, which a client that is gone answers with RST */
};

/* Not ev_now(): that is the time of day, which may jump. */
static double monotonic_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void arm_timer(struct connection *connection, double seconds)
{
	struct ev_loop *loop = connection->server->loop;

	ev_timer_stop(loop, &connection->timer);
	ev_timer_set(&connection->timer, seconds, 0);
	ev_timer_start(loop, &connection->timer);
}

static void set_deadline(struct connection *connection, double seconds)
{
	struct ev_loop *loop = connection->server->loop;

	connection->deadline = monotonic_s() + seconds;
	if (!ev_is_active(&connection->timer) ||
		ev_timer_remaining(loop, &connection->timer) > seconds)
		arm_timer(connection, seconds);
}

static void set_io(struct connection *connection, ev_io *w, bool wanted)
{
	if (wanted)
		ev_io_start(connection->server->loop, w);
	else
		ev_io_stop(connection->server->loop, w);
}

void connection_destroy(struct connection *connection)
{
	struct server *server = connection->server;

	ev_io_stop(server->loop, &connection->readable);
	ev_io_stop(server->loop, &connection->writable);
	ev_timer_stop(server->loop, &connection->timer);
	(void)close(connection->readable.fd); /* nothing could be done about an error */
	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	exchange_finish(&connection->exchange);
	buffer_release(&connection->in);
	buffer_release(&connection->out);
	free(connection);
	server_count_down(server);
}

struct connection *connection_next(const struct connection *connection)
{
	return connection->next;
}

/* Whether the client is gone altogether, and has not just stopped sending. */
static bool has_left(const struct connection *connection)
{
	struct pollfd pollfd = { .fd = connection->readable.fd };

	return poll(&pollfd, 1, 0) == 1 && pollfd.revents & (POLLHUP | POLLERR);
}

static double min(double a, double b)
{
	return a < b ? a : b;
}

/* How long it may stay as it is, nothing being left to send. */
static double patience(const struct connection *connection)
{
	const struct server_options *options = &connection->server->options;
	double now = monotonic_s();

	if (connection->state == CONNECTION_LINGERING)
		return min(LINGER_SILENCE_S, connection->linger_until - now);
	switch (connection->exchange.state) {
	case EXCHANGE_HEAD:
	case EXCHANGE_BODY:
		return options->request_ms / 1e3;
	case EXCHANGE_WAITING:
		return connection->is_at_end ? min(LEAVER_INTERVAL_S, connection->answer_at - now)
					     : connection->answer_at - now;
	case EXCHANGE_IDLE:
	case EXCHANGE_ENDED:
		break;
	}
	return options->keep_alive_ms / 1e3;
}

/* Sends what there is to send, as far as it goes. 0 or -errno. */
static int send_out(struct connection *connection)
{
	struct buffer *out = &connection->out;

	while (out->size) {
		ssize_t sent =
			send(connection->readable.fd, buffer_bytes(out), out->size, MSG_NOSIGNAL);
		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1)
			return errno == EAGAIN ? 0 : -errno;
		buffer_drop(out, (size_t)sent);
	}
	buffer_release(out);
	return 0;
}

/* The end of what we send: the client sees it behind the last answer. */
static void linger(struct connection *connection)
{
	connection->state = CONNECTION_LINGERING;
	connection->linger_until = monotonic_s() + LINGER_MAX_S;
	/* ENOTCONN: the client is gone, as the next read will show. */
	(void)shutdown(connection->readable.fd, SHUT_WR);
}

/* Answers what there is, sends it, and says whether the connection goes on. */
static bool advance(struct connection *connection)
{
	struct exchange *exchange = &connection->exchange;
	bool was_waiting = exchange->state == EXCHANGE_WAITING;
	size_t left;

	do {
		left = connection->in.size;
		if (exchange_run(exchange, server_context(connection->server), &connection->in,
			    &connection->out, OUT_MAX) < 0 ||
			send_out(connection) < 0)
			return false;
	} while (connection->out.size == 0 && connection->in.size < left);
	if (exchange->state == EXCHANGE_WAITING && !was_waiting)
		connection->answer_at = monotonic_s() + exchange->delay_ms / 1e3;
	if (exchange->state == EXCHANGE_ENDED && connection->state == CONNECTION_OPEN)
		connection->state = CONNECTION_CLOSING;
	if (connection->in.size == 0)
		buffer_release(&connection->in);
	return true;
}

/* Whether there is nothing more to do for a client that sends no more. */
static bool is_over(const struct connection *connection)
{
	if (!connection->is_at_end || connection->out.size)
		return false;
	if (connection->exchange.state == EXCHANGE_WAITING)
		return has_left(connection);
	return true;
}

/* Goes on after anything that happened. May destroy the connection: the last thing to call. */
static void connection_run(struct connection *connection)
{
	struct exchange *exchange = &connection->exchange;
	bool was_head = exchange->state == EXCHANGE_HEAD;
	unsigned answered = exchange->answered;

	if (!advance(connection) || is_over(connection)) {
		connection_destroy(connection);
		return;
	}
	if (connection->state == CONNECTION_CLOSING && connection->out.size == 0)
		linger(connection);
	set_io(connection, &connection->writable, connection->out.size);
	set_io(connection, &connection->readable,
		!connection->is_at_end && !connection->out.size && connection->in.size < IN_MAX);
	if (connection->out.size)
		set_deadline(connection, connection->server->options.request_ms / 1e3);
	else if (!was_head || exchange->state != EXCHANGE_HEAD || exchange->answered != answered)
		set_deadline(connection, patience(connection));
	/* else: the head has a deadline as a whole, which its bytes do not put off one by one */
}

/* Reads once. 0, also at the end, or -errno. */
static int receive(struct connection *connection)
{
	struct buffer *in = &connection->in;
	ssize_t received;

	int r = buffer_reserve(in, READ_SIZE);
	if (r < 0)
		return r;
	do
		received = recv(connection->readable.fd, buffer_bytes(in) + in->size, READ_SIZE, 0);
	while (received == -1 && errno == EINTR);
	if (received == -1)
		return -errno;
	in->size += (size_t)received;
	connection->is_at_end = received == 0;
	return 0;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct connection *connection = w->data;
	int r = receive(connection);

	(void)loop, (void)revents;
	if (r == 0 || r == -EAGAIN)
		connection_run(connection);
	else
		connection_destroy(connection);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop, (void)revents;
	connection_run(w->data);
}

/* Gives an error status as the last answer. May destroy the connection. */
static void refuse(struct connection *connection, int status)
{
	if (exchange_refuse(&connection->exchange, server_context(connection->server), status,
		    &connection->out) < 0)
		connection_destroy(connection);
	else
		connection_run(connection);
}

/* Ends a connection on which nothing is under way, unless a request is on it just now. May destroy it. */
static void end_idle(struct connection *connection)
{
	int r = receive(connection);

	if (r == -EAGAIN)
		connection->exchange.state = EXCHANGE_ENDED;
	if (r == 0 || r == -EAGAIN)
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
	if (!connection->is_probed && !connection->exchange.request.is_http_1_0)
		(void)response_append_interim(102, &connection->out); /* without memory: later */
	connection->is_probed = true;
	connection_run(connection);
}

static void answer(struct connection *connection)
{
	if (exchange_answer(&connection->exchange, server_context(connection->server),
		    &connection->in, &connection->out) < 0)
		connection_destroy(connection);
	else
		connection_run(connection);
}

/* The deadline has passed. May destroy the connection. */
static void time_out(struct connection *connection)
{
	if (connection->out.size || connection->state != CONNECTION_OPEN) {
		connection_destroy(connection);
		return;
	}
	switch (connection->exchange.state) {
	case EXCHANGE_HEAD:
	case EXCHANGE_BODY:
		refuse(connection, 408);
		break;
	case EXCHANGE_WAITING:
		if (monotonic_s() < connection->answer_at)
			look_for_leaver(connection);
		else
			answer(connection);
		break;
	case EXCHANGE_IDLE:
	case EXCHANGE_ENDED:
		end_idle(connection);
		break;
	}
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct connection *connection = w->data;
	double left = connection->deadline - monotonic_s();

	(void)loop, (void)revents;
	if (left > 0)
		arm_timer(connection, left);
	else
		time_out(connection);
}

void connection_expire(struct connection *connection)
{
	if (connection->state != CONNECTION_OPEN)
		return;
	if (connection->exchange.state == EXCHANGE_IDLE)
		end_idle(connection);
	else
		refuse(connection, 503);
}

int connection_take(struct server *server, int fd)
{
	struct connection *connection = malloc(sizeof(*connection));

	if (!connection) {
		(void)close(fd);
		return -ENOMEM;
	}
	*connection = (struct connection){
		.server = server,
		.next = server->connections,
		.link = &server->connections,
	};
	if (connection->next)
		connection->next->link = &connection->next;
	server->connections = connection;
	ev_io_init(&connection->readable, on_readable, fd, EV_READ);
	ev_io_init(&connection->writable, on_writable, fd, EV_WRITE);
	ev_init(&connection->timer, on_timer);
	connection->readable.data = connection;
	connection->writable.data = connection;
	connection->timer.data = connection;
	set_io(connection, &connection->readable, true);
	set_deadline(connection, patience(connection));
	server_count_up(server);
	return 0;
}
