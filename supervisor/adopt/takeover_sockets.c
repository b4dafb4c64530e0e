/* SPDX-License-Identifier: MIT */
/* See takeover_sockets.h. */
#include "adopt/takeover_sockets.h"

#include <errno.h>
#include <sys/socket.h>

#include "adopt/held.h"
#include "base/cleanup.h"
#include "log.h"
#include "task.h"

struct taking {
	struct held_table *table;
	const struct held_claimant *claimant;
	int count;
};

/* 1 if it is held now, 0 if it is none that could be, or -errno. */
static int take_socket(const struct taking *taking, pid_t pid, int fd)
{
	struct held_table *table = taking->table;
	struct socket_address address = { .length = sizeof(address.un) };
	struct binding binding;
	char text[BINDING_TEXT_SIZE];
	cleanup_fd int ours = task_get_fd(pid, fd);
	if (ours < 0)
		return ours == -EBADF || ours == -ESRCH ? 0 : ours;
	if (!binding_takes_new(ours) || getsockname(ours, &address.any, &address.length) == -1 ||
		binding_read(ours, &address, &binding) < 0)
		return 0;
	int r = binding_open_file(&binding, pid);
	if (r < 0) {
		binding_finish(&binding);
		return r;
	}
	struct held *held = held_take_bound(table, &binding, take_fd(&ours));
	if (!held)
		return -ENOMEM;
	r = held_claim(held, taking->claimant);
	if (r == 0 && table->steer.is_on && steer_can(held))
		r = steer_take(table, held);
	log_info(&(struct log_where){ .pid = pid }, "%s is held from now on",
		binding_text(&held->binding, text, sizeof(text)));
	return r < 0 ? r : 1;
}

static int look_at_fd(pid_t pid, int fd, void *data)
{
	struct taking *taking = data;
	ino_t inode = task_fd_socket(pid, fd);

	if (!inode || held_find_socket(taking->table, inode))
		return 0; /* several processes may have it */
	int r = take_socket(taking, pid, fd);

	taking->count += r > 0;
	return r < 0 ? r : 0;
}

int takeover_sockets_hold(struct held_table *table, const struct held_claimant *claimant, pid_t pid)
{
	struct taking taking = { table, claimant, 0 };
	int r = task_walk_fds(pid, look_at_fd, &taking);

	return r < 0 ? r : taking.count;
}
