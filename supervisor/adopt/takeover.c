/* SPDX-License-Identifier: MIT */
/* See takeover.h. */
#include "adopt/takeover.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "adopt/adopt.h"
#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/pidfd.h"
#include "log.h"
#include "procfs.h"
#include "task.h"

/* One that was taken over, by its main process. */
struct server {
	struct list link; /* takeover::servers */
	struct process process;
	int pidfd;
	ev_io ended;
};

static void on_ended(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *server = container_of(w, struct server, ended);

	(void)revents;
	ev_io_stop(loop, w);
	log_notice(&(struct log_where){ .pid = server->process.pid },
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
		log_warning(NULL, "killed what is left of the server that was taken over");
}

void takeover_init(struct takeover *takeover, struct ev_loop *loop)
{
	*takeover = (struct takeover){ .loop = loop };
	list_init(&takeover->servers);
	ev_init(&takeover->hammer, on_hammer);
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
		r = steer_take(&adopt->held, held);
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

int takeover_add(struct takeover *takeover, struct process process, struct adopt *adopt)
{
	cleanup_fd int pidfd = pidfd_open_pid(process.pid);
	if (pidfd < 0)
		return pidfd;
	if (!process_is_alive(process))
		return -ESRCH;
	struct server *server = malloc(sizeof(*server));

	if (!server)
		return -ENOMEM;
	*server = (struct server){ .process = process, .pidfd = take_fd(&pidfd) };
	ev_io_init(&server->ended, on_ended, server->pidfd, EV_READ);
	list_append(&takeover->servers, &server->link);
	adopt->is_borrowing = true;
	return 0;
}

/* All there are now, those that were started by others of them, too. */
static int collect(struct takeover *takeover)
{
	int r = 0;

	process_list_clear(&takeover->processes);
	list_for_each (link, &takeover->servers)
		if (r >= 0)
			r = process_list_add(&takeover->processes,
				container_of(link, struct server, link)->process);
	return r < 0 ? r : process_tree_close(&takeover->processes, 0);
}

int takeover_hold(struct takeover *takeover, struct adopt *adopt)
{
	struct taking taking = { adopt, 0 };
	int r = collect(takeover);

	for (size_t i = 0; r >= 0 && i < takeover->processes.count; i++)
		r = task_walk_fds(takeover->processes.items[i].pid, look_at_fd, &taking);
	return r < 0 ? r : taking.count;
}

int takeover_begin(
	struct takeover *takeover, pid_t pid, struct adopt *adopt, struct baton_error *error)
{
	struct procfs_stat stat;
	int r = procfs_stat(pid, &stat);
	if (r == 0)
		r = takeover_add(takeover, (struct process){ pid, stat.start_time }, adopt);
	if (r < 0)
		return error_set_errno(error, r, "cannot take over pid %d", (int)pid);
	r = takeover_hold(takeover, adopt);
	if (r < 0)
		return error_set_errno(
			error, r, "cannot take over the sockets of pid %d", (int)pid);
	if (r == 0)
		return error_set(error, -ENOENT,
			"cannot take over pid %d: it listens on no socket that could be held",
			(int)pid);
	return 0;
}

static void tell(struct takeover *takeover, struct server *server, int signal)
{
	struct log_where at = { .pid = server->process.pid };
	int r = pidfd_signal(server->pidfd, signal);

	if (r < 0 && r != -ESRCH)
		log_error(&at, "cannot tell the server that was taken over to stop: %s",
			strerrordesc_np(-r));
	else
		log_notice(&at, "the server that was taken over is told to stop");
	ev_io_start(takeover->loop, &server->ended);
}

void takeover_complete(struct takeover *takeover, struct adopt *adopt, int signal, int drain_ms)
{
	if (list_empty(&takeover->servers) || !adopt->is_borrowing)
		return;
	adopt->is_borrowing = false;
	adopt_retire_others(adopt);
	(void)collect(takeover); /* now: later what they have started may have another parent */
	list_for_each (link, &takeover->servers)
		tell(takeover, container_of(link, struct server, link), signal);
	ev_timer_set(&takeover->hammer, drain_ms / 1e3, 0);
	ev_timer_start(takeover->loop, &takeover->hammer);
}

void takeover_finish(struct takeover *takeover)
{
	if (!takeover->loop)
		return;
	list_for_each_safe (link, &takeover->servers) {
		struct server *server = container_of(link, struct server, link);

		ev_io_stop(takeover->loop, &server->ended);
		fd_close(server->pidfd);
		list_remove(&server->link);
		free(server);
	}
	ev_timer_stop(takeover->loop, &takeover->hammer);
	process_list_finish(&takeover->processes);
}
