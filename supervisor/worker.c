/* SPDX-License-Identifier: MIT */
/* See worker.h. */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "adopt/broker.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/pidfd.h"
#include "base/signal_name.h"
#include "base/wait_status.h"
#include "capture.h"
#include "exit_status.h"
#include "generation.h"
#include "runtime.h"
#include "settings.h"
#include "worker_family.h"
#include "worker_main.h"
#include "worker_messages.h"
#include "worker_readiness.h"
#include "worker_spawn.h"

struct log_where worker_where(const struct worker *worker)
{
	return (struct log_where){
		.generation = worker->generation->number,
		.pid = worker->pid,
		.worker = worker->generation->worker_count > 1 ? worker->index + 1 : 0,
	};
}

static void feed(struct worker *worker, enum machine_event_type type, int lived_ms)
{
	worker->generation->runtime->feed(worker->generation->runtime,
		&(struct machine_event){
			.type = type,
			.generation = worker->generation->number,
			.worker = worker->index,
			.lived_ms = lived_ms,
		});
}

static struct ev_loop *loop_of(const struct worker *worker)
{
	return worker->generation->runtime->loop;
}

/* The main process is gone, or watched no more. */
static void stop_watching(struct worker *worker)
{
	worker_messages_stop(worker);
	if (worker->state == WORKER_STARTING || worker->state == WORKER_READY)
		readiness_stop(&worker->readiness);
	ev_child_stop(loop_of(worker), &worker->exit_watcher);
	ev_io_stop(loop_of(worker), &worker->end_watcher);
	ev_timer_stop(loop_of(worker), &worker->ready_timer);
	fd_close(take_fd(&worker->pidfd));
	fd_close(take_fd(&worker->channel));
	fd_close(take_fd(&worker->handoff));
	worker_forget_sockets(worker);
	env_finish(&worker->probe_env);
	worker->pid = 0;
}

void worker_end(struct worker *worker)
{
	int lived_ms = worker->ready_at_ms > 0 ? clock_ms_since(worker->ready_at_ms) : -1;

	worker_family_destroy(take_ptr(&worker->family));
	worker->state = WORKER_EMPTY;
	feed(worker, MACHINE_EVENT_WORKER_EXITED, lived_ms);
}

/*
 * The main process has ended. What it leaves behind is told to stop: it may never have been,
 * as below a shell that did not exec its command. In a generation that drains the worker lives
 * on until that has finished; of a crashed worker it is a stray, and a new one starts at once.
 */
static void ended(struct worker *worker)
{
	const struct settings *settings = worker->generation->settings;
	struct log_where at = worker_where(worker);

	stop_watching(worker);
	if (!worker_family_is_alive(worker->family)) {
		worker_end(worker);
	} else if (worker->generation->is_retired) {
		worker->state = WORKER_ENDING;
		if (!worker->stop_signal) { /* its generation is told when it is idle */
			log_info(&at, "its other processes are still there");
			return;
		}
		log_info(&at, "its other processes are still there, and told to stop");
		worker_family_signal(worker->family, worker->stop_signal);
	} else {
		log_notice(&at, "it left processes behind, which are told to stop");
		worker_family_take_stray(take_ptr(&worker->family), settings->stop_signal,
			settings->drain_timeout_ms);
		worker_end(worker);
	}
}

bool worker_has_ended(struct worker *worker)
{
	return worker->state == WORKER_ENDING && !worker_family_is_alive(worker->family);
}

/* Once its fate is written. */
static void remember_fate(struct worker *worker, int status)
{
	struct runtime *runtime = worker->generation->runtime;

	worker->fate_pid = worker->pid;
	runtime->command_status = status;
	runtime->command_pid = worker->pid;
	(void)snprintf(runtime->command_fate, sizeof(runtime->command_fate), "%s", worker->fate);
}

/* Notes how it ended; the worker's last messages, sent before, count first: also that another
 * process is the main one now. */
static void exited(struct worker *worker, const char *how, int code)
{
	struct runtime *runtime = worker->generation->runtime;
	struct log_where at = worker_where(worker);
	pid_t pid = worker->pid;

	notify_socket_drain(&runtime->notify);
	if (worker->capture)
		capture_drain(worker->capture);
	if (worker->pid != pid || (code == EXIT_SUCCESS && worker_follow(worker)))
		return;
	(void)snprintf(worker->fate, sizeof(worker->fate), "%s after %d ms", how,
		clock_ms_since(worker->started_at_ms));
	remember_fate(worker, code);
	log_info(&at, "%s", worker->fate);
	ended(worker);
}

static void on_exit_watcher(struct ev_loop *loop, ev_child *w, int revents)
{
	char how[WAIT_STATUS_SIZE];

	(void)loop;
	(void)revents;
	exited(container_of(w, struct worker, exit_watcher),
		wait_status_text(w->rstatus, how, sizeof(how)), wait_status_code(w->rstatus));
}

/*
 * The main process is not our child: its status is its parent's. If it has
 * become ours, exit_watcher tells as well, and first: libev gives child
 * watchers the highest priority.
 */
static void on_end_watcher(struct ev_loop *loop, ev_io *w, int revents)
{
	struct worker *worker = container_of(w, struct worker, end_watcher);
	siginfo_t info;

	(void)revents;
	ev_io_stop(loop, w);
	if (waitid(P_PIDFD, (id_t)worker->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		return; /* it has become our child: the loop reaps it, and exit_watcher runs */
	exited(worker, "ended", EXIT_SUCCESS);
}

static void expire(struct worker *worker, enum machine_timer timer)
{
	struct machine_event event = machine_expiry(&(struct machine_action){
		.timer = timer,
		.generation = worker->generation->number,
		.worker = worker->index,
	});

	worker->generation->runtime->feed(worker->generation->runtime, &event);
}

static void on_ready_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct worker *worker = container_of(w, struct worker, ready_timer);

	(void)loop;
	(void)revents;
	(void)snprintf(worker->fate, sizeof(worker->fate), "was not ready after %d ms: %s",
		clock_ms_since(worker->started_at_ms), readiness_missing(&worker->readiness));
	worker->fate_pid = worker->pid;
	expire(worker, MACHINE_TIMER_READY);
}

static void on_restart_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	expire(container_of(w, struct worker, restart_timer), MACHINE_TIMER_RESTART);
}

void worker_init(struct worker *worker, struct generation *generation, unsigned index)
{
	*worker = (struct worker){
		.generation = generation,
		.index = index,
		.pidfd = -1,
		.channel = -1,
		.handoff = -1,
	};
	ev_timer_init(&worker->ready_timer, on_ready_timer, 0, 0);
	ev_timer_init(&worker->restart_timer, on_restart_timer, 0, 0);
	ev_child_init(&worker->exit_watcher, on_exit_watcher, 0, 0);
	ev_io_init(&worker->end_watcher, on_end_watcher, -1, EV_READ);
	worker_messages_init(worker);
}

void worker_finish(struct worker *worker)
{
	stop_watching(worker);
	ev_timer_stop(loop_of(worker), &worker->restart_timer);
	worker_family_destroy(take_ptr(&worker->family));
	capture_leave(take_ptr(&worker->capture));
}

/* Begins to watch the process that spawn has started. */
static int watch(struct worker *worker, struct baton_error *error)
{
	ev_child_set(&worker->exit_watcher, worker->pid, 0);
	ev_child_start(loop_of(worker), &worker->exit_watcher);
	worker->state = WORKER_STARTING;
	worker->started_at_ms = clock_ms();
	worker->ready_at_ms = 0;
	worker->stop_signal = 0;
	worker->status[0] = '\0';
	worker_messages_start(worker);
	int r = worker_family_enter(worker->family, worker->pid);
	if (r < 0)
		return error_set_errno(error, r, "cannot watch pid %d", (int)worker->pid);
	return worker_readiness_start(worker, error);
}

/* 0 or -errno. Where pidfds cannot be signalled (a sandbox, valgrind) the pid has to do: it is the
 * worker's until that has been reaped, of which we hear at once. */
static int send_signal(const struct worker *worker, int signal)
{
	int r = pidfd_signal(worker->pidfd, signal);

	if (r != -ENOSYS && r != -EPERM)
		return r;
	return kill(worker->pid, signal) == -1 ? -errno : 0;
}

/* A worker that cannot be started or watched is none. */
static void fail_start(struct worker *worker, int code, const struct baton_error *error)
{
	struct log_where at = worker_where(worker);

	log_info(&at, "%s", error->text);
	(void)snprintf(worker->fate, sizeof(worker->fate), "%s", error->text);
	remember_fate(worker, exit_status(EXIT_STEP_COMMAND, code));
	if (worker->pidfd >= 0)
		(void)send_signal(worker, SIGKILL); /* gone already: fine */
	stop_watching(worker);
	worker_family_destroy(take_ptr(&worker->family));
	worker->state = WORKER_EMPTY;
	feed(worker, MACHINE_EVENT_SPAWN_FAILED, -1);
}

void worker_start(struct worker *worker)
{
	struct baton_error error;

	ev_now_update(loop_of(worker));
	int r = worker_spawn(worker, &error);
	if (r == 0)
		r = watch(worker, &error);
	if (r < 0) {
		fail_start(worker, r, &error);
		return;
	}
	struct log_where at = worker_where(worker);

	at.event = "started";
	log_info(&at, "started");
	feed(worker, MACHINE_EVENT_WORKER_STARTED, -1);
}

void worker_ready(struct worker *worker, enum readiness_how how)
{
	struct log_where at = worker_where(worker);

	worker->state = WORKER_READY;
	if (worker->family->broker)
		broker_ready(worker->family->broker);
	worker->ready_at_ms = clock_ms();
	at.event = "ready";
	at.subject = readiness_how_name(how);
	at.ms = clock_ms_since(worker->started_at_ms);
	log_info(&at, "ready after %d ms (%s)", at.ms, at.subject);
	feed(worker, MACHINE_EVENT_WORKER_READY, -1);
}

void worker_signal(struct worker *worker, int signal)
{
	struct log_where at = worker_where(worker);
	char name[SIGNAL_NAME_SIZE];

	if (worker->pidfd < 0)
		return;
	int r = send_signal(worker, signal);
	if (r < 0 && r != -ESRCH)
		log_error(&at, "cannot send %s: %s", signal_name(signal, name, sizeof(name)),
			strerror(-r));
}

void worker_retire(struct worker *worker)
{
	if (worker->family && worker->family->broker)
		broker_retire(worker->family->broker);
}

void worker_stop(struct worker *worker, int signal)
{
	if (worker->stop_signal == signal)
		return;
	worker->stop_signal = signal;
	ev_timer_stop(loop_of(worker), &worker->watchdog_timer);
	if (worker->state == WORKER_ENDING)
		worker_family_signal(worker->family, signal);
	/*
	 * One that was stopped by SIGSTOP could not act on it. SIGCONT goes first: it cancels
	 * a SIGSTOP that is under way, also that of PTRACE_ATTACH, by which the leak checker of a
	 * worker that ends stops it, and then waits for ever (kernel/signal.c, prepare_signal).
	 */
	worker_signal(worker, SIGCONT);
	worker_signal(worker, signal);
}

void worker_kill(struct worker *worker)
{
	if (worker->family)
		worker_family_kill(worker->family);
}

static ev_timer *find_timer(struct worker *worker, enum machine_timer timer)
{
	return timer == MACHINE_TIMER_READY ? &worker->ready_timer : &worker->restart_timer;
}

void worker_set_timer(struct worker *worker, enum machine_timer timer, int ms)
{
	ev_timer *watcher = find_timer(worker, timer);

	ev_timer_stop(loop_of(worker), watcher);
	ev_timer_set(watcher, ms / 1e3, 0);
	ev_timer_start(loop_of(worker), watcher);
}

void worker_clear_timer(struct worker *worker, enum machine_timer timer)
{
	ev_timer_stop(loop_of(worker), find_timer(worker, timer));
}
