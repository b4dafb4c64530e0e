/* SPDX-License-Identifier: MIT */
/* See broker.h. */
#include "adopt/broker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adopt/adopt.h"
#include "adopt/filter.h"
#include "adopt/notification.h"
#include "adopt/watches.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/fd.h"
#include "family.h"
#include "procfs.h"
#include "task.h"

/* A socket of which a task has more duplicates is left alone in the others. */
enum { DUPLICATES_MAX = 64 };

/* How soon a call that waits for another thread is looked at again, and for how long. */
enum { LATE_MS = 100 };
static const ev_tstamp AGAIN_AFTER = 0.001;

static int answer(struct broker *broker, const struct notification *notification)
{
	switch (filter_call(notification->arch, notification->number)) {
	case FILTER_CALL_BIND:
		return broker_on_bind(broker, notification, false);
	case FILTER_CALL_LISTEN:
		return broker_on_listen(broker, notification);
	case FILTER_CALL_SHUTDOWN:
		return broker_on_shutdown(broker, notification);
	case FILTER_CALL_UNLINK:
	case FILTER_CALL_UNLINKAT:
		return broker_on_unlink(broker, notification);
	case FILTER_CALL_RENAME:
	case FILTER_CALL_RENAMEAT:
		return broker_on_rename(broker, notification);
	case FILTER_CALL_FOREIGN:
		broker_complain(broker, notification->tid, -ENOEXEC);
		break;
	case FILTER_CALL_OTHER:
		break;
	}
	return notification_let_pass(notification);
}

/* A call that waits for what another thread is doing. */
struct deferred {
	struct list link; /* broker::deferred */
	struct notification notification;
	int64_t since_ms;
};

static void complain_of_answer(const struct broker *broker, int error)
{
	if (error < 0 && error != -ENOENT) /* that one was killed */
		log_error(&broker->options.where, "cannot answer a call: %s",
			strerrordesc_np(-error));
}

void broker_look_soon(struct broker *broker)
{
	if (ev_is_active(&broker->again))
		return;
	ev_timer_set(&broker->again, AGAIN_AFTER, 0);
	ev_timer_start(broker->options.loop, &broker->again);
}

static int defer(struct broker *broker, const struct notification *notification)
{
	struct deferred *deferred = malloc(sizeof(*deferred));

	if (!deferred)
		return broker_on_bind(broker, notification, true);
	*deferred = (struct deferred){ .notification = *notification, .since_ms = clock_ms() };
	list_append(&broker->deferred, &deferred->link);
	broker_look_soon(broker);
	return 0;
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct broker *broker = container_of(w, struct broker, again);

	(void)loop;
	(void)revents;
	held_settle(&broker->options.adopt->held, 0);
	list_for_each_safe (link, &broker->deferred) {
		struct deferred *deferred = container_of(link, struct deferred, link);
		bool is_late = clock_ms_since(deferred->since_ms) > LATE_MS;
		int r = broker_on_bind(broker, &deferred->notification, is_late);

		if (r == -EAGAIN)
			continue;
		complain_of_answer(broker, r);
		list_remove(&deferred->link);
		free(deferred);
	}
	if (!list_empty(&broker->deferred))
		broker_look_soon(broker);
}

static void on_notification(struct ev_loop *loop, ev_io *w, int revents)
{
	struct broker *broker = container_of(w, struct broker, watcher);
	struct notification notification;

	(void)revents;
	if (!broker_has_tasks(broker)) {
		ev_io_stop(loop, w); /* or it would be told again and again */
		if (!broker->options.family)
			broker_destroy(broker);
		return;
	}
	int r = notification_receive(broker->fd, &notification);
	if (r == 0)
		r = answer(broker, &notification);
	if (r == -EAGAIN)
		r = defer(broker, &notification);
	complain_of_answer(broker, r);
}

/* Somebody of the family, not just whoever asks: a master may have what its worker binds anew. It
 * is asked of each socket on an address, and looked at once: a server may have hundreds of them,
 * and thousands of descriptors. */
static bool has_open(const struct held_claimant *claimant, ino_t socket)
{
	struct broker *broker = container_of(claimant, struct broker, claimant);
	struct family *family = broker->options.family;
	unsigned turn = ev_iteration(broker->options.loop);

	if (!family)
		return true;
	if (broker->seen_in != turn && open_sockets_look(&broker->open, family) < 0)
		return true; /* out of memory: as if nothing was known */
	broker->seen_in = turn;
	return open_sockets_have(&broker->open, socket);
}

struct broker *broker_create(int fd, const struct broker_options *options)
{
	struct broker *broker = malloc(sizeof(*broker));

	if (!broker) {
		fd_close(fd);
		return NULL;
	}
	*broker = (struct broker){
		.options = *options,
		.claimant = { .generation = options->where.generation, .has_open = has_open },
		.number = ++options->adopt->broker_count,
		.fd = fd,
		.seen_in = ev_iteration(options->loop) - 1, /* not yet */
	};
	broker_set_main(broker, options->where.pid);
	if (options->family && options->family->marker)
		(void)snprintf(
			broker->marker, sizeof(broker->marker), "%s", options->family->marker);
	list_init(&broker->deferred);
	ev_timer_init(&broker->again, on_again, 0, 0);
	ev_io_init(&broker->watcher, on_notification, fd, EV_READ);
	ev_io_start(options->loop, &broker->watcher);
	list_append(&options->adopt->brokers, &broker->link);
	return broker;
}

void broker_set_main(struct broker *broker, pid_t pid)
{
	struct procfs_stat stat;

	broker->process = (struct process){ .pid = pid };
	if (procfs_stat(pid, &stat) == 0)
		broker->process.start_time = stat.start_time;
}

void broker_destroy(struct broker *broker)
{
	held_release(&broker->options.adopt->held, &broker->claimant);
	ev_io_stop(broker->options.loop, &broker->watcher);
	ev_timer_stop(broker->options.loop, &broker->again);
	list_for_each_safe (link, &broker->deferred)
		free(container_of(link, struct deferred, link));
	fd_close(broker->fd);
	open_sockets_finish(&broker->open);
	list_remove(&broker->link);
	free(broker);
}

void broker_release(struct broker *broker)
{
	if (!broker)
		return;
	struct adopt *adopt = broker->options.adopt;
	bool was_retired = broker->claimant.is_retired;

	broker_detach(broker);
	broker->options.family = NULL;
	broker->claimant.is_retired = true;
	if (!broker_has_tasks(broker))
		broker_destroy(broker);
	if (was_retired)
		adopt_drop_unwanted(adopt);
}

void broker_ready(struct broker *broker)
{
	broker->is_ready = true;
	held_settle(&broker->options.adopt->held, 0);
}

void broker_retire(struct broker *broker)
{
	broker->claimant.is_retired = true;
	adopt_drop_unwanted(broker->options.adopt);
}

bool broker_has_tasks(const struct broker *broker)
{
	struct pollfd pollfd = { .fd = broker->fd };

	return poll(&pollfd, 1, 0) != 1 || !(pollfd.revents & POLLHUP);
}

void broker_detach(struct broker *broker)
{
	broker->options.on_claim = NULL;
	held_release(&broker->options.adopt->held, &broker->claimant);
}

int broker_claim(struct broker *broker, struct held *held)
{
	int r = held_claim(held, &broker->claimant);

	if (r == 0 && held->is_closed)
		r = steer_close(&broker->options.adopt->held, held, false);
	if (r == 0 && broker->options.on_claim)
		broker->options.on_claim(held->binding.socket, broker->options.data);
	return r;
}

int broker_replace(struct broker *broker, const struct notification *notification, ino_t fresh,
	struct held *held)
{
	struct task_fd fds[DUPLICATES_MAX];
	struct watches watches;
	int count = task_find_socket(notification->tid, fresh, fds, DUPLICATES_MAX);
	if (count < 0)
		return count;
	watches_find(&watches, notification->tid, fresh);
	if (!notification_is_valid(notification)) {
		watches_finish(&watches);
		return -ENOENT;
	}
	int r = 0;

	for (int i = 0; r == 0 && i < count; i++)
		r = notification_inject(notification, held->fd, fds[i].fd, fds[i].is_cloexec);
	if (r == 0)
		r = watches_move(&watches, held->fd);
	watches_finish(&watches);
	return r < 0 ? r : broker_claim(broker, held);
}

void broker_complain(struct broker *broker, pid_t tid, int error)
{
	struct log_where where = broker->options.where;

	if (broker->has_complained)
		return;
	broker->has_complained = true;
	where.event = "bind-unseen";
	if (error == -EPERM || error == -EACCES)
		log_warning(&where,
			"cannot see what pid %d binds: no permission to look into it (ptrace); "
			"it is let pass, and lost at an upgrade",
			(int)tid);
	else if (error == -ENOEXEC)
		log_warning(&where,
			"does not hold what pid %d binds, a program for another processor: it is "
			"let pass, and lost at an upgrade",
			(int)tid);
	else
		log_warning(&where, "cannot see what pid %d binds: %s", (int)tid,
			strerrordesc_np(-error));
}
