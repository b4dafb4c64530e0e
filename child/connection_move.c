/* SPDX-License-Identifier: MIT */
/*
 * A connection's way to the successor, and from the predecessor: see connection_object.h.
 *
 * It is passed on between two requests, with the bytes of the next one that have come, however
 * many. One whose request is under way is answered first, without saying that this
 * is the last answer, and passed on then. But for an answer that the successor can go on with: that
 * goes between two of its pieces, with those that the client has not taken.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <baton/handoff.h>

#include "busy.h"
#include "connection.h"
#include "connection_object.h"
#include "handoff_answer.h"
#include "handoff_state.h"
#include "server.h"

void connection_plan(struct connection *connection)
{
	struct exchange *exchange = &connection->busy->exchange;
	int room = connection->stays ? -ENOTCONN : server_room(connection->server);

	exchange->goes_on = room >= 0 || connection_now_ms(connection) < connection->close_at_ms;
	exchange->is_held = room > 0 && !connection->is_at_end;
}

/* Whether an answer is under way that the successor can go on with. */
static bool has_movable_answer(const struct connection *connection)
{
	return connection->busy && exchange_can_move(&connection->busy->exchange);
}

/* Whether all there is to the connection is what it has read. */
static bool is_between_requests(const struct connection *connection)
{
	const struct busy *busy = connection->busy;

	if (connection->is_at_end)
		return false;
	if (!busy)
		return true;
	if (busy->out.size || busy->in.size > HANDOFF_STATE_UNREAD_MAX)
		return false;
	return busy->exchange.state == EXCHANGE_IDLE || busy->exchange.state == EXCHANGE_HEAD;
}

static bool is_movable(const struct connection *connection)
{
	if (connection->state != CONNECTION_OPEN || connection->stays)
		return false;
	return is_between_requests(connection) || has_movable_answer(connection);
}

/* How much of its time is left; all of it, if it has begun none. */
static uint32_t left_ms(const struct connection *connection, int all_ms)
{
	int64_t left = connection->deadline_ms - connection_now_ms(connection);

	if (connection->deadline_ms == CONNECTION_NEVER_MS)
		left = all_ms;
	return left > 0 ? (uint32_t)left : 0;
}

/* To the server's record. 0 or -errno. */
static int write_state(const struct connection *connection)
{
	struct server *server = connection->server;
	const struct handoff_state state = {
		.left_ms = left_ms(connection, server->options.keep_alive_ms),
		.unread = connection->busy ? buffer_bytes(&connection->busy->in) : NULL,
		.unread_size = connection->busy ? connection->busy->in.size : 0,
	};

	return handoff_state_write(&state, &server->record);
}

/* Likewise, with the answer that is under way. */
static int write_answer(const struct connection *connection)
{
	struct server *server = connection->server;
	struct busy *busy = connection->busy;
	struct handoff_answer answer = {
		.left_ms = left_ms(connection, server->options.request_ms),
		.unsent = buffer_bytes(&busy->out),
		.unsent_size = busy->out.size,
		.unread = buffer_bytes(&busy->in),
		.unread_size = busy->in.size,
	};
	int r = exchange_save(&busy->exchange, server_settings(server), &answer.saved);

	return r < 0 ? r : handoff_answer_write(&answer, &server->record);
}

static int pass(struct connection *connection)
{
	struct server *server = connection->server;
	bool has_answer = has_movable_answer(connection);

	buffer_clear(&server->record);
	int r = has_answer ? write_answer(connection) : write_state(connection);
	if (r < 0)
		return r;
	const struct baton_handoff_connection record = {
		.fd = connection->io.fd,
		.type = has_answer ? HANDOFF_ANSWER_TYPE : HANDOFF_STATE_TYPE,
		.version = has_answer ? HANDOFF_ANSWER_VERSION : HANDOFF_STATE_VERSION,
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

/* The successor has it, and what is under way on it. */
static void leave(struct connection *connection)
{
	if (has_movable_answer(connection)) {
		busy_end_task(connection->busy);
		exchange_leave(&connection->busy->exchange);
	}
	connection_destroy(connection);
}

void connection_moved(struct connection *connection, int result)
{
	if (result == 0) {
		leave(connection);
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

/* One that watches nothing yet. On failure the descriptor is still the caller's. 0 or -errno. */
static int create(struct server *server, int fd, struct connection **ret)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC }; /* for the access log */
	socklen_t peer_size = sizeof(peer);

	if (server_is_full(server))
		return -EMFILE;
	/* A client that is gone is seen when it is read from. */
	if (server->options.access_log)
		(void)getpeername(fd, (struct sockaddr *)&peer, &peer_size);
	int r = connection_create(server, fd, (const struct sockaddr *)&peer,
		peer_size < sizeof(peer) ? peer_size : sizeof(peer), ret);

	if (r == 0)
		server_pause_if_full(server);
	return r;
}

int connection_take_over(struct server *server, const struct baton_handoff_connection *from)
{
	struct connection *connection;
	struct handoff_state state;
	int r = handoff_state_read(from->state, from->size, &state);
	if (r == 0)
		r = create(server, from->fd, &connection);
	if (r < 0)
		return r;
	connection_rest(connection, server->settings.now_ms + state.left_ms);
	/* The answer has to wait until the predecessor knows that it is ours to give. */
	if (state.unread_size && take_unread(connection, &state) == 0)
		ev_feed_event(server->loop, &connection->io, EV_CUSTOM);
	return 0;
}

/* 0 or -errno. */
static int resume(struct connection *connection, const struct handoff_answer *answer)
{
	int r = connection_take_busy(connection);
	struct busy *busy = connection->busy;

	if (r == 0)
		r = buffer_append(&busy->in, answer->unread, answer->unread_size);
	if (r == 0)
		r = buffer_append(&busy->out, answer->unsent, answer->unsent_size);
	return r < 0 ? r
		     : exchange_resume(&busy->exchange, server_settings(connection->server),
			       &answer->saved);
}

int connection_resume(struct server *server, const struct baton_handoff_connection *from)
{
	struct connection *connection;
	struct handoff_answer answer;
	int r = handoff_answer_read(from->state, from->size, &answer);
	if (r == 0)
		r = create(server, from->fd, &connection);
	if (r < 0)
		return r;
	r = resume(connection, &answer);
	if (r < 0) {
		connection_give_back(connection);
		return r;
	}
	connection_rest(connection,
		answer.unsent_size ? server->settings.now_ms + answer.left_ms
				   : CONNECTION_NEVER_MS);
	return 0;
}
