/* SPDX-License-Identifier: MIT */
/* See <baton/acceptor.h>. */
#include <baton/acceptor.h>

#include <errno.h>
#include <ev.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/error.h"
#include "base/list.h"
#include "base/options.h"

enum { BATCH = 16, WAIT_MIN_MS = 5, WAIT_MAX_MS = 1000 };

struct source {
	struct list link; /* in the acceptor's sources */
	struct baton_acceptor *acceptor;
	const struct baton_listener *listener;
	ev_io readable;
};

struct baton_acceptor {
	struct ev_loop *loop;
	struct baton_acceptor_options options;
	struct list sources;
	bool is_wanted;  /* not paused by the host */
	bool is_busy;    /* with a batch: sources are not freed */
	bool is_stopped; /* for good; the sources go when it is not busy */
	struct baton_acceptor_counts counts;
	ev_timer wait;    /* for what is short */
	int wait_ms;      /* the last one's length; 0 once it has worked */
	int64_t since_ms; /* when the shortage began */
};

static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* accept(2) reports what became of a connection before, which is then gone from the queue. */
static bool is_about_the_connection(int error)
{
	static const int errors[] = { EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT,
		EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH };

	for (size_t i = 0; i < array_length(errors); i++)
		if (errors[i] == error)
			return true;
	return false;
}

static void update(struct baton_acceptor *acceptor)
{
	bool is_wanted = acceptor->is_wanted && !ev_is_active(&acceptor->wait);

	list_for_each (pos, &acceptor->sources) {
		struct source *source = container_of(pos, struct source, link);

		if (is_wanted)
			ev_io_start(acceptor->loop, &source->readable);
		else
			ev_io_stop(acceptor->loop, &source->readable);
	}
}

__attribute__((format(printf, 3, 4))) static void say(
	struct baton_acceptor *acceptor, int level, const char *format, ...)
{
	struct baton_error text;
	va_list args;

	if (!acceptor->options.on_log)
		return;
	va_start(args, format);
	(void)vsnprintf(text.text, sizeof(text.text), format, args);
	va_end(args);
	acceptor->options.on_log(level, text.text, acceptor->options.data);
}

static void begin_wait(struct baton_acceptor *acceptor, int error)
{
	int ms = acceptor->wait_ms * 2;
	bool is_new = !acceptor->counts.is_short;

	if (acceptor->is_stopped)
		return; /* by on_accept */
	acceptor->counts.is_short = true;
	acceptor->counts.pauses++;
	acceptor->wait_ms = ms < WAIT_MIN_MS ? WAIT_MIN_MS : ms > WAIT_MAX_MS ? WAIT_MAX_MS : ms;
	ev_now_update(acceptor->loop); /* the batch may have taken long */
	ev_timer_set(&acceptor->wait, acceptor->wait_ms / 1e3, 0);
	ev_timer_start(acceptor->loop, &acceptor->wait);
	if (!is_new)
		return;
	acceptor->since_ms = clock_ms();
	say(acceptor, LOG_WARNING, "cannot accept connections: %s; they wait",
		strerrordesc_np(error));
}

/* Not for each connection that got through in between: the queue of a socket is empty again. */
static void end_shortage(struct baton_acceptor *acceptor)
{
	if (!acceptor->counts.is_short)
		return;
	acceptor->counts.is_short = false;
	say(acceptor, LOG_NOTICE, "accepts connections again after %d ms",
		clock_ms_since(acceptor->since_ms));
}

static void on_wait_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	update(container_of(w, struct baton_acceptor, wait));
}

static void drop(struct source *source)
{
	ev_io_stop(source->acceptor->loop, &source->readable);
	list_remove(&source->link);
	free(source);
}

static void drop_all(struct baton_acceptor *acceptor)
{
	list_for_each_safe (pos, &acceptor->sources)
		drop(container_of(pos, struct source, link));
}

/* The errno of what went wrong; 0 if a connection was accepted, and served or refused. */
static int accept_one(struct source *source)
{
	struct baton_acceptor *acceptor = source->acceptor;
	struct baton_accepted accepted;

	accepted.listener = source->listener;
	accepted.peer_size = sizeof(accepted.peer);
	accepted.fd = accept4(source->readable.fd, (struct sockaddr *)&accepted.peer,
		&accepted.peer_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (accepted.fd == -1)
		return errno;
	acceptor->counts.accepted++;
	int r = acceptor->options.on_accept(acceptor, &accepted, acceptor->options.data);
	if (is_shortage(-r))
		return -r;
	acceptor->wait_ms = 0;
	return 0;
}

/*
 * A unix socket that was shut down is readable for ever, and accept4 on it for ever EAGAIN where
 * that does not block (unix_accept and __skb_recv_datagram in the kernel).
 */
static bool is_shut_down(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) == 1;
}

/* Up to a batch. The errno of what ends the accepting on this socket, or 0. */
static int accept_batch(struct source *source)
{
	struct baton_acceptor *acceptor = source->acceptor;

	for (unsigned i = 0; i < acceptor->options.batch && acceptor->is_wanted; i++) {
		int error = accept_one(source);

		if (error == EAGAIN && i == 0 && is_shut_down(source->readable.fd))
			return EINVAL;
		if (error == EAGAIN) {
			if (i > 0)
				end_shortage(acceptor);
			return 0;
		}
		if (is_shortage(error)) {
			begin_wait(acceptor, error);
			return 0;
		}
		if (is_about_the_connection(error))
			acceptor->counts.failed++;
		else if (error)
			return error;
	}
	return 0;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct source *source = container_of(w, struct source, readable);
	struct baton_acceptor *acceptor = source->acceptor;
	const struct baton_listener *listener = source->listener;

	(void)loop, (void)revents;
	acceptor->is_busy = true;
	int error = accept_batch(source);

	acceptor->is_busy = false;
	if (acceptor->is_stopped)
		drop_all(acceptor);
	else if (error)
		drop(source);
	update(acceptor);
	if (error && acceptor->options.on_end)
		acceptor->options.on_end(acceptor, listener, -error, acceptor->options.data);
}

int baton_acceptor_create(struct ev_loop *loop, const struct baton_acceptor_options *options,
	struct baton_acceptor **ret, struct baton_error *error)
{
	struct baton_acceptor_options own;

	if (options_copy(&own, sizeof(own), options,
		    options_bytes(struct baton_acceptor_options, on_log)) < 0)
		return error_set(error, -EINVAL, "bad size of acceptor options");
	if (!loop || !ret || !own.on_accept)
		return error_set(
			error, -EINVAL, "no loop, no place for the result, or no on_accept");
	if (!own.batch)
		own.batch = BATCH;
	struct baton_acceptor *acceptor = malloc(sizeof(*acceptor));
	if (!acceptor)
		return error_set_errno(error, -ENOMEM, "cannot create the acceptor");

	*acceptor = (struct baton_acceptor){ .loop = loop, .options = own };
	list_init(&acceptor->sources);
	ev_timer_init(&acceptor->wait, on_wait_over, 0, 0);
	*ret = acceptor;
	return 0;
}

static int add_source(
	struct baton_acceptor *acceptor, const struct baton_listener *listener, size_t index)
{
	struct source *source = malloc(sizeof(*source));

	if (!source)
		return -ENOMEM;
	*source = (struct source){ .acceptor = acceptor, .listener = listener };
	ev_io_init(&source->readable, on_readable, baton_listener_fd(listener, index), EV_READ);
	list_append(&acceptor->sources, &source->link);
	return 0;
}

static void drop_listener(struct baton_acceptor *acceptor, const struct baton_listener *listener)
{
	list_for_each_safe (pos, &acceptor->sources) {
		struct source *source = container_of(pos, struct source, link);

		if (source->listener == listener)
			drop(source);
	}
}

int baton_acceptor_add(struct baton_acceptor *acceptor, const struct baton_listener *listener)
{
	int r = 0;

	if (!acceptor || !listener)
		return -EINVAL;
	if (acceptor->is_stopped)
		return -ESHUTDOWN;
	if (baton_listener_type(listener) == SOCK_DGRAM)
		return -EPROTOTYPE;
	for (size_t i = 0; r == 0 && i < baton_listener_count(listener); i++)
		r = add_source(acceptor, listener, i);
	if (r < 0)
		drop_listener(acceptor, listener);
	update(acceptor);
	return r;
}

void baton_acceptor_resume(struct baton_acceptor *acceptor)
{
	acceptor->is_wanted = !acceptor->is_stopped;
	update(acceptor);
}

void baton_acceptor_pause(struct baton_acceptor *acceptor)
{
	acceptor->is_wanted = false;
	update(acceptor);
}

void baton_acceptor_stop(struct baton_acceptor *acceptor)
{
	acceptor->is_stopped = true;
	acceptor->counts.is_short = false;
	baton_acceptor_pause(acceptor);
	ev_timer_stop(acceptor->loop, &acceptor->wait);
	if (!acceptor->is_busy)
		drop_all(acceptor);
}

void baton_acceptor_get_counts(
	const struct baton_acceptor *acceptor, struct baton_acceptor_counts *ret)
{
	*ret = acceptor->counts;
}

void baton_acceptor_destroy(struct baton_acceptor *acceptor)
{
	if (!acceptor)
		return;
	baton_acceptor_stop(acceptor);
	free(acceptor);
}
