/* SPDX-License-Identifier: MIT */
/* A call of bind: the first of an address is let pass and its socket held, a later one gets
 * that. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "adopt/adopt.h"
#include "adopt/broker.h"
#include "adopt/notification.h"
#include "base/cleanup.h"
#include "task.h"

/* The address, as the kernel would read it. What it will refuse is -EAFNOSUPPORT here. */
static int read_address(const struct notification *notification, struct socket_address *ret)
{
	size_t size = (socklen_t)notification->arguments[2];

	*ret = (struct socket_address){ .length = (socklen_t)size };
	if (size < sizeof(ret->any.sa_family) || size > sizeof(ret->un))
		return -EAFNOSUPPORT;
	ssize_t got = task_read(notification->tid, notification->arguments[1], &ret->un, size);
	if (got < 0)
		return (int)got;
	if ((size_t)got < size)
		return -EAFNOSUPPORT; /* EFAULT, for the kernel to say */
	/* A path of all 108 bytes has no NUL: the kernel takes it, nobody uses it. */
	return ret->any.sa_family == AF_UNIX && ret->un.sun_path[0] && size == sizeof(ret->un) &&
			ret->un.sun_path[sizeof(ret->un.sun_path) - 1]
		? -EAFNOSUPPORT
		: 0;
}

/* What the call asks for, and a duplicate of the socket. 0; -EAFNOSUPPORT: nothing that could be
 * held; or -errno. Both are the caller's if it is 0. */
static int read_call(const struct notification *notification, struct socket_address *address,
	struct binding *binding, int *ret_fd)
{
	int r = read_address(notification, address);
	if (r < 0)
		return r;
	cleanup_fd int fd = task_get_fd(notification->tid, (int)notification->arguments[0]);
	if (fd < 0)
		return fd;
	r = binding_read(fd, address, binding);
	if (r == 0)
		r = binding_open_file(binding, notification->tid);
	if (r < 0) {
		binding_finish(binding);
		return r;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

/* What is bound now has others beside it, or will have. */
static void open_group(struct broker *broker, const struct held *held)
{
	int r = steer_open_group(held->fd);

	if (r == 0 && held->binding.type == SOCK_DGRAM) /* it joins by bind, a stream by listen */
		r = steer_prepare(&broker->options.adopt->held, held);
	if (r < 0)
		log_warning(
			&broker->options.where, "cannot steer its socket: %s", strerrordesc_np(-r));
}

/*
 * Whether others may have its address from the bind on. The first of an address is bound as its
 * server wants it: so a service that is started twice by mistake is told, and not half of its
 * clients lost. A stream can be opened to others later (see held.c), datagrams join by their bind.
 */
static bool opens_before(const struct broker *broker, const struct held *held, bool joins)
{
	return broker->options.adopt->held.steer.is_on && steer_can(held) &&
		(joins || held->binding.type == SOCK_DGRAM);
}

/* Takes the binding and the descriptor. */
static int hold(struct broker *broker, const struct notification *notification,
	struct binding *binding, int fd, bool joins)
{
	char text[BINDING_TEXT_SIZE];
	struct log_where where = broker->options.where;
	struct held *held = held_take(
		&broker->options.adopt->held, binding, fd, notification->tid, &broker->claimant);

	if (!held) {
		broker_complain(broker, notification->tid, -ENOMEM);
		return notification_let_pass(notification);
	}
	if (opens_before(broker, held, joins))
		open_group(broker, held);
	where.event = "bind";
	where.subject = binding_text(&held->binding, text, sizeof(text));
	log_notice(&where, "binds %s, which is held from now on", where.subject);
	if (broker->options.on_claim)
		broker->options.on_claim(held->binding.socket, broker->options.data);
	broker_look_soon(broker); /* for the holder, which is to know that it has worked */
	return notification_let_pass(notification);
}

/* O_NONBLOCK belongs to what is shared: changing it would change it for the predecessor, too. */
static void compare_blocking(
	const struct broker *broker, const struct binding *asked, const struct held *held)
{
	int flags = fcntl(held->fd, F_GETFL);

	if (asked->is_nonblocking && flags != -1 && !(flags & O_NONBLOCK))
		log_warning(&broker->options.where,
			"wants a socket that does not block, and gets one that does: "
			"it belongs to both generations");
}

/* A generation that has several sockets on the address may follow one that had one. */
static void let_share(
	const struct broker *broker, const struct binding *asked, int fresh, struct held *held)
{
	int r = asked->is_reuseport ? binding_share(held->fd, fresh) : 0;

	if (r < 0)
		log_warning(&broker->options.where, "cannot have others beside its socket: %s",
			strerrordesc_np(-r));
	held->binding.is_reuseport = held->binding.is_reuseport || asked->is_reuseport;
}

static int give(struct broker *broker, const struct notification *notification,
	const struct binding *asked, struct held *held)
{
	char text[BINDING_TEXT_SIZE];
	const struct log_where *where = &broker->options.where;
	int r = broker_replace(broker, notification, asked->socket, held);

	(void)binding_text(&held->binding, text, sizeof(text));
	if (r == -ENOENT)
		return r;
	if (r < 0) {
		log_error(where, "cannot give it %s, which is held: %s", text, strerrordesc_np(-r));
		return notification_let_pass(notification);
	}
	compare_blocking(broker, asked, held);
	log_info(where, "binds %s, and gets the socket that is held", text);
	return notification_answer(notification, 0);
}

static int decide(struct broker *broker, const struct notification *notification,
	struct binding *binding, int fd, bool is_late)
{
	struct held *held;
	char text[BINDING_TEXT_SIZE];
	enum held_verdict verdict =
		held_choose(&broker->options.adopt->held, binding, &broker->claimant, &held);

	/* Two workers at once: the second gets what the first is binding. */
	if (verdict == HELD_UNKNOWN && !is_late &&
		held_is_pending(&broker->options.adopt->held, binding)) {
		fd_close(fd);
		binding_finish(binding);
		return -EAGAIN;
	}
	bool is_fresh = verdict == HELD_UNKNOWN || verdict == HELD_JOIN;

	if (is_fresh && adopt_has_room(broker->options.adopt, &broker->options.where))
		return hold(broker, notification, binding, fd, verdict == HELD_JOIN);
	cleanup_fd int fresh = fd;
	int r;

	if (is_fresh) {
		r = notification_let_pass(notification);
	} else if (verdict == HELD_GIVE) {
		let_share(broker, binding, fresh, held);
		r = give(broker, notification, binding, held);
	} else {
		/* The kernel knows whether that can be: the first one is bound. */
		log_info(&broker->options.where, "binds %s a second time: let pass",
			binding_text(binding, text, sizeof(text)));
		r = notification_let_pass(notification);
	}
	(void)fresh;
	binding_finish(binding);
	return r;
}

/* Nothing that could be held, or a call that is about to fail. */
static bool is_for_the_kernel(int error)
{
	switch (-error) {
	case EAFNOSUPPORT:
	case EBADF:
	case EFAULT:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOENT:
	case ENOTDIR:
		return true;
	}
	return false;
}

/* Why it is not held: operators want to know what an upgrade will not carry over. */
static const char *why_not(const struct socket_address *address)
{
	switch (address->any.sa_family) {
	case AF_INET:
		return address->in.sin_port ? "of a protocol that cannot be shared"
					    : "at a port that the system chooses";
	case AF_INET6:
		return address->in6.sin6_port ? "of a protocol that cannot be shared"
					      : "at a port that the system chooses";
	case AF_UNIX:
		return "without a name, or with none that could be asked for again";
	}
	return "of another family";
}

static int leave(struct broker *broker, const struct notification *notification,
	const struct socket_address *address)
{
	struct log_where where = broker->options.where;

	where.event = "bind-passed";
	where.subject = why_not(address);
	log_info(&where, "binds a socket %s: let pass", where.subject);
	return notification_let_pass(notification);
}

int broker_on_bind(struct broker *broker, const struct notification *notification, bool is_late)
{
	struct socket_address address;
	struct binding binding = BINDING_INIT;
	int fd;

	held_settle(&broker->options.adopt->held, notification->tid);
	int r = read_call(notification, &address, &binding, &fd);
	if (is_for_the_kernel(r))
		return leave(broker, notification, &address);
	if (r < 0) {
		broker_complain(broker, notification->tid, r);
		return notification_let_pass(notification);
	}
	if (notification_is_valid(notification))
		return decide(broker, notification, &binding, fd, is_late);
	fd_close(fd);
	binding_finish(&binding);
	return -ENOENT;
}
