/* SPDX-License-Identifier: MIT */
/*
 * A call of shutdown, of more than the side that sends: on a listening socket
 * it would end it for everybody who has it. Some servers do so to wake their own threads.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include "adopt/adopt.h"
#include "adopt/broker.h"
#include "adopt/notification.h"
#include "base/cleanup.h"
#include "task.h"

static bool is_held(const struct held_table *table, int fd)
{
	struct stat status;

	/* Of connections there are many: they are let go at once. */
	return binding_listens(fd) && fstat(fd, &status) == 0 &&
		held_find_socket(table, status.st_ino) != NULL;
}

int broker_on_shutdown(struct broker *broker, const struct notification *notification)
{
	cleanup_fd int fd = task_get_fd(notification->tid, (int)notification->arguments[0]);

	if (fd < 0 || !is_held(&broker->options.adopt->held, fd))
		return notification_let_pass(notification);
	struct log_where where = broker->options.where;

	where.event = "shutdown";
	log_info(&where, "shuts a socket down that is held: left as it is");
	return notification_answer(notification, 0);
}
