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
#include "settings.h"
#include "task.h"

/* After the time to drain, for one that was told to stop only then. */
enum { LAST_MOMENT_MS = 1000 };

/* One that was taken over, by its main process. */
struct server {
	struct list link; /* takeover::servers */
	struct takeover *takeover;
	bool has_ended;
	struct process process;
	int pidfd;
	ev_io ended;
};

/* What the last of them leaves is for a later generation. */
static void note_end(struct takeover *takeover)
{
	list_for_each (link, &takeover->servers)
		if (!container_of(link, struct server, link)->has_ended)
			return;
	held_release(&takeover->adopt->held, &takeover->claimant);
	adopt_drop_unwanted(takeover->adopt);
}

static void on_ended(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *server = container_of(w, struct server, ended);

	(void)revents;
	ev_io_stop(loop, w);
	server->has_ended = true;
	log_notice(&(struct log_where){ .pid = server->process.pid },
		"the server that was taken over has ended");
	note_end(server->takeover);
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

static bool has_open(const struct held_claimant *claimant, ino_t socket)
{
	const struct takeover *takeover = container_of(claimant, struct takeover, claimant);
	struct task_fd found;

	for (size_t i = 0; i < takeover->processes.count; i++)
		if (task_find_socket(takeover->processes.items[i].pid, socket, &found, 1) > 0)
			return true;
	return false;
}

void takeover_init(struct takeover *takeover, struct ev_loop *loop, struct adopt *adopt)
{
	*takeover = (struct takeover){
		.loop = loop,
		.adopt = adopt,
		.claimant = { .generation = ADOPT_TAKEN_OVER, .has_open = has_open },
	};
	list_init(&takeover->servers);
	ev_init(&takeover->hammer, on_hammer);
}

/* 1 if it is held now, 0 if it is none that could be, or -errno. */
static int take_socket(struct takeover *takeover, pid_t pid, int fd)
{
	struct held_table *table = &takeover->adopt->held;
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
	r = held_claim(held, &takeover->claimant);
	if (r == 0 && table->steer.is_on && steer_can(held))
		r = steer_take(table, held);
	log_info(&(struct log_where){ .pid = pid }, "%s is held from now on",
		binding_text(&held->binding, text, sizeof(text)));
	return r < 0 ? r : 1;
}

struct taking {
	struct takeover *takeover;
	int count;
};

static int look_at_fd(pid_t pid, int fd, void *data)
{
	struct taking *taking = data;
	ino_t inode = task_fd_socket(pid, fd);

	if (!inode || held_find_socket(&taking->takeover->adopt->held, inode))
		return 0; /* several processes may have it */
	int r = take_socket(taking->takeover, pid, fd);

	taking->count += r > 0;
	return r < 0 ? r : 0;
}

int takeover_add(struct takeover *takeover, struct process process)
{
	cleanup_fd int pidfd = pidfd_open_pid(process.pid);
	if (pidfd < 0)
		return pidfd;
	if (!process_is_alive(process))
		return -ESRCH;
	struct server *server = malloc(sizeof(*server));

	if (!server)
		return -ENOMEM;
	*server = (struct server){
		.takeover = takeover, .process = process, .pidfd = take_fd(&pidfd)
	};
	ev_io_init(&server->ended, on_ended, server->pidfd, EV_READ);
	list_append(&takeover->servers, &server->link);
	takeover->adopt->is_borrowing = true;
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

int takeover_hold(struct takeover *takeover)
{
	struct taking taking = { takeover, 0 };
	int r = collect(takeover);

	for (size_t i = 0; r >= 0 && i < takeover->processes.count; i++)
		r = task_walk_fds(takeover->processes.items[i].pid, look_at_fd, &taking);
	return r < 0 ? r : taking.count;
}

int takeover_begin(struct takeover *takeover, pid_t pid, struct baton_error *error)
{
	struct procfs_stat stat;
	int r = procfs_stat(pid, &stat);
	if (r == 0)
		r = takeover_add(takeover, (struct process){ pid, stat.start_time });
	if (r < 0)
		return error_set_errno(error, r, "cannot take over pid %d", (int)pid);
	r = takeover_hold(takeover);
	if (r < 0)
		return error_set_errno(
			error, r, "cannot take over the sockets of pid %d", (int)pid);
	if (r == 0)
		return error_set(error, -ENOENT,
			"cannot take over pid %d: it listens on no socket that could be held",
			(int)pid);
	return 0;
}

static void tell(struct takeover *takeover, struct server *server)
{
	struct log_where at = { .pid = server->process.pid };
	int r = pidfd_signal(server->pidfd, takeover->signal);

	if (r < 0 && r != -ESRCH)
		log_error(&at, "cannot tell the server that was taken over to stop: %s",
			strerrordesc_np(-r));
	else
		log_notice(&at, "the server that was taken over is told to stop");
	ev_io_start(takeover->loop, &server->ended);
}

static void tell_all(struct takeover *takeover)
{
	(void)collect(takeover); /* now: later what they have started may have another parent */
	list_for_each (link, &takeover->servers)
		tell(takeover, container_of(link, struct server, link));
}

static int list_processes(struct process_list *list, void *data)
{
	struct takeover *takeover = data;
	int r = collect(takeover);

	for (size_t i = 0; r >= 0 && i < takeover->processes.count; i++)
		r = process_list_add(list, takeover->processes.items[i]);
	return r < 0 ? r : 0;
}

static void on_idle(struct idle *idle, int connections, void *data)
{
	(void)idle;
	if (connections > 0)
		log_notice(NULL, "the server that was taken over still has %d connections",
			connections);
	tell_all(data);
}

/* It gets nothing new any more. */
static void wait_until_idle(struct takeover *takeover, const struct settings *settings)
{
	idle_init(&takeover->idle,
		&(struct idle_options){
			.loop = takeover->loop,
			.held = &takeover->adopt->held,
			.generation = ADOPT_TAKEN_OVER,
			.list = list_processes,
			.ignores_connections = !settings->drain_when_idle,
			.deadline_ms = settings->drain_timeout_ms,
			.on_idle = on_idle,
			.data = takeover,
		});
	idle_start(&takeover->idle);
}

void takeover_complete(struct takeover *takeover, const struct settings *settings)
{
	struct adopt *adopt = takeover->adopt;
	bool is_steered = adopt->held.steer.is_on;
	int hammer_ms = settings->drain_timeout_ms + (is_steered ? LAST_MOMENT_MS : 0);

	if (list_empty(&takeover->servers) || !adopt->is_borrowing)
		return;
	adopt->is_borrowing = false;
	takeover->signal = settings->stop_signal;
	takeover->claimant.is_retired = true;
	adopt_retire_others(adopt);
	if (is_steered)
		wait_until_idle(takeover, settings);
	else
		tell_all(takeover);
	ev_timer_set(&takeover->hammer, hammer_ms / 1e3, 0);
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
	held_release(&takeover->adopt->held, &takeover->claimant);
	idle_stop(&takeover->idle);
	ev_timer_stop(takeover->loop, &takeover->hammer);
	process_list_finish(&takeover->processes);
}
