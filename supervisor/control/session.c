/* SPDX-License-Identifier: MIT */
/* See session.h. */
#include "control/session.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/fd.h"
#include "control/protocol.h"
#include "log.h"

enum { OUTPUT_MAX = 1024 * 1024, READ_BYTES = 4096, REFUSAL_SIZE = 512 };

/* Seconds. */
static const ev_tstamp limits[] = {
	[SESSION_LIMIT_IDLE] = 60,
	[SESSION_LIMIT_REQUEST] = 10,
	[SESSION_LIMIT_WRITE] = 30,
	[SESSION_LIMIT_NEXT] = 0,
	[SESSION_LIMIT_NONE] = 2,
};

/* Not from within the functions of whoever sends: the session may be in a list that they walk. */
static void end_soon(struct session *session)
{
	if (session->is_over)
		return;
	session->is_over = true;
	ev_io_stop(session->loop, &session->reader);
	ev_io_stop(session->loop, &session->writer);
	ev_timer_stop(session->loop, &session->timer);
	ev_timer_set(&session->timer, 0, 0);
	ev_timer_start(session->loop, &session->timer);
}

static bool has_output(const struct session *session)
{
	return session->output.length > session->written;
}

static const char *end_of_line(const struct session *session)
{
	const struct strbuf *input = &session->input;

	return input->length > 0 ? memchr(input->text, '\n', input->length) : NULL;
}

static enum session_limit limit_of(const struct session *session)
{
	if (has_output(session))
		return SESSION_LIMIT_WRITE;
	if (session->wait != SESSION_WAITS_FOR_NOTHING)
		return SESSION_LIMIT_NONE;
	if (end_of_line(session))
		return SESSION_LIMIT_NEXT;
	return session->input.length > 0 ? SESSION_LIMIT_REQUEST : SESSION_LIMIT_IDLE;
}

static void set_limit(struct session *session, enum session_limit limit)
{
	session->limit = limit;
	ev_timer_stop(session->loop, &session->timer);
	ev_timer_set(&session->timer, limits[limit], 0);
	ev_timer_start(session->loop, &session->timer);
}

/* After whatever has changed. A request that comes byte by byte gets no more time for each. */
static void update(struct session *session)
{
	enum session_limit limit = limit_of(session);

	if (session->is_over)
		return;
	if ((session->is_closing && limit != SESSION_LIMIT_WRITE) ||
		(session->has_ended_input && limit == SESSION_LIMIT_IDLE)) {
		end_soon(session);
		return;
	}
	if (limit != session->limit)
		set_limit(session, limit);
}

/* Writes what the socket takes. */
static void flush(struct session *session)
{
	while (has_output(session) && !session->is_over) {
		ssize_t sent = send(session->fd, session->output.text + session->written,
			session->output.length - session->written, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent == -1 && errno == EAGAIN) {
			ev_io_start(session->loop, &session->writer);
			return;
		}
		if (sent == -1 && errno != EINTR) {
			end_soon(session);
			return;
		}
		session->written += sent > 0 ? (size_t)sent : 0;
	}
	ev_io_stop(session->loop, &session->writer);
	/* Its memory is not kept: most say little. */
	strbuf_finish(&session->output);
	session->written = 0;
}

static void append(struct session *session, const char *line)
{
	strbuf_append(&session->output, line);
	strbuf_append(&session->output, "\n");
	if (!session->output.is_broken && session->output.length - session->written <= OUTPUT_MAX)
		return;
	log_info(NULL, "a control client that does not read is closed");
	end_soon(session);
}

void session_send_take(struct session *session, json_t *object)
{
	cleanup_free char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (session->is_over || session->is_closing)
		return;
	if (!line) {
		end_soon(session);
		return;
	}
	append(session, line);
	flush(session);
	update(session);
}

void session_refuse(struct session *session, const char *format, ...)
{
	char text[REFUSAL_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* cut if too long */
	va_end(args);
	session_send_take(session, protocol_refusal(text));
}

void session_close(struct session *session)
{
	session->is_closing = true;
	ev_io_stop(session->loop, &session->reader);
	update(session);
}

void session_wait(struct session *session, enum session_wait what)
{
	session->wait = what;
	update(session);
}

/* Forgets so much of the beginning. */
static void drop_input(struct session *session, size_t length)
{
	struct strbuf rest = STRBUF_INIT;

	if (length < session->input.length)
		strbuf_append_bytes(
			&rest, session->input.text + length, session->input.length - length);
	strbuf_finish(&session->input);
	session->input = rest;
}

/* Hands on a line that is complete, unless the one before it is not answered yet. */
static void take_line(struct session *session)
{
	const char *end = end_of_line(session);

	if (!end || has_output(session) || session->wait != SESSION_WAITS_FOR_NOTHING ||
		session->is_over || session->is_closing)
		return;
	size_t length = (size_t)(end - session->input.text);
	struct strbuf line = STRBUF_INIT;

	strbuf_append_bytes(&line, session->input.text, length);
	drop_input(session, length + 1);
	if (line.is_broken)
		end_soon(session);
	else
		session->handler.on_line(session, line.text, length, session->handler.data);
	strbuf_finish(&line);
}

/* The end may stand for the last newline. */
static void end_input(struct session *session)
{
	session->has_ended_input = true;
	ev_io_stop(session->loop, &session->reader);
	if (session->input.length > 0)
		strbuf_append(&session->input, "\n");
}

static void check_input(struct session *session)
{
	if (session->input.is_broken) {
		end_soon(session);
		return;
	}
	if (session->input.length <= PROTOCOL_REQUEST_MAX)
		return;
	if (session->wait != SESSION_WAITS_FOR_NOTHING || end_of_line(session)) {
		ev_io_stop(session->loop, &session->reader); /* until what is there is answered */
		return;
	}
	session_refuse(session, "the request is longer than %d bytes", (int)PROTOCOL_REQUEST_MAX);
	session_close(session);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct session *session = container_of(w, struct session, reader);
	char bytes[READ_BYTES];
	ssize_t got = recv(session->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)loop;
	(void)revents;
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got == -1) {
		end_soon(session);
		return;
	}
	strbuf_append_bytes(&session->input, bytes, (size_t)got);
	if (got == 0)
		end_input(session);
	take_line(session);
	check_input(session);
	update(session);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct session *session = container_of(w, struct session, writer);

	(void)loop;
	(void)revents;
	flush(session);
	if (has_output(session) && !session->is_over)
		set_limit(session, SESSION_LIMIT_WRITE); /* it has read something */
	update(session);
}

/* Whether the other end is closed altogether, and not for writing alone. */
static bool has_gone(const struct session *session)
{
	struct pollfd poll_fd = { .fd = session->fd };

	return poll(&poll_fd, 1, 0) == 1 && poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static void next(struct session *session)
{
	session->limit = SESSION_LIMIT_IDLE; /* so that another one has the clock set again */
	take_line(session);
	if (!session->has_ended_input && !session->is_closing && !session->is_over &&
		session->input.length <= PROTOCOL_REQUEST_MAX)
		ev_io_start(session->loop, &session->reader);
	update(session);
	if (!session->is_over && !ev_is_active(&session->timer))
		set_limit(session, limit_of(session));
}

static void expire(struct session *session)
{
	switch (session->limit) {
	case SESSION_LIMIT_REQUEST:
		session_refuse(session, "the request took longer than %g seconds",
			limits[SESSION_LIMIT_REQUEST]);
		session_close(session);
		break;
	case SESSION_LIMIT_WRITE:
		log_info(NULL, "a control client that does not read is closed");
		end_soon(session);
		break;
	case SESSION_LIMIT_IDLE:
		end_soon(session);
		break;
	case SESSION_LIMIT_NEXT:
		next(session);
		break;
	case SESSION_LIMIT_NONE:
		if (has_gone(session))
			end_soon(session);
		else
			set_limit(session, SESSION_LIMIT_NONE);
		break;
	}
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct session *session = container_of(w, struct session, timer);

	(void)loop;
	(void)revents;
	if (session->is_over)
		session->handler.on_end(session, session->handler.data);
	else
		expire(session);
}

void session_resume(struct session *session)
{
	session->wait = SESSION_WAITS_FOR_NOTHING;
	session->generation = 0;
	/* The reader is on again when its next line was taken, or now if there is none. */
	if (!session->has_ended_input && !session->is_closing && !session->is_over)
		ev_io_start(session->loop, &session->reader);
	update(session);
}

struct session *session_create_take(
	int fd, struct ev_loop *loop, const struct session_handler *handler)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session) {
		fd_close(fd);
		return NULL;
	}
	*session = (struct session){ .loop = loop, .handler = *handler, .fd = fd };
	list_init(&session->link);
	ev_io_init(&session->reader, on_readable, fd, EV_READ);
	ev_io_init(&session->writer, on_writable, fd, EV_WRITE);
	ev_timer_init(&session->timer, on_timer, 0, 0);
	ev_io_start(loop, &session->reader);
	set_limit(session, SESSION_LIMIT_IDLE);
	return session;
}

void session_go_on(struct session *session, enum session_wait what)
{
	session->wait = what;
	if (session->has_ended_input || session->is_closing)
		ev_io_stop(session->loop, &session->reader);
	flush(session);
	update(session);
}

void session_destroy(struct session *session)
{
	if (!session)
		return;
	ev_io_stop(session->loop, &session->reader);
	ev_io_stop(session->loop, &session->writer);
	ev_timer_stop(session->loop, &session->timer);
	list_remove(&session->link);
	strbuf_finish(&session->input);
	strbuf_finish(&session->output);
	fd_close(session->fd);
	free(session);
}
