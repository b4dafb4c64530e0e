/* SPDX-License-Identifier: MIT */
/*
 * A call of listen, by which a stream's socket joins its group: made in the server's
 * stead, so that its place in the group is known, and that until it is chosen it gets nothing.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "adopt/adopt.h"
#include "adopt/broker.h"
#include "adopt/notification.h"
#include "base/cleanup.h"
#include "task.h"

/* The held socket that is to join; NULL if it is none, or has. */
static struct held *find(struct held_table *table, const struct notification *notification)
{
	struct stat status;
	cleanup_fd int fd = task_get_fd(notification->tid, (int)notification->arguments[0]);

	if (fd < 0 || fstat(fd, &status) == -1 || !notification_is_valid(notification))
		return NULL;
	held_settle(table, notification->tid);
	struct held *held = held_find_socket(table, status.st_ino);

	return held && held->position < 0 && steer_can(held) ? held : NULL;
}

int broker_on_listen(struct broker *broker, const struct notification *notification)
{
	struct held_table *table = &broker->options.adopt->held;
	struct held *held = find(table, notification);

	if (!held)
		return notification_let_pass(notification);
	int r = steer_prepare(table, held);

	/* One that gets connections before its turn, or never any, is worse than none. */
	if (r < 0) {
		log_error(&broker->options.where,
			"cannot steer its socket, which may not listen therefore: %s",
			strerrordesc_np(-r));
		return notification_answer(notification, r);
	}
	if (listen(held->fd, (int)notification->arguments[1]) == -1)
		return notification_answer(notification, -errno);
	r = steer_join(table, held);
	if (r < 0)
		log_error(
			&broker->options.where, "cannot steer its socket: %s", strerrordesc_np(-r));
	return notification_answer(notification, 0);
}
