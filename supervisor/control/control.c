/* SPDX-License-Identifier: MIT */
/* See control.h. */
#include "control/control.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "control/protocol.h"
#include "control/session.h"
#include "log.h"

/* Seconds without accept(2) when there is no descriptor or memory for a client. */
static const ev_tstamp ACCEPT_PAUSE = 0.5;

bool control_may_speak(uid_t peer, uid_t own)
{
	return peer == 0 || peer == own;
}

static void on_line(struct session *session, const char *line, size_t length, void *data)
{
	struct control *control = data;
	struct baton_error error;
	json_t *request;

	if (length == 0)
		return;
	if (protocol_parse(line, length, &request, &error) < 0) {
		session_refuse(session, "%s", error.text);
		return;
	}
	control->on_request(session, request, control->data);
	json_decref(request);
}

static void on_end(struct session *session, void *data)
{
	struct control *control = data;

	session_destroy(session);
	control->session_count--;
}

/* Said once for each user that tries, not for each time. */
static void report_refused(struct control *control, const struct ucred *peer)
{
	if (control->refused == peer->uid)
		return;
	control->refused = peer->uid;
	log_warning(NULL, "control: refused user %u (pid %d): only baton's own and root may speak",
		(unsigned)peer->uid, (int)peer->pid);
}

struct session *control_add_take(struct control *control, int fd)
{
	struct session *session = session_create_take(fd, control->loop,
		&(struct session_handler){ .on_line = on_line, .on_end = on_end, .data = control });

	if (!session)
		return NULL;
	list_append(&control->sessions, &session->link);
	control->session_count++;
	return session;
}

static void add(struct control *control, int take, const struct ucred *peer)
{
	struct session *session = control_add_take(control, take);

	if (!session)
		return; /* to the client it looks as if we had closed */
	if (!control_may_speak(peer->uid, geteuid())) {
		report_refused(control, peer);
		session_refuse(
			session, "user %u may not speak to this supervisor", (unsigned)peer->uid);
		session_close(session);
	} else if (session->fd >= control->fd_max) {
		session_refuse(session, "too few open files are allowed for one more client");
		session_close(session);
	} else if (control->session_count > CONTROL_SESSIONS_MAX) {
		session_refuse(session, "too many clients: %d at once", CONTROL_SESSIONS_MAX);
		session_close(session);
	}
}

static void pause_accepting(struct control *control, int reason)
{
	if (!control->is_failing)
		log_warning(NULL, "control: cannot accept clients: %s", strerrordesc_np(-reason));
	control->is_failing = true;
	ev_io_stop(control->loop, &control->acceptor);
	ev_timer_set(&control->pause, ACCEPT_PAUSE, 0);
	ev_timer_start(control->loop, &control->pause);
}

static void on_acceptable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control *control = container_of(w, struct control, acceptor);
	struct ucred peer;
	socklen_t length = sizeof(peer);
	cleanup_fd int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)loop;
	(void)revents;
	if (fd == -1) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			pause_accepting(control, -errno);
		return;
	}
	control->is_failing = false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0)
		add(control, take_fd(&fd), &peer);
}

static void on_pause(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	ev_io_start(loop, &container_of(w, struct control, pause)->acceptor);
}

void control_init(
	struct control *control, struct ev_loop *loop, int fd, control_fn on_request, void *data)
{
	*control = (struct control){
		.loop = loop,
		.fd = fd,
		.fd_max = INT_MAX,
		.on_request = on_request,
		.data = data,
		.refused = geteuid(),
	};
	list_init(&control->sessions);
	ev_io_init(&control->acceptor, on_acceptable, fd, EV_READ);
	ev_timer_init(&control->pause, on_pause, 0, 0);
	if (fd >= 0)
		ev_io_start(loop, &control->acceptor);
}

void control_finish(struct control *control)
{
	if (!control->loop)
		return;
	ev_io_stop(control->loop, &control->acceptor);
	ev_timer_stop(control->loop, &control->pause);
	list_for_each_safe (link, &control->sessions)
		session_destroy(container_of(link, struct session, link));
}
