/* SPDX-License-Identifier: MIT */
/*
 * A connection's way to the successor, and from the predecessor: see connection_object.h.
 *
 * It is passed on between two requests, with the bytes of the next one that have come, however
 * many. One whose request is under way is answered first, without saying that this
 * is the last answer, and passed on then.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <baton/handoff.h>

#include "busy.h"
#include "connection.h"
#include "connection_object.h"
#include "handoff_state.h"
#include "server.h"

void connection_plan(struct connection *connection)
{
	struct exchange *exchange = &connection->busy->exchange;
	int room = connection->stays ? -ENOTCONN : server_room(connection->server);

	exchange->goes_on = room >= 0 || connection_now_ms(connection) < connection->close_at_ms;
	exchange->is_held = room > 0 && !connection->is_at_end;
}

/* Whether all there is to the connection is what it has read. */
static bool is_movable(const struct connection *connection)
{
	const struct busy *busy = connection->busy;

	if (connection->state != CONNECTION_OPEN || connection->stays || connection->is_at_end)
		return false;
	if (!busy)
		return true;
	if (busy->out.size || busy->in.size > HANDOFF_STATE_UNREAD_MAX)
		return false;
	return busy->exchange.state == EXCHANGE_IDLE || busy->exchange.state == EXCHANGE_HEAD;
}

static int pass(struct connection *connection)
{
	struct server *server = connection->server;
	int64_t left_ms = connection->deadline_ms == CONNECTION_NEVER_MS
		? server->options.keep_alive_ms
		: connection->deadline_ms - connection_now_ms(connection);
	const struct handoff_state state = {
		.left_ms = left_ms > 0 ? (uint32_t)left_ms : 0,
		.unread = connection->busy ? buffer_bytes(&connection->busy->in) : NULL,
		.unread_size = connection->busy ? connection->busy->in.size : 0,
	};

	buffer_clear(&server->record);
	int r = handoff_state_write(&state, &server->record);
	if (r < 0)
		return r;
	const struct baton_handoff_connection record = {
		.fd = connection->io.fd,
		.type = HANDOFF_STATE_TYPE,
		.version = HANDOFF_STATE_VERSION,
		.state = buffer_bytes(&server->record),
		.size = server->record.size,
	};

	return baton_handoff_pass(server->options.upgrade, &record, connection);
}

bool connection_move(struct connection *connection)
{
	struct server *server = connection->server;

	if (!is_movable(connection) || server_room(server) <= 0 || pass(connection) < 0)
		return false;
	ev_io_stop(server->loop, &connection->io);
	ev_timer_stop(server->loop, &connection->timer);
	connection->state = CONNECTION_MOVING;
	return true;
}

void connection_moved(struct connection *connection, int result)
{
	if (result == 0) {
		connection_destroy(connection);
		return;
	}
	connection->state = CONNECTION_OPEN;
	connection->stays = result != -EPIPE;
	if (!connection->busy) {
		connection_rest(connection, connection->deadline_ms);
		return;
	}
	/* A head that has begun goes on with the time that it had. */
	if (connection->deadline_ms != CONNECTION_NEVER_MS)
		connection_rest(connection, connection->deadline_ms);
	connection_run(connection);
}

void connection_forget_refusal(struct connection *connection)
{
	connection->stays = false;
}

/* What the predecessor has read of the next request, if anything. 0 or -ENOMEM. */
static int take_unread(struct connection *connection, const struct handoff_state *state)
{
	int r = connection_take_busy(connection);

	if (r == 0)
		r = buffer_append(&connection->busy->in, state->unread, state->unread_size);
	if (r == 0)
		connection->busy->exchange.state = EXCHANGE_HEAD; /* in its time: see settle */
	return r;
}

int connection_take_over(struct server *server, const struct baton_handoff_connection *from)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC }; /* for the access log */
	socklen_t peer_size = sizeof(peer);
	struct connection *connection;
	struct handoff_state state;
	int r = handoff_state_read(from->state, from->size, &state);
	if (r < 0)
		return r;
	if (server_is_full(server))
		return -EMFILE;
	/* A client that is gone is seen when it is read from. */
	if (server->options.access_log)
		(void)getpeername(from->fd, (struct sockaddr *)&peer, &peer_size);
	r = connection_create(server, from->fd, (const struct sockaddr *)&peer,
		peer_size < sizeof(peer) ? peer_size : sizeof(peer), &connection);
	if (r < 0)
		return r;
	server_pause_if_full(server);
	connection_rest(connection, server->settings.now_ms + state.left_ms);
	/* The answer has to wait until the predecessor knows that it is ours to give. */
	if (state.unread_size && take_unread(connection, &state) == 0)
		ev_feed_event(server->loop, &connection->io, EV_CUSTOM);
	return 0;
}
