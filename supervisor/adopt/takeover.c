/* SPDX-License-Identifier: MIT */
/* See takeover.h. */
#include "adopt/takeover.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adopt/adopt.h"
#include "adopt/broker.h"
#include "adopt/takeover_sockets.h"
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

static const char *what(const struct takeover *takeover)
{
	return takeover->is_own ? "the worker of the baton before"
				: "the server that was taken over";
}

bool takeover_is_over(const struct takeover *takeover)
{
	list_for_each (link, &takeover->servers)
		if (!container_of(link, struct server, link)->has_ended)
			return false;
	return true;
}

/* What the last of them leaves is for a later generation. */
static void note_end(struct takeover *takeover)
{
	if (!takeover_is_over(takeover))
		return;
	held_release(&takeover->adopt->held, &takeover->claimant);
	adopt_drop_unwanted(takeover->adopt);
	if (takeover->is_last)
		ev_break(takeover->loop, EVBREAK_ALL);
}

static void on_ended(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *server = container_of(w, struct server, ended);

	(void)revents;
	ev_io_stop(loop, w);
	server->has_ended = true;
	log_notice(&(struct log_where){ .pid = server->process.pid }, "%s has ended",
		what(server->takeover));
	note_end(server->takeover);
}

/* We ourselves may have been started by one of them. */
static void leave_out_ours(struct process_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (!process_is_below_us(list->items[i].pid))
			list->items[count++] = list->items[i];
	list->count = count;
}

void takeover_kill(struct takeover *takeover)
{
	int killed = 0;

	if (takeover->adopt->is_borrowing)
		return;
	(void)process_tree_close(&takeover->processes, 0); /* what has been started since */
	leave_out_ours(&takeover->processes);
	for (size_t i = 0; i < takeover->processes.count; i++)
		killed += process_signal(takeover->processes.items[i], SIGKILL) == 0;
	if (killed)
		log_warning(NULL, "killed what is left of %s", what(takeover));
}

static void on_hammer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct takeover *takeover = container_of(w, struct takeover, hammer);

	(void)revents;
	takeover_kill(takeover);
	if (takeover->is_last) /* that is seen at once, or never */
		ev_break(loop, EVBREAK_ALL);
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

static bool has(const struct takeover *takeover, struct process process)
{
	list_for_each (link, &takeover->servers) {
		const struct process *known = &container_of(link, struct server, link)->process;

		if (known->pid == process.pid && known->start_time == process.start_time)
			return true;
	}
	return false;
}

int takeover_add(struct takeover *takeover, struct process process)
{
	if (has(takeover, process))
		return 0;
	cleanup_fd int pidfd = pidfd_open_pid(process.pid);
	if (pidfd < 0)
		return pidfd;
	if (!process_is_running(process))
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
	return 1;
}

static bool is_first_of(pid_t pid, const char *marker, struct procfs_stat *stat)
{
	return pid != getpid() && procfs_has_env(pid, marker) == 1 && procfs_stat(pid, stat) == 0 &&
		procfs_has_env(stat->parent, marker) != 1;
}

int takeover_add_family(struct takeover *takeover, const char *marker)
{
	struct procfs_stat stat;
	struct procfs_dir dir;
	int pid, r;

	if (!*marker)
		return 0;
	r = procfs_dir_open(&dir, "/proc");
	while (r >= 0 && (r = procfs_dir_next(&dir, &pid)) == 1) {
		if (is_first_of(pid, marker, &stat))
			r = takeover_add(takeover, (struct process){ pid, stat.start_time });
		if (r == -ESRCH)
			r = 0;
	}
	procfs_dir_close(&dir);
	return r;
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
	if (r >= 0)
		r = process_tree_close(&takeover->processes, 0);
	leave_out_ours(&takeover->processes);
	return r;
}

int takeover_hold(struct takeover *takeover)
{
	int count = 0, r = collect(takeover);

	for (size_t i = 0; r >= 0 && i < takeover->processes.count; i++) {
		r = takeover_sockets_hold(&takeover->adopt->held, &takeover->claimant,
			takeover->processes.items[i].pid);
		count += r > 0 ? r : 0;
	}
	return r < 0 ? r : count;
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
	if (r == 0 && !takeover->is_own) /* what is our own may be held already */
		return error_set(error, -ENOENT,
			"cannot take over pid %d: it listens on no socket that could be held",
			(int)pid);
	return 0;
}

static void tell(struct takeover *takeover, struct server *server)
{
	struct log_where at = { .pid = server->process.pid };
	int r = pidfd_signal(server->pidfd, takeover->signal);

	if (r == 0)
		log_notice(&at, "%s is told to stop", what(takeover));
	else if (r != -ESRCH)
		log_error(&at, "cannot tell %s to stop: %s", what(takeover), strerrordesc_np(-r));
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
		log_notice(NULL, "%s still has %d connections", what(data), connections);
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

/* Of those that the kernel knows of, since their calls would wait for an answer. */
static void tell_of_unseen(const struct takeover *takeover)
{
	list_for_each (link, &takeover->adopt->brokers) {
		const struct broker *broker = container_of(link, struct broker, link);

		if (!broker->options.family && broker_has_tasks(broker))
			log_warning(&broker->options.where,
				"a process of the baton before goes on that nobody can find");
	}
}

void takeover_complete(struct takeover *takeover, const struct settings *settings)
{
	struct adopt *adopt = takeover->adopt;
	bool is_steered = adopt->held.steer.is_on;
	int hammer_ms = settings->drain_timeout_ms + (is_steered ? LAST_MOMENT_MS : 0);

	if (!adopt->is_borrowing)
		return;
	adopt->is_borrowing = false;
	takeover->signal = settings->stop_signal;
	takeover->claimant.is_retired = true;
	adopt_retire_others(adopt);
	if (list_empty(&takeover->servers)) {
		tell_of_unseen(takeover);
		return;
	}
	if (is_steered)
		wait_until_idle(takeover, settings);
	else
		tell_all(takeover);
	ev_timer_set(&takeover->hammer, hammer_ms / 1e3, 0);
	ev_timer_start(takeover->loop, &takeover->hammer);
}

static void tell_that_they_go_on(const struct takeover *takeover)
{
	list_for_each (link, &takeover->servers)
		log_warning(
			&(struct log_where){
				.pid = container_of(link, struct server, link)->process.pid },
			"%s goes on without baton", what(takeover));
}

bool takeover_end(struct takeover *takeover, const struct settings *settings, bool stops)
{
	if (takeover->is_own && stops)
		takeover_complete(takeover, settings);
	if (takeover->adopt->is_borrowing) {
		tell_that_they_go_on(takeover);
		return false;
	}
	if (takeover->idle.is_started) {
		idle_stop(&takeover->idle);
		tell_all(takeover);
	}
	takeover->is_last = !takeover_is_over(takeover) && ev_is_active(&takeover->hammer);
	return takeover->is_last;
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
