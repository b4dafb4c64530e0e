/* SPDX-License-Identifier: MIT */
/*
 * What a process watches. A socket that nobody has is for who gets what is new: its
 * process has ended, and left something in it. Whether nobody has it is asked again at
 * each datagram, as a successor that claims it says nothing.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/fd.h"
#include "base/pidfd.h"
#include "process/steer.h"
#include "process/upgrade_object.h"

static struct ev_loop *loop_of(const struct baton_steer *steer)
{
	return steer->upgrade->loop;
}

static void forget_holder(struct baton_steer *steer, struct steer_holder *holder)
{
	if (holder->pid == 0)
		return;
	ev_io_stop(loop_of(steer), &holder->ended);
	fd_close(holder->ended.fd);
	holder->pid = 0;
}

/* 0 or -errno: -ESRCH if it has just ended. */
static int watch_holder(struct baton_steer *steer, struct steer_holder *holder, pid_t pid)
{
	forget_holder(steer, holder);
	int fd = pidfd_open_pid(pid);
	if (fd < 0)
		return fd;
	ev_io_set(&holder->ended, fd, EV_READ);
	ev_io_start(loop_of(steer), &holder->ended);
	holder->pid = pid;
	return 0;
}

/* Who has it may end meanwhile, and its pid be another's: it is right if it is found once more. */
static int look_at_holder(struct baton_steer *steer, size_t index)
{
	enum { ATTEMPTS = 8 };
	struct steer_holder *holder = &steer->holders[index];
	struct claim *claim = &steer->claims[index];
	int r = claim_look(steer_fd(steer, 0, index), claim);

	for (int i = 0; r == 0 && i < ATTEMPTS; i++) {
		if (claim->state == CLAIM_FREE || claim->pid == holder->pid)
			break;
		r = watch_holder(steer, holder, claim->pid);
		if (r == 0 || r == -ESRCH)
			r = claim_look(steer_fd(steer, 0, index), claim);
	}
	if (claim->state == CLAIM_FREE)
		forget_holder(steer, holder);
	return r;
}

static void watch_sockets(struct baton_steer *steer, size_t index, bool on)
{
	for (size_t i = 0; i < steer_addresses(steer); i++) {
		ev_io *w = &steer->readable[i * steer->count + index];

		if (on)
			ev_io_start(loop_of(steer), w);
		else
			ev_io_stop(loop_of(steer), w);
	}
}

static void watch_others(struct baton_steer *steer)
{
	for (size_t i = 0; i < steer->count; i++) {
		if (i == steer->own)
			continue;
		int r = look_at_holder(steer, i);

		if (r < 0)
			upgrade_host_log(steer->upgrade, LOG_WARNING,
				"listener \"%s\": cannot watch pid=%d, which has a socket of it: "
				"%s",
				baton_listener_name(steer->listener), steer->claims[i].pid,
				strerrordesc_np(-r));
		watch_sockets(
			steer, i, r == 0 && steer->has_new && steer->claims[i].state == CLAIM_FREE);
	}
}

static void note_new(struct baton_steer *steer)
{
	bool had_new = steer->has_new;

	steer->has_new = false;
	for (size_t i = 0; i < steer->newest.count; i++)
		steer->has_new |= steer->newest.indexes[i] == steer->own;
	if (steer->has_new && !had_new)
		upgrade_host_log(steer->upgrade, LOG_NOTICE,
			"listener \"%s\": generation=%u gets what is new",
			baton_listener_name(steer->listener), steer->upgrade->generation);
}

/* Somebody has come, or gone. */
static void look_again(struct baton_steer *steer)
{
	int r = steer_choose_newest(steer);

	if (r < 0)
		upgrade_host_log(steer->upgrade, LOG_ERR,
			"listener \"%s\": cannot choose who gets what is new: %s",
			baton_listener_name(steer->listener), strerrordesc_np(-r));
	steer_watch_start(steer);
}

static void on_holder_ended(struct ev_loop *loop, ev_io *w, int revents)
{
	struct baton_steer *steer = w->data;

	(void)loop;
	(void)revents;
	forget_holder(steer, container_of(w, struct steer_holder, ended));
	look_again(steer);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct baton_steer *steer = w->data;
	size_t index = (size_t)(w - steer->readable) % steer->count;

	(void)loop;
	(void)revents;
	if (index != steer->own)
		look_again(steer);
	if (ev_is_active(w))
		upgrade_host_readable(steer->upgrade, steer, w->fd);
}

void steer_watch_init(struct baton_steer *steer)
{
	for (size_t i = 0; i < steer_addresses(steer) * steer->count; i++) {
		ev_io_init(&steer->readable[i], on_readable, baton_listener_fd(steer->listener, i),
			EV_READ);
		steer->readable[i].data = steer;
	}
	for (size_t i = 0; i < steer->count; i++) {
		ev_init(&steer->holders[i].ended, on_holder_ended);
		steer->holders[i].ended.data = steer;
	}
}

void steer_watch_start(struct baton_steer *steer)
{
	note_new(steer);
	watch_sockets(steer, steer->own, true);
	watch_others(steer);
}

static void stop_others(struct baton_steer *steer)
{
	for (size_t i = 0; i < steer->count; i++) {
		if (i != steer->own)
			watch_sockets(steer, i, false);
		forget_holder(steer, &steer->holders[i]);
	}
}

void steer_watch_drain(struct baton_steer *steer)
{
	steer->has_new = false;
	stop_others(steer);
}

void steer_watch_stop(struct baton_steer *steer)
{
	stop_others(steer);
	watch_sockets(steer, steer->own, false);
}

/* That of a datagram without any bytes is 0, too: FIONREAD would not tell. */
bool steer_waits(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1 && pollfd.revents & POLLIN;
}

void steer_watch_flush(struct baton_steer *steer, int timeout_ms)
{
	int64_t start = clock_ms();
	bool waits = true;

	while (waits && !steer->upgrade->host.is_abandoned && clock_ms_since(start) < timeout_ms) {
		waits = false;
		for (size_t i = 0; i < steer_addresses(steer); i++) {
			int fd = steer_fd(steer, i, steer->own);

			if (!steer_waits(fd))
				continue;
			waits = true;
			upgrade_host_readable(steer->upgrade, steer, fd);
		}
	}
}
