/* SPDX-License-Identifier: MIT */
/* See notify_socket.h. */
#include "notify_socket.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/message.h"

/* So many messages are handled before the loop gets its turn again: a worker that
 * talks without end must not keep the supervisor from its signals. */
#define MESSAGES_PER_TURN 32

/* And at the end of a worker: more than the kernel queues at most (net.unix.max_dgram_qlen). */
#define MESSAGES_PER_DRAIN 1024

/* Messages that are refused or malformed are complained about once in that many seconds. */
#define COMPLAINT_PAUSE 10.0

#define PROBLEM_SIZE (BATON_ERROR_SIZE + 192)

/* Anybody can make us say this, or a worker without end, so it is said rarely, with a count. */
static void complain(
	struct notify_socket *notify, struct notify_complaint *complaint, const char *what)
{
	ev_tstamp now = ev_now(notify->loop);
	char text[PROBLEM_SIZE + 64]; /* with the count */

	if (complaint->made_at > 0 && now - complaint->made_at < COMPLAINT_PAUSE) {
		complaint->unsaid++;
		return;
	}
	if (complaint->unsaid)
		(void)snprintf(
			text, sizeof(text), "%s, and %lu before it", what, complaint->unsaid);
	else
		(void)snprintf(text, sizeof(text), "%s", what);
	*complaint = (struct notify_complaint){ .made_at = now };
	if (notify->handler.on_problem)
		notify->handler.on_problem(text, notify->handler.data);
}

static void report_malformed(struct notify_socket *notify, pid_t sender, const char *what)
{
	char text[PROBLEM_SIZE];

	(void)snprintf(text, sizeof(text), "notify message of pid %d: %s", (int)sender, what);
	complain(notify, &notify->malformed, text);
}

static void refuse(struct notify_socket *notify, const char *why)
{
	char text[PROBLEM_SIZE];

	(void)snprintf(text, sizeof(text), "ignored a notify message %s", why);
	complain(notify, &notify->refused, text);
}

static void refuse_stranger(struct notify_socket *notify, pid_t sender)
{
	char why[128];

	/* The kernel says 0 for a process that has no pid in our pid namespace. */
	if (sender <= 0) {
		refuse(notify, "from another pid namespace");
		return;
	}
	(void)snprintf(
		why, sizeof(why), "of pid %d, which is no process of this service", (int)sender);
	refuse(notify, why);
}

static void handle(struct notify_socket *notify, const char *text, size_t length, pid_t sender)
{
	struct notify_message message;
	struct baton_error error;

	if (sender <= 0 || !notify->handler.is_ours(sender, notify->handler.data)) {
		refuse_stranger(notify, sender);
		return;
	}
	int r = notify_message_parse(text, length, &message, &error);
	if (r != 0)
		report_malformed(notify, sender, error.text);
	if (r >= 0)
		notify->handler.on_message(sender, &message, notify->handler.data);
}

/* Receives and handles one message. False if there is no more, or the socket was closed. */
static bool receive_one(struct notify_socket *notify)
{
	struct message_extras extras;
	char text[NOTIFY_MESSAGE_SIZE];
	ssize_t length = message_receive(notify->fd, text, sizeof(text), &extras);

	if (length == -EMSGSIZE || length == -EPROTO) {
		/* Gone with everything that came along, and so is the knowledge of who sent it. */
		refuse(notify, length == -EMSGSIZE ? "that is too long" : "with bad descriptors");
		return true;
	}
	if (length < 0)
		return false; /* -EAGAIN; nothing else can happen to a bound datagram socket */
	handle(notify, text, (size_t)length, extras.has_sender ? extras.sender.pid : 0);
	/*
	 * No descriptor is kept, whatever it was sent for (FDSTORE, MAINPIDFD). For BARRIER=1
	 * this very close is the answer: it comes after the message it is in and all
	 * earlier ones were handled, and the sender sees its pipe hang up.
	 */
	message_close_fds(&extras);
	return notify->fd != -1;
}

static void on_io_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct notify_socket *notify = container_of(w, struct notify_socket, io);

	(void)loop;
	(void)revents;
	for (int i = 0; i < MESSAGES_PER_TURN; i++) {
		if (!receive_one(notify))
			break;
	}
}

/* Reads the address that the kernel chose: a NUL and five hexadecimal digits. */
static int read_address(int fd, char *ret, size_t size)
{
	struct sockaddr_un address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) == -1)
		return -errno;
	size_t name_length = length - offsetof(struct sockaddr_un, sun_path);
	if (length <= offsetof(struct sockaddr_un, sun_path) + 1 || name_length >= size)
		return -EADDRNOTAVAIL;
	memcpy(ret, address.sun_path, name_length);
	ret[0] = '@';
	ret[name_length] = '\0';
	return 0;
}

int notify_socket_resume(struct notify_socket *notify, struct ev_loop *loop, int fd,
	const struct notify_handler *handler, struct baton_error *error)
{
	*notify = (struct notify_socket){ .loop = loop, .fd = fd, .handler = *handler };
	ev_io_init(&notify->io, on_io_readable, fd, EV_READ);
	ev_io_start(loop, &notify->io);
	int r = read_address(fd, notify->address, sizeof(notify->address));

	return r < 0 ? error_set_errno(error, r, "cannot read the notify socket's address") : 0;
}

int notify_socket_open(struct notify_socket *notify, struct ev_loop *loop,
	const struct notify_handler *handler, struct baton_error *error)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	const int on = 1;
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*notify = (struct notify_socket){ .loop = loop, .fd = -1, .handler = *handler };
	if (fd == -1)
		return error_set_errno(error, -errno, "cannot create the notify socket");
	/* Before the bind: a message that came in between would have no credentials. */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == -1)
		return error_set_errno(error, -errno, "cannot set SO_PASSCRED");
	/* An address of no length asks for one that is free: unix(7), autobind. */
	if (bind(fd, (const struct sockaddr *)&any, sizeof(sa_family_t)) == -1)
		return error_set_errno(error, -errno, "cannot bind the notify socket");
	return notify_socket_resume(notify, loop, take_fd(&fd), handler, error);
}

void notify_socket_drain(struct notify_socket *notify)
{
	for (int i = 0; i < MESSAGES_PER_DRAIN && notify->fd != -1; i++) {
		if (!receive_one(notify))
			break;
	}
}

void notify_socket_close(struct notify_socket *notify)
{
	if (notify->fd == -1)
		return;
	ev_io_stop(notify->loop, &notify->io);
	fd_close(notify->fd);
	notify->fd = -1;
}
