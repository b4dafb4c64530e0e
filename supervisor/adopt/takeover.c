/* SPDX-License-Identifier: MIT */
/* See takeover.h. */
#include "adopt/takeover.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "adopt/adopt.h"
#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/pidfd.h"
#include "log.h"
#include "task.h"

static void on_ended(struct ev_loop *loop, ev_io *w, int revents)
{
	struct takeover *takeover = container_of(w, struct takeover, ended);

	(void)revents;
	ev_io_stop(loop, w);
	log_notice(&(struct log_where){ .pid = takeover->pid },
		"the server that was taken over has ended");
}

static void on_hammer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct takeover *takeover = container_of(w, struct takeover, hammer);
	int killed = 0;

	(void)loop;
	(void)revents;
	for (size_t i = 0; i < takeover->processes.count; i++)
		killed += process_signal(takeover->processes.items[i], SIGKILL) == 0;
	if (killed)
		log_warning(&(struct log_where){ .pid = takeover->pid },
			"killed what is left of the server that was taken over");
}

void takeover_init(struct takeover *takeover, struct ev_loop *loop)
{
	*takeover = (struct takeover){ .loop = loop, .pidfd = -1 };
	ev_init(&takeover->ended, on_ended);
	ev_init(&takeover->hammer, on_hammer);
}

/* The sockets of later generations will be beside it. */
static int join(struct adopt *adopt, struct held *held)
{
	int r = steer_open_group(held->fd);

	return r < 0 || held->position >= 0 ? r : steer_join(&adopt->held, held);
}

/* 1 if it is held now, 0 if it is none that could be, or -errno. */
static int take_socket(struct adopt *adopt, pid_t pid, int fd)
{
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
	struct held *held = held_take_bound(&adopt->held, &binding, take_fd(&ours));
	if (!held)
		return -ENOMEM;
	if (adopt->held.steer.is_on && steer_can(held))
		r = join(adopt, held);
	log_info(&(struct log_where){ .pid = pid }, "%s is held from now on",
		binding_text(&held->binding, text, sizeof(text)));
	return r < 0 ? r : 1;
}

struct taking {
	struct adopt *adopt;
	int count;
};

static int look_at_fd(pid_t pid, int fd, void *data)
{
	struct taking *taking = data;
	ino_t inode = task_fd_socket(pid, fd);

	if (!inode || held_find_socket(&taking->adopt->held, inode))
		return 0; /* several processes may have it */
	int r = take_socket(taking->adopt, pid, fd);

	taking->count += r > 0;
	return r < 0 ? r : 0;
}

/* How many, or -errno. */
static int take_all(struct takeover *takeover, struct adopt *adopt)
{
	struct taking taking = { adopt, 0 };
	int r = process_tree_collect(takeover->pid, &takeover->processes);

	for (size_t i = 0; r >= 0 && i < takeover->processes.count; i++)
		r = task_walk_fds(takeover->processes.items[i].pid, look_at_fd, &taking);
	return r < 0 ? r : taking.count;
}

int takeover_begin(
	struct takeover *takeover, pid_t pid, struct adopt *adopt, struct baton_error *error)
{
	int pidfd = pidfd_open_pid(pid);
	if (pidfd < 0)
		return error_set_errno(error, pidfd, "cannot take over pid %d", (int)pid);
	takeover->pid = pid;
	takeover->pidfd = pidfd;
	adopt->is_borrowing = true;
	int r = take_all(takeover, adopt);
	if (r < 0)
		return error_set_errno(
			error, r, "cannot take over the sockets of pid %d", (int)pid);
	if (r == 0)
		return error_set(error, -ENOENT,
			"cannot take over pid %d: it listens on no socket that could be held",
			(int)pid);
	return 0;
}

void takeover_complete(struct takeover *takeover, struct adopt *adopt, int signal, int drain_ms)
{
	struct log_where at = { .pid = takeover->pid };

	if (!takeover->pid || !adopt->is_borrowing)
		return;
	adopt->is_borrowing = false;
	/* Who is there now: later what it has started may have another parent. */
	(void)process_tree_collect(takeover->pid, &takeover->processes);
	int r = pidfd_signal(takeover->pidfd, signal);
	if (r < 0 && r != -ESRCH)
		log_error(&at, "cannot tell the server that was taken over to stop: %s",
			strerrordesc_np(-r));
	else
		log_notice(&at, "the server that was taken over is told to stop");
	ev_io_set(&takeover->ended, takeover->pidfd, EV_READ);
	ev_io_start(takeover->loop, &takeover->ended);
	ev_timer_set(&takeover->hammer, drain_ms / 1e3, 0);
	ev_timer_start(takeover->loop, &takeover->hammer);
}

void takeover_finish(struct takeover *takeover)
{
	if (!takeover->loop)
		return;
	ev_io_stop(takeover->loop, &takeover->ended);
	ev_timer_stop(takeover->loop, &takeover->hammer);
	process_list_finish(&takeover->processes);
	fd_close(takeover->pidfd);
	takeover->pidfd = -1;
}
