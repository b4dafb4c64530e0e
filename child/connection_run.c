/* SPDX-License-Identifier: MIT */
/*
 * What a connection does after anything that happened: see connection_object.h.
 *
 * One watcher serves it for reading and writing, and one timer for everything.
 * Deadlines mostly move into the future, at every request, so the timer is left
 * alone then: when it fires early it is set to what is left.
 *
 * The special problem of closing: close(2) while bytes of the client are
 * unread, or before they arrive, makes the kernel send RST, and a RST destroys
 * an answer that the client has not read yet. So the end is: the last answer,
 * shutdown(SHUT_WR), read until the client closes too, and only then close.
 * Not so for a client that has said itself that its request was the last.
 */
#include <sys/socket.h>

#include "busy.h"
#include "connection.h"
#include "connection_object.h"
#include "server.h"

enum {
	IN_MAX = 64 * 1024,        /* no more is read while that much waits for its turn */
	OUT_MAX = 64 * 1024,       /* no request is begun while that much waits to be sent */
	LINGER_SILENCE_MS = 2000,  /* after the last answer: a silent client is cut off */
	LINGER_MAX_MS = 30 * 1000, /* and any other */
	LINGER_LATE_MS = 500, /* whichever, after the drain deadline: before the end by force */
	LEAVER_INTERVAL_MS =
		1000, /* how often a client that has sent FIN and waits is looked after */
};

static int64_t min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void arm_timer(struct connection *connection, int64_t ms)
{
	struct ev_loop *loop = connection->server->loop;

	ev_timer_stop(loop, &connection->timer);
	ev_timer_set(&connection->timer, (double)ms / 1e3, 0);
	ev_timer_start(loop, &connection->timer);
}

static void set_deadline(struct connection *connection, int64_t deadline_ms)
{
	bool is_sooner = deadline_ms < connection->deadline_ms;

	connection->deadline_ms = deadline_ms;
	if (deadline_ms == CONNECTION_NEVER_MS)
		ev_timer_stop(connection->server->loop, &connection->timer);
	else if (is_sooner || !ev_is_active(&connection->timer))
		arm_timer(connection, deadline_ms - connection_now_ms(connection));
}

static void set_events(struct connection *connection, int events)
{
	struct ev_loop *loop = connection->server->loop;
	int fd = connection->io.fd;

	if (ev_is_active(&connection->io) &&
		(connection->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(loop, &connection->io);
	ev_io_set(&connection->io, fd, events);
	if (events)
		ev_io_start(loop, &connection->io);
}

/* Answers what has come and sends it. False if the connection is of no use any more. */
static bool advance(struct connection *connection)
{
	struct server *server = connection->server;
	struct busy *busy = connection->busy;
	struct exchange *exchange = &busy->exchange;
	size_t left;
	unsigned answered;

	do {
		left = busy->in.size;
		answered = exchange->answered;
		if (exchange_run(exchange, server_settings(server), &busy->in, &busy->out,
			    OUT_MAX) < 0 ||
			connection_send(connection) < 0)
			return false;
		/* An answer in pieces goes on in the loop's next turn. */
	} while (busy->out.size == 0 && exchange->state != EXCHANGE_SENDING &&
		(busy->in.size < left || exchange->answered != answered));
	if (exchange->state == EXCHANGE_ENDED && connection->state == CONNECTION_OPEN)
		connection->state = CONNECTION_CLOSING;
	return true;
}

/* Whether there is nothing more to do for the client. */
static bool is_over(const struct connection *connection)
{
	const struct busy *busy = connection->busy;

	if (busy->out.size)
		return false;
	if (connection->state == CONNECTION_CLOSING && busy->exchange.is_clients_wish)
		return true;
	if (!connection->is_at_end || busy->exchange.state == EXCHANGE_SENDING)
		return false;
	if (busy->exchange.state == EXCHANGE_WAITING || busy->exchange.state == EXCHANGE_PAUSED)
		return connection_has_left(connection);
	return true;
}

/* The end of what we send: the client sees it behind the last answer. */
void connection_linger(struct connection *connection)
{
	int64_t max_ms = connection->server->is_expired ? LINGER_LATE_MS : LINGER_MAX_MS;

	connection->state = CONNECTION_LINGERING;
	connection->until_ms = connection_now_ms(connection) + max_ms;
	connection_put_busy(connection);
	/* ENOTCONN: the client is gone, as the next read will show. */
	(void)shutdown(connection->io.fd, SHUT_WR);
	set_events(connection, EV_READ);
	connection_linger_on(connection);
}

void connection_linger_on(struct connection *connection)
{
	int64_t silence_ms = connection_now_ms(connection) + LINGER_SILENCE_MS;

	set_deadline(connection, min(silence_ms, connection->until_ms));
}

/* When the client is given up, or looked after, if nothing happens until then. */
static int64_t choose_deadline(const struct connection *connection)
{
	const struct server_options *options = &connection->server->options;
	const struct busy *busy = connection->busy;
	int64_t now = connection_now_ms(connection);
	int64_t idle_until = now + options->keep_alive_ms;

	if (connection->server->settings.is_draining && connection->close_at_ms)
		idle_until = min(idle_until, connection->close_at_ms);
	if (!busy)
		return idle_until;
	if (busy->out.size)
		return now + options->request_ms;
	switch (busy->exchange.state) {
	case EXCHANGE_HEAD:
	case EXCHANGE_BODY:
	case EXCHANGE_SENDING:
		return now + options->request_ms;
	case EXCHANGE_WAITING:
		return connection->is_at_end ? min(now + LEAVER_INTERVAL_MS, connection->until_ms)
					     : connection->until_ms;
	case EXCHANGE_PAUSED:
		return CONNECTION_NEVER_MS; /* it is the route that decides when it goes on */
	case EXCHANGE_IDLE:
	case EXCHANGE_ENDED:
		break;
	}
	return idle_until;
}

static int choose_events(const struct connection *connection)
{
	const struct busy *busy = connection->busy;
	int events = 0;

	if (!busy)
		return EV_READ;
	if (busy->out.size || busy->exchange.state == EXCHANGE_SENDING)
		events |= EV_WRITE;
	if (!connection->is_at_end && !busy->out.size && busy->in.size < IN_MAX)
		events |= EV_READ;
	return events;
}

/* The request that is under way, if there is one: lists it, and settles how long it may take. What
 * is over has been taken back: see on_over. */
static void follow_request(struct connection *connection)
{
	const struct server *server = connection->server;
	enum exchange_state state = connection->busy->exchange.state;

	if (state == EXCHANGE_WAITING || state == EXCHANGE_SENDING || state == EXCHANGE_PAUSED)
		busy_begin_task(connection->server, connection->busy);
	if (state == EXCHANGE_WAITING && connection->until_ms == CONNECTION_NEVER_MS)
		connection->until_ms = connection_now_ms(connection) + server->options.answer_ms;
}

/* Waits for what comes next. */
static void settle(struct connection *connection, bool is_same_head)
{
	struct busy *busy = connection->busy;

	if (busy->exchange.state == EXCHANGE_IDLE && busy->in.size == 0 && busy->out.size == 0)
		connection_put_busy(connection);
	set_events(connection, choose_events(connection));
	/* A head has a deadline as a whole, which its bytes do not put off one by one. */
	if (!is_same_head || choose_events(connection) & EV_WRITE)
		set_deadline(connection, choose_deadline(connection));
}

void connection_rest(struct connection *connection, int64_t deadline_ms)
{
	if (connection->busy)
		follow_request(connection);
	set_events(connection, choose_events(connection));
	set_deadline(connection, deadline_ms);
}

void connection_close_from(struct connection *connection, int64_t at_ms)
{
	connection->close_at_ms = at_ms;
	if (connection->state == CONNECTION_OPEN && !connection->busy)
		set_deadline(connection, min(connection->deadline_ms, at_ms));
}

/* Answers what has come. Whether the connection goes on as it is; it may be destroyed. */
static bool go_on(struct connection *connection)
{
	if (!advance(connection) || is_over(connection)) {
		connection_destroy(connection);
		return false;
	}
	if (connection->state == CONNECTION_CLOSING && connection->busy->out.size == 0) {
		connection_linger(connection);
		return false;
	}
	return true;
}

/* Goes on after anything that happened. May destroy the connection: the last thing to call. */
void connection_run(struct connection *connection)
{
	struct exchange *exchange = &connection->busy->exchange;
	bool was_head = exchange->state == EXCHANGE_HEAD;
	unsigned answered = exchange->answered;

	connection_plan(connection);
	if (!go_on(connection) || connection_move(connection))
		return;
	if (exchange->is_held) {
		exchange->is_held = false; /* it cannot be moved now */
		if (!go_on(connection))
			return;
	}
	follow_request(connection);
	settle(connection,
		was_head && exchange->state == EXCHANGE_HEAD && exchange->answered == answered);
}
