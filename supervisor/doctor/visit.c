/* SPDX-License-Identifier: MIT */
/* See visit.h. */
#include "doctor/visit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/container.h"
#include "base/fd.h"
#include "doctor/peer.h"

enum {
	KEPT_REQUESTS = 25, /* on one connection: it lives for a second, as steering waits for it */
	SERVER_ERROR = 500, /* the first status of HTTP that says so */
};

static const ev_tstamp between_kept = 0.04;
static const ev_tstamp before_next_try = 0.01; /* of a queue that is full */
static const ev_tstamp mute_time = 0.05;       /* how long a connection is held to see it cut */
static const ev_tstamp listen_time = 0.3;

static void over(struct visit *visit, const char *reason)
{
	visit_fn on_over = visit->options.on_over;

	ev_io_stop(visit->options.loop, &visit->watcher);
	ev_timer_stop(visit->options.loop, &visit->deadline);
	ev_timer_stop(visit->options.loop, &visit->pause);
	on_over(visit, reason);
}

static void pause_for(struct visit *visit, ev_tstamp seconds)
{
	ev_timer_stop(visit->options.loop, &visit->pause);
	ev_timer_set(&visit->pause, seconds, 0);
	ev_timer_start(visit->options.loop, &visit->pause);
}

static void watch(struct visit *visit, int events)
{
	ev_io_stop(visit->options.loop, &visit->watcher);
	ev_io_set(&visit->watcher, visit->fd, events);
	ev_io_start(visit->options.loop, &visit->watcher);
}

static const char *reason_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "refused";
	case ENOENT:
		return "no such socket";
	case ECONNRESET:
	case EPIPE:
		return "reset";
	}
	return strerrordesc_np(error);
}

static bool is_mute(const struct visit *visit)
{
	return visit->options.manner == VISIT_LISTEN || visit->options.peer->speech == PEER_MUTE;
}

/* How much of the request may be said by now. */
static size_t limit(const struct visit *visit)
{
	return visit->options.length - visit->is_waiting;
}

static void say(struct visit *visit)
{
	size_t left = limit(visit) - visit->said;
	ssize_t sent = left
		? send(visit->fd, visit->options.request + visit->said, left, MSG_NOSIGNAL)
		: 0;

	if (sent == -1 && errno != EAGAIN && errno != EINTR) {
		over(visit, reason_of(errno));
		return;
	}
	visit->said += sent > 0 ? (size_t)sent : 0;
	watch(visit, visit->said < limit(visit) ? EV_READ | EV_WRITE : EV_READ);
}

static void begin_request(struct visit *visit)
{
	response_init(&visit->response, false);
	visit->said = 0;
	ev_timer_again(visit->options.loop, &visit->deadline);
	if (is_mute(visit)) {
		watch(visit, EV_READ);
		if (!visit->is_waiting)
			pause_for(visit,
				visit->options.manner == VISIT_LISTEN ? listen_time : mute_time);
	} else {
		say(visit);
	}
}

static void connected(struct visit *visit)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(visit->fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		error = errno;
	if (error) {
		over(visit, reason_of(error));
		return;
	}
	visit->is_connected = true;
	begin_request(visit);
}

static void begin(struct visit *visit)
{
	int r = peer_connect(visit->options.peer, &visit->fd);

	if (r == -EAGAIN)
		pause_for(visit, before_next_try);
	else if (r == -EINPROGRESS)
		watch(visit, EV_WRITE);
	else if (r < 0)
		over(visit, reason_of(-r));
	else
		connected(visit);
}

/* The answer is whole. */
static void answered(struct visit *visit)
{
	const struct peer *peer = visit->options.peer;

	if (peer->status && peer->status < SERVER_ERROR && visit->response.status >= SERVER_ERROR) {
		over(visit, "answered with an error");
		return;
	}
	visit->answered++;
	if (visit->options.manner != VISIT_KEEP || !visit->response.keeps_open ||
		visit->answered == KEPT_REQUESTS) {
		over(visit, NULL);
		return;
	}
	ev_timer_stop(visit->options.loop, &visit->deadline);
	pause_for(visit, between_kept);
}

static void take(struct visit *visit, const char *data, size_t length)
{
	if (is_mute(visit)) {
		visit->was_greeted = true;
		if (visit->options.peer->greets && !visit->is_waiting &&
			visit->options.manner != VISIT_LISTEN)
			answered(visit);
	} else if (visit->options.peer->speech == PEER_SENT) {
		answered(visit);
	} else {
		(void)response_feed(&visit->response, data, length);
		if (visit->response.state == RESPONSE_BAD)
			over(visit, "no answer of HTTP");
		else if (visit->response.state == RESPONSE_COMPLETE)
			answered(visit);
	}
}

static bool is_between_requests(const struct visit *visit)
{
	return visit->answered > 0 && ev_is_active(&visit->pause);
}

static void hung_up(struct visit *visit)
{
	visit->was_hung_up_on = true;
	if (is_between_requests(visit) || visit->options.manner == VISIT_LISTEN)
		over(visit, NULL);
	else if (is_mute(visit) && visit->options.peer->hangs_up)
		answered(visit);
	else if (!is_mute(visit) && response_has_begun(&visit->response) &&
		response_end(&visit->response))
		answered(visit);
	else
		over(visit,
			!is_mute(visit) && response_has_begun(&visit->response)
				? "cut short"
				: "closed without an answer");
}

static void on_watcher(struct ev_loop *loop, ev_io *w, int revents)
{
	struct visit *visit = container_of(w, struct visit, watcher);
	char buffer[16384];

	(void)loop;
	if (!visit->is_connected) {
		connected(visit);
		return;
	}
	if (!(revents & EV_READ)) {
		say(visit);
		return;
	}
	ssize_t got = recv(visit->fd, buffer, sizeof(buffer), 0);

	if (got > 0)
		take(visit, buffer, (size_t)got);
	else if (got == 0)
		hung_up(visit);
	else if (errno == ECONNRESET && is_between_requests(visit))
		over(visit, NULL);
	else if (errno != EAGAIN && errno != EINTR)
		over(visit, reason_of(errno));
}

static void on_pause(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct visit *visit = container_of(w, struct visit, pause);

	(void)loop;
	(void)revents;
	if (!visit->is_connected)
		begin(visit);
	else if (!is_mute(visit))
		begin_request(visit);
	else if (visit->options.manner == VISIT_LISTEN)
		over(visit, NULL);
	else if (!visit->options.peer->greets || visit->was_greeted)
		answered(visit);
	/* One that is to be greeted waits for that. */
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct visit *visit = container_of(w, struct visit, deadline);

	(void)loop;
	(void)revents;
	over(visit, visit->is_connected ? "no answer in time" : "no connection in time");
}

struct visit *visit_create(const struct visit_options *options)
{
	struct visit *visit = malloc(sizeof(*visit));

	if (!visit)
		return NULL;
	*visit = (struct visit){
		.options = *options,
		.fd = -1,
		.is_waiting = options->manner == VISIT_WAIT,
	};
	list_init(&visit->link);
	ev_io_init(&visit->watcher, on_watcher, -1, EV_READ);
	ev_init(&visit->deadline, on_deadline);
	ev_init(&visit->pause, on_pause);
	visit->deadline.repeat = options->deadline_ms / 1e3;
	ev_timer_again(options->loop, &visit->deadline);
	pause_for(visit, 0);
	return visit;
}

void visit_destroy(struct visit *visit)
{
	ev_io_stop(visit->options.loop, &visit->watcher);
	ev_timer_stop(visit->options.loop, &visit->deadline);
	ev_timer_stop(visit->options.loop, &visit->pause);
	fd_close(visit->fd);
	list_remove(&visit->link);
	free(visit);
}

void visit_go_on(struct visit *visit)
{
	if (!visit->is_waiting)
		return;
	visit->is_waiting = false;
	if (!visit->is_connected)
		return;
	if (is_mute(visit))
		pause_for(visit, 0);
	else
		say(visit);
}
