/* SPDX-License-Identifier: MIT */
/* See worker_messages.h. */
#include "worker_messages.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/container.h"
#include "base/message.h"
#include "family.h"
#include "generation.h"
#include "log.h"
#include "machine.h"
#include "notify_message.h"
#include "process/channel.h"
#include "runtime.h"
#include "worker.h"
#include "worker_family.h"
#include "worker_handoff.h"
#include "worker_main.h"

/* A message may come from what a main process has left behind. */
static bool has_process(const struct worker *worker)
{
	return worker->state == WORKER_STARTING || worker->state == WORKER_READY;
}

/* Whether there was one. */
static bool read_channel(struct worker *worker)
{
	struct channel_message message;
	struct message_extras extras;
	int r = channel_receive_with_fds(worker->channel, &message, &extras);

	if (r == 0)
		ev_io_stop(worker->generation->runtime->loop, &worker->channel_watcher);
	if (r <= 0)
		return false;
	if (message.type == CHANNEL_HANDOFF && extras.fd_count == 1 && has_process(worker))
		worker_handoff_offered(worker, extras.fds[0]);
	else
		message_close_fds(&extras);
	switch ((enum channel_type)message.type) {
	case CHANNEL_READY:
		worker_acked(worker);
		break;
	case CHANNEL_UPGRADE:
		worker->generation->runtime->feed(worker->generation->runtime,
			&(struct machine_event){ .type = MACHINE_EVENT_HUP });
		break;
	case CHANNEL_MAIN:      /* is for children */
	case CHANNEL_SUCCESSOR: /* is for the first process of a container */
	case CHANNEL_HANDOFF:   /* see above */
		break;
	}
	return true;
}

static void on_channel(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	(void)read_channel(container_of(w, struct worker, channel_watcher));
}

/* First SIGABRT, so that it leaves a core to look at; a worker that is still there an interval
 * later is killed. */
static void bite(struct worker *worker)
{
	struct log_where at = worker_where(worker);

	if (worker->is_aborted) {
		log_error(&at, "did not end after SIGABRT, killing it");
		worker_kill(worker);
		return;
	}
	log_error(&at, "watchdog timeout, sending SIGABRT");
	worker->is_aborted = true;
	worker_signal(worker, SIGABRT);
	if (worker->watchdog_timer.repeat <= 0)
		worker->watchdog_timer.repeat = 1; /* it triggered by itself, without an interval */
	ev_timer_again(worker->generation->runtime->loop, &worker->watchdog_timer);
}

static void on_watchdog_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	bite(container_of(w, struct worker, watchdog_timer));
}

void worker_messages_init(struct worker *worker)
{
	ev_io_init(&worker->channel_watcher, on_channel, -1, EV_READ);
	ev_timer_init(&worker->watchdog_timer, on_watchdog_timer, 0, 0);
}

void worker_messages_start(struct worker *worker)
{
	worker->is_aborted = false;
	worker->watchdog_timer.repeat = 0;
	if (worker->channel < 0)
		return;
	ev_io_set(&worker->channel_watcher, worker->channel, EV_READ);
	ev_io_start(worker->generation->runtime->loop, &worker->channel_watcher);
}

void worker_messages_poll(struct worker *worker)
{
	while (worker->channel >= 0 && read_channel(worker))
		;
}

void worker_messages_stop(struct worker *worker)
{
	ev_io_stop(worker->generation->runtime->loop, &worker->channel_watcher);
	ev_timer_stop(worker->generation->runtime->loop, &worker->watchdog_timer);
}

/* A deadline of the start moves, never nearer (EXTEND_TIMEOUT_USEC of sd_notify(3)). That of a
 * drain does not: the operator's --drain-timeout is a promise to others. */
static void extend_start(struct worker *worker, ev_tstamp seconds)
{
	struct ev_loop *loop = worker->generation->runtime->loop;

	if (worker->state != WORKER_STARTING || !ev_is_active(&worker->ready_timer) ||
		ev_timer_remaining(loop, &worker->ready_timer) >= seconds)
		return;
	ev_timer_stop(loop, &worker->ready_timer);
	ev_timer_set(&worker->ready_timer, seconds, 0);
	ev_timer_start(loop, &worker->ready_timer);
}

static void handle_watchdog(struct worker *worker, const struct notify_message *message)
{
	struct ev_loop *loop = worker->generation->runtime->loop;

	if (worker->is_aborted || worker->generation->is_retired)
		return; /* a worker that drains has better to do, and a deadline */
	if (message->fields & NOTIFY_WATCHDOG_TRIGGER) {
		bite(worker);
		return;
	}
	if (message->fields & NOTIFY_WATCHDOG_USEC)
		worker->watchdog_timer.repeat = (ev_tstamp)message->watchdog_usec / 1e6;
	if (message->fields & (NOTIFY_WATCHDOG | NOTIFY_WATCHDOG_USEC))
		ev_timer_again(loop, &worker->watchdog_timer); /* stops it if repeat is 0 */
}

static void handle_main_pid(struct worker *worker, pid_t pid)
{
	struct family *family = family_of(&worker->generation->runtime->families, pid);
	struct log_where at = worker_where(worker);

	if (pid == worker->pid)
		return;
	if (worker->family && family == &worker->family->processes)
		(void)worker_take_main(worker, pid); /* or says why not */
	else
		log_warning(
			&at, "MAINPID=%d is ignored: not one of the worker's processes", (int)pid);
}

void worker_acked(struct worker *worker)
{
	if (has_process(worker))
		readiness_acked(&worker->readiness);
}

void worker_notified(struct worker *worker, pid_t sender, const struct notify_message *message)
{
	struct log_where at = worker_where(worker);

	at.pid = sender;
	if (!has_process(worker))
		return;
	if (message->fields & NOTIFY_STATUS) {
		log_info(&at, "status: %s", message->status);
		memcpy(worker->status, message->status, sizeof(worker->status));
	}
	if (message->fields & NOTIFY_ERRNO)
		log_warning(&at, "reports errno %d (%s)", message->errno_value,
			strerror(message->errno_value));
	if (message->fields & NOTIFY_STOPPING)
		log_info(&at, "stopping");
	if (message->fields & NOTIFY_MAINPID)
		handle_main_pid(worker, message->main_pid);
	if (message->fields & NOTIFY_EXTEND_TIMEOUT)
		extend_start(worker, (ev_tstamp)message->extend_timeout_usec / 1e6);
	handle_watchdog(worker, message);
	if (message->fields & NOTIFY_READY)
		readiness_notified(&worker->readiness); /* last: it feeds the machine */
}
