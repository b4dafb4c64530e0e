/* SPDX-License-Identifier: MIT */
/*
 * See upgrade_poll.h. libev has one descriptor of its own to wait on, but does
 * not tell which. So what the loop waits for is collected anew after each turn: it
 * is little. The loop itself runs without waiting, and finds what there is.
 *
 * The special problem of signals: libev learns of them by its handlers, and
 * tells itself by a pipe that is hidden, too. Blocked, they can be read from a
 * signalfd and be fed to the loop.
 */
#include "process/upgrade_poll.h"

#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "process/upgrade_object.h"

/* Seconds, if there was no descriptor for what is to be watched. */
static const double RETRY_AFTER = 0.1;

/* Events as libev has them. */
static int add(int epoll, int fd, int events)
{
	struct epoll_event event = { .events = 0 };

	if (events & EV_READ)
		event.events |= EPOLLIN;
	if (events & EV_WRITE)
		event.events |= EPOLLOUT;

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1 ? -errno : 0;
}

void upgrade_poll_init(struct baton_upgrade *upgrade)
{
	struct upgrade_poll *poll = &upgrade->poll;

	*poll = (struct upgrade_poll){ .fd = -1, .watched = -1, .timer = -1, .signals = -1 };
}

static int open_fds(struct upgrade_poll *poll)
{
	sigset_t none;

	(void)sigemptyset(&none); /* a valid address: cannot fail */
	poll->fd = epoll_create1(EPOLL_CLOEXEC);
	if (poll->fd == -1)
		return -errno;
	poll->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (poll->timer == -1)
		return -errno;
	poll->signals = signalfd(-1, &none, SFD_CLOEXEC | SFD_NONBLOCK);
	if (poll->signals == -1)
		return -errno;
	int r = add(poll->fd, poll->timer, EV_READ);

	return r < 0 ? r : add(poll->fd, poll->signals, EV_READ);
}

int upgrade_poll_open(struct baton_upgrade *upgrade, struct baton_error *error)
{
	struct upgrade_poll *poll = &upgrade->poll;

	upgrade->loop = ev_loop_new(EVFLAG_AUTO);
	if (!upgrade->loop)
		return error_set_errno(error, -ENOMEM, "cannot make a loop");
	poll->is_used = true;
	(void)pthread_sigmask(SIG_SETMASK, NULL, &poll->mask); /* only asks: cannot fail */
	int r = open_fds(poll);

	return r < 0 ? error_set_errno(error, r, "cannot make what the host is to wait for") : 0;
}

static int add_watcher(const ev_io *w, int epoll)
{
	return ev_is_active(w) ? add(epoll, w->fd, w->events) : 0;
}

/*
 * A set of what the watchers wait for now. A new one: a descriptor that was
 * closed may still be in the old one, as a duplicate of it may be in another process.
 */
static int watch_fds(struct baton_upgrade *upgrade)
{
	const ev_io *watchers[] = {
		&upgrade->starter.watcher,
		&upgrade->successor.channel_watcher,
		&upgrade->successor.pidfd_watcher,
		&upgrade->handoff.sender.watcher,
		&upgrade->handoff.receiver.watcher,
	};
	cleanup_fd int watched = epoll_create1(EPOLL_CLOEXEC);
	int r = watched == -1 ? -errno : 0;

	for (size_t i = 0; r == 0 && i < array_length(watchers); i++)
		r = add_watcher(watchers[i], watched);
	if (r == 0)
		r = upgrade_steer_each(upgrade, add_watcher, watched);
	if (r == 0)
		r = add(upgrade->poll.fd, watched, EV_READ);
	if (r < 0)
		return r;
	fd_close(upgrade->poll.watched);
	upgrade->poll.watched = take_fd(&watched);
	return 0;
}

static int watch_signals(struct baton_upgrade *upgrade)
{
	sigset_t set;

	(void)sigemptyset(&set); /* valid arguments: none of these can fail */
	upgrade_signals_collect(upgrade, &set);
	upgrade_pid1_collect(upgrade, &set);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(upgrade->poll.signals, &set, 0) == -1 ? -errno : 0;
}

/* Seconds until the next timer, 0 if there is something to do at once; -1: there is none. */
static double time_left(struct baton_upgrade *upgrade)
{
	ev_timer *timers[] = {
		&upgrade->starter.timer,
		&upgrade->successor.timer,
		&upgrade->drain.timer,
		&upgrade->manager.watchdog,
		&upgrade->pid1.timer,
		&upgrade->handoff.sender.retry,
		&upgrade->handoff.receiver.shortage,
	};
	double least = -1;

	if (ev_pending_count(upgrade->loop))
		return 0;
	ev_now_update(upgrade->loop);
	for (size_t i = 0; i < array_length(timers); i++) {
		double left;

		if (!ev_is_active(timers[i]))
			continue;
		left = ev_timer_remaining(upgrade->loop, timers[i]);
		if (left < 0)
			left = 0;
		if (least < 0 || left < least)
			least = left;
	}
	return least;
}

static int watch_timers(struct baton_upgrade *upgrade, bool is_to_retry)
{
	double left = time_left(upgrade);

	if (is_to_retry && (left < 0 || left > RETRY_AFTER))
		left = RETRY_AFTER;
	struct itimerspec time = { .it_value = { 0, 0 } }; /* none */

	if (left >= 0) {
		time.it_value.tv_sec = (time_t)left;
		/* At least a nanosecond, for 0 would be none. */
		time.it_value.tv_nsec = (long)((left - (double)(time_t)left) * 1e9) + 1;
		if (time.it_value.tv_nsec >= 1000000000)
			time.it_value = (struct timespec){ (time_t)left + 1, 0 };
	}
	return timerfd_settime(upgrade->poll.timer, 0, &time, NULL) == -1 ? -errno : 0;
}

void upgrade_poll_update(struct baton_upgrade *upgrade)
{
	if (!upgrade->poll.is_used || upgrade->poll.is_dispatching)
		return;
	int fds = watch_fds(upgrade);
	int signals = watch_signals(upgrade);
	/* Descriptors may be short for a while; the time goes on. */
	int timers = watch_timers(upgrade, fds < 0);
	int r = fds < 0 ? fds : signals < 0 ? signals : timers;

	if (r < 0 && !upgrade->poll.has_failed)
		upgrade_host_log(upgrade, LOG_ERR, "cannot wait for what comes next: %s",
			strerrordesc_np(-r));
	upgrade->poll.has_failed = r < 0;
}

static void feed_signals(struct baton_upgrade *upgrade)
{
	struct signalfd_siginfo info;

	while (read(upgrade->poll.signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		ev_feed_signal_event(upgrade->loop, (int)info.ssi_signo);
}

int baton_upgrade_fd(const struct baton_upgrade *upgrade)
{
	return upgrade && upgrade->poll.is_used ? upgrade->poll.fd : -EINVAL;
}

int baton_upgrade_dispatch(struct baton_upgrade *upgrade)
{
	uint64_t count;

	if (!upgrade || !upgrade->poll.is_used || upgrade->poll.is_dispatching)
		return -EINVAL;
	upgrade->poll.is_dispatching = true;
	while (read(upgrade->poll.timer, &count, sizeof(count)) > 0)
		; /* how often it expired is no matter */
	feed_signals(upgrade);
	ev_run(upgrade->loop, EVRUN_NOWAIT);
	upgrade->poll.is_dispatching = false;
	if (upgrade->host.is_abandoned)
		baton_upgrade_destroy(upgrade);
	else
		upgrade_poll_update(upgrade);
	return 0;
}

void upgrade_poll_finish(struct baton_upgrade *upgrade)
{
	struct upgrade_poll *poll = &upgrade->poll;

	if (!poll->is_used)
		return;
	fd_close(poll->fd);
	fd_close(poll->watched);
	fd_close(poll->timer);
	fd_close(poll->signals);
	ev_loop_destroy(upgrade->loop);
	(void)pthread_sigmask(SIG_SETMASK, &poll->mask, NULL); /* valid arguments: cannot fail */
}
