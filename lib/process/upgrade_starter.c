/* SPDX-License-Identifier: MIT */
/*
 * Who started this process. BATON_CHANNEL alone: a supervisor, which decides
 * about upgrades. With BATON_PREDECESSOR, the pidfd of the starter: the
 * previous generation, which this one replaces once it accepts.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/message.h"
#include "base/parse.h"
#include "base/pidfd.h"
#include "process/channel.h"
#include "process/upgrade_object.h"
#include "process/upgrade_timer.h"

#define GENERATION_VARIABLE "BATON_GENERATION"

/* Longer than a predecessor waits for a SIGTERM that cannot come. */
enum { CONFIRM_MS = 3000 };

/* The pidfd that we were given, -ENOENT if none. Signal 0 tells a pidfd from anything else. */
static int take_predecessor(struct baton_error *error)
{
	const char *text = getenv(CHANNEL_PREDECESSOR_VARIABLE);
	int fd, r = -EINVAL;

	if (!text)
		return -ENOENT;
	if (parse_int(text, 0, INT32_MAX, &fd) == 0) {
		r = pidfd_signal(fd, 0);
		if (r == -ESRCH || r == -EPERM) /* dead, or another user's: a pidfd all the same */
			r = 0;
	}
	if (r == 0)
		r = fd_set_cloexec(fd, true);
	if (r < 0)
		return error_set(
			error, r, CHANNEL_PREDECESSOR_VARIABLE "=\"%s\" is not a pidfd", text);
	(void)unsetenv(CHANNEL_PREDECESSOR_VARIABLE); /* the name is valid: it cannot fail */
	return fd;
}

static unsigned read_generation(void)
{
	const char *text = getenv(GENERATION_VARIABLE);
	uint64_t generation;

	if (!text || parse_unsigned(text, 1, UINT32_MAX, &generation) < 0)
		return 1;
	return (unsigned)generation;
}

static void confirm(struct baton_upgrade *upgrade)
{
	if (upgrade->starter.phase != UPGRADE_STARTER_TOLD)
		return;
	upgrade->starter.phase = UPGRADE_STARTER_CONFIRMED;
	ev_timer_stop(upgrade->loop, &upgrade->starter.timer);
	if (upgrade->state == BATON_UPGRADE_DRAINING || upgrade->state == BATON_UPGRADE_DRAINED)
		return; /* STOPPING=1 was said */
	upgrade_manager_ready(upgrade);
	upgrade_policy_confirmed(upgrade);
}

static void close_channel(struct baton_upgrade *upgrade)
{
	ev_io_stop(upgrade->loop, &upgrade->starter.watcher);
	fd_close(take_fd(&upgrade->starter.channel));
	confirm(upgrade); /* there is nobody left who would tell the manager first */
}

static void handle(struct baton_upgrade *upgrade, const struct channel_message *message,
	struct message_extras *extras)
{
	/* Only a supervisor knows who is to replace us. */
	if (message->type == CHANNEL_HANDOFF && extras->fd_count == 1 &&
		upgrade->starter.is_supervisor)
		upgrade_handoff_take_link(upgrade, extras->fds[0]);
	else
		message_close_fds(extras);
	if (message->type == CHANNEL_MAIN)
		confirm(upgrade);
}

void upgrade_starter_poll(struct baton_upgrade *upgrade)
{
	struct channel_message message;
	struct message_extras extras;

	while (upgrade->starter.channel >= 0) {
		int r = channel_receive_with_fds(upgrade->starter.channel, &message, &extras);
		if (r == -EAGAIN)
			return;
		if (r == -EPROTO)
			continue;
		if (r > 0) {
			handle(upgrade, &message, &extras);
			continue;
		}
		if (upgrade->starter.is_supervisor)
			upgrade_host_log(upgrade, LOG_WARNING, "the supervisor is gone");
		close_channel(upgrade);
	}
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	upgrade_starter_poll(container_of(w, struct baton_upgrade, starter.watcher));
}

/* It may be stopped or hang. It no longer counts, and the manager waits. */
static void on_confirm_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct baton_upgrade *upgrade = container_of(w, struct baton_upgrade, starter.timer);

	(void)loop;
	(void)revents;
	upgrade_host_log(upgrade, LOG_WARNING, "the predecessor does not answer: goes on without");
	confirm(upgrade);
}

void upgrade_starter_init(struct baton_upgrade *upgrade)
{
	struct upgrade_starter *starter = &upgrade->starter;

	*starter = (struct upgrade_starter){ .channel = -1, .predecessor = -1 };
	ev_init(&starter->watcher, on_readable);
	ev_timer_init(&starter->timer, on_confirm_timeout, 0, 0);
}

/* The supervisor's or predecessor's channel, -ENOENT if there is none. */
static int take_channel(struct baton_error *error)
{
	const char *text = getenv(CHANNEL_VARIABLE);
	char value[32] = "";

	if (text)
		(void)snprintf(value, sizeof(value), "%s", text); /* cut if too long */
	int channel = channel_inherited();
	if (channel < 0 && channel != -ENOENT)
		return error_set_errno(error, channel,
			CHANNEL_VARIABLE "=\"%s\" is not the number of a SOCK_SEQPACKET socket",
			value);
	return channel;
}

int upgrade_starter_open(struct baton_upgrade *upgrade, struct baton_error *error)
{
	struct upgrade_starter *starter = &upgrade->starter;

	upgrade->generation = read_generation();
	int predecessor = take_predecessor(error);
	if (predecessor < 0 && predecessor != -ENOENT)
		return predecessor;
	starter->predecessor = predecessor < 0 ? -1 : predecessor;
	int channel = take_channel(error);
	if (channel < 0 && channel != -ENOENT)
		return channel;
	starter->channel = channel < 0 ? -1 : channel;
	starter->is_supervisor = starter->channel >= 0 && starter->predecessor < 0;
	if (starter->channel < 0)
		return 0;
	/* Whoever made it may have made it blocking. */
	int r = fd_set_nonblock(starter->channel, true);
	if (r < 0)
		return error_set_errno(error, r, "cannot use " CHANNEL_VARIABLE);
	ev_io_set(&starter->watcher, starter->channel, EV_READ);
	ev_io_start(upgrade->loop, &starter->watcher);
	return 0;
}

/* As in endless: the child ends its parent. The order matters, as by the first message the parent
 * knows whose SIGTERM it is that comes. */
static void retire_predecessor(struct baton_upgrade *upgrade)
{
	struct upgrade_starter *starter = &upgrade->starter;

	starter->phase = UPGRADE_STARTER_TOLD;
	upgrade_listeners_own_paths(upgrade);
	int r = pidfd_signal(starter->predecessor, SIGTERM);
	if (r < 0 && r != -ESRCH)
		upgrade_host_log(upgrade, LOG_WARNING, "cannot signal the predecessor: %s",
			strerrordesc_np(-r));
	fd_close(take_fd(&starter->predecessor));
	if (starter->channel < 0) {
		confirm(upgrade);
		return;
	}
	upgrade_timer_start(upgrade->loop, &starter->timer, CONFIRM_MS);
}

void upgrade_starter_ready(struct baton_upgrade *upgrade)
{
	struct upgrade_starter *starter = &upgrade->starter;

	upgrade_handoff_introduce(upgrade);
	if (starter->channel >= 0) {
		int r = channel_send(starter->channel, CHANNEL_READY);

		if (r < 0 && r != -EPIPE && r != -ECONNRESET) /* of those the watcher is told */
			upgrade_host_log(upgrade, LOG_WARNING, "cannot tell the starter: %s",
				strerrordesc_np(-r));
	}
	if (starter->predecessor >= 0) {
		retire_predecessor(upgrade);
		return;
	}
	starter->phase = UPGRADE_STARTER_CONFIRMED;
	upgrade_manager_ready(upgrade);
	upgrade_policy_confirmed(upgrade);
}

void upgrade_starter_ask_upgrade(struct baton_upgrade *upgrade)
{
	int r = upgrade->starter.channel < 0
		? -EPIPE
		: channel_send(upgrade->starter.channel, CHANNEL_UPGRADE);

	if (r < 0)
		upgrade_host_log(upgrade, LOG_ERR,
			"cannot pass the upgrade up to the supervisor: %s", strerrordesc_np(-r));
	else
		upgrade_host_log(upgrade, LOG_NOTICE, "upgrade is passed up to the supervisor");
}

/*
 * Our starter may be the first process of a container, which stays until the
 * newest generation ends and forwards signals to it: it gets what we know it by.
 * Every other starter has ended by now or drops the message.
 */
void upgrade_starter_introduce_successor(struct baton_upgrade *upgrade)
{
	const struct upgrade_successor *successor = &upgrade->successor;

	if (upgrade->starter.channel < 0)
		return;
	(void)channel_send_successor(
		upgrade->starter.channel, successor->pid, successor->pidfd, successor->channel);
}

void upgrade_starter_finish(struct baton_upgrade *upgrade)
{
	struct upgrade_starter *starter = &upgrade->starter;

	ev_io_stop(upgrade->loop, &starter->watcher);
	ev_timer_stop(upgrade->loop, &starter->timer);
	fd_close(take_fd(&starter->channel));
	fd_close(take_fd(&starter->predecessor));
}
