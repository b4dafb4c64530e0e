/* SPDX-License-Identifier: MIT */
/* See upgrade_successor.h. */
#include <baton/spawn.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/message.h"
#include "base/pidfd.h"
#include "process/channel.h"
#include "process/upgrade_object.h"
#include "process/upgrade_timer.h"
#include "socket/inherit_protocol.h"

enum {
	READY_TIMEOUT_MS = 60 * 1000,
	TERM_AWAITED_MS = 1000, /* it sends it with the next call after it said ready */
	PASSING_MS = 1000,      /* what is not passed by then is while this one drains */
	STOP_MS = 1000,         /* from SIGTERM to SIGKILL for one that has not taken over */
	OTHER_FDS = 2,          /* beside the sockets: the channel and the predecessor's pidfd */
};

static void on_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	upgrade_policy_successor_timeout(container_of(w, struct baton_upgrade, successor.timer));
}

static void on_channel_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	upgrade_successor_poll(container_of(w, struct baton_upgrade, successor.channel_watcher));
}

static void on_child_ended(struct ev_loop *loop, ev_child *w, int revents)
{
	struct baton_upgrade *upgrade =
		container_of(w, struct baton_upgrade, successor.child_watcher);

	(void)revents;
	ev_child_stop(loop, w);
	upgrade_successor_poll(upgrade); /* its last words: they may name another in its place */
	if (w->rpid == upgrade->successor.pid)
		upgrade_policy_successor_ended(upgrade, w->rstatus);
}

int upgrade_successor_status(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? W_EXITCODE(info->si_status, 0)
					   : W_EXITCODE(0, info->si_status);
}

/* On a loop that is not libev's default one nobody reaps but us, and we this child alone. */
static void on_pidfd_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct baton_upgrade *upgrade =
		container_of(w, struct baton_upgrade, successor.pidfd_watcher);
	pid_t pid = upgrade->successor.pid;
	siginfo_t info = { 0 };
	int status = UPGRADE_STATUS_UNKNOWN;

	(void)revents;
	ev_io_stop(loop, w);
	if (waitid(P_PIDFD, (id_t)w->fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0)
		status = upgrade_successor_status(&info);
	else if (upgrade->pid1.is_first && upgrade->successor.phase == SUCCESSOR_MAIN)
		return; /* the child of one that still drains: see upgrade_pid1.c */
	upgrade_successor_poll(upgrade);
	if (pid == upgrade->successor.pid)
		upgrade_policy_successor_ended(upgrade, status);
}

void upgrade_successor_init(struct baton_upgrade *upgrade)
{
	struct upgrade_successor *successor = &upgrade->successor;

	if (!upgrade->options.ready_timeout_ms)
		upgrade->options.ready_timeout_ms = READY_TIMEOUT_MS;
	*successor = (struct upgrade_successor){ .pidfd = -1, .channel = -1 };
	ev_init(&successor->channel_watcher, on_channel_readable);
	ev_init(&successor->pidfd_watcher, on_pidfd_readable);
	ev_init(&successor->child_watcher, on_child_ended);
	ev_timer_init(&successor->timer, on_timeout, 0, 0);
}

/*
 * On the default loop libev itself waits for every child as soon as SIGCHLD
 * comes, so the status is to be had from an ev_child only; on other loops
 * ev_child does not work, and the pidfd says when to wait.
 */
static void watch(struct baton_upgrade *upgrade)
{
	struct upgrade_successor *successor = &upgrade->successor;

	if (ev_is_default_loop(upgrade->loop)) {
		ev_child_set(&successor->child_watcher, successor->pid, 0);
		ev_child_start(upgrade->loop, &successor->child_watcher);
	} else {
		ev_io_set(&successor->pidfd_watcher, successor->pidfd, EV_READ);
		ev_io_start(upgrade->loop, &successor->pidfd_watcher);
	}
	if (successor->channel >= 0) {
		ev_io_set(&successor->channel_watcher, successor->channel, EV_READ);
		ev_io_start(upgrade->loop, &successor->channel_watcher);
	}
}

static int build_env(
	struct baton_upgrade *upgrade, struct baton_spawn_fd *fds, size_t sockets, struct env *env)
{
	int r = env_copy(env, upgrade->env.entries);
	if (r < 0)
		return r;
	inherit_forget(env);
	r = upgrade_manager_pass_on(upgrade, env);
	if (r == 0)
		r = upgrade_listeners_encode(upgrade, fds, upgrade->generation + 1, env);
	if (r == 0)
		r = env_setf(env, CHANNEL_VARIABLE, "%d", fds[sockets].to);
	if (r == 0)
		r = env_setf(env, CHANNEL_PREDECESSOR_VARIABLE, "%d", fds[sockets + 1].to);
	/* How the successor in turn finds the name of its directory. */
	if (r == 0 && upgrade->workdir[0] == '/')
		r = env_set(env, "PWD", upgrade->workdir);
	return r;
}

static int spawn(struct baton_upgrade *upgrade, int channel, int own_pidfd, struct env *env,
	struct baton_error *error)
{
	size_t sockets = upgrade_listeners_count_sockets(upgrade);
	cleanup_free struct baton_spawn_fd *fds = calloc(sockets + OTHER_FDS, sizeof(*fds));
	if (!fds)
		return error_set_errno(error, -ENOMEM, "cannot prepare the successor");

	fds[sockets] = (struct baton_spawn_fd){ channel, FD_FIRST + (int)sockets };
	fds[sockets + 1] = (struct baton_spawn_fd){ own_pidfd, FD_FIRST + (int)sockets + 1 };
	int r = build_env(upgrade, fds, sockets, env);
	if (r < 0)
		return error_set_errno(error, r, "cannot prepare the successor's environment");
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = upgrade->options.argv,
		.envp = env->entries,
		.fds = fds,
		.fd_count = sockets + OTHER_FDS,
		.workdir = upgrade->workdir,
		.pid_text = env_get(env, "LISTEN_PID"),
		.pidfdid_text = env_get(env, "LISTEN_PIDFDID"),
	};

	return baton_spawn(&options, &upgrade->successor.pid, &upgrade->successor.pidfd, error);
}

int upgrade_successor_start(struct baton_upgrade *upgrade, struct baton_error *error)
{
	struct upgrade_successor *successor = &upgrade->successor;
	cleanup_fd int ours = -1;
	cleanup_fd int theirs = -1;
	/* Never getppid(): a parent that died meanwhile has left its child to another process. */
	cleanup_fd int own_pidfd = pidfd_open_pid(getpid());
	if (own_pidfd < 0)
		return pidfd_error(error, own_pidfd, "cannot open our own pidfd");
	int r = channel_pair(&ours, &theirs);
	if (r < 0)
		return error_set_errno(error, r, "cannot create the channel");
	struct env env = ENV_INIT;

	successor->started = ev_time();
	r = spawn(upgrade, theirs, own_pidfd, &env, error);
	env_finish(&env);
	if (r < 0)
		return r;
	successor->phase = SUCCESSOR_STARTING;
	successor->channel = take_fd(&ours);
	watch(upgrade);
	upgrade_timer_start(
		upgrade->loop, &upgrade->successor.timer, upgrade->options.ready_timeout_ms);
	upgrade_host_log(upgrade, LOG_NOTICE, "successor started generation=%u pid=%d",
		upgrade->generation + 1, successor->pid);
	return 0;
}

static void close_channel(struct baton_upgrade *upgrade)
{
	ev_io_stop(upgrade->loop, &upgrade->successor.channel_watcher);
	fd_close(take_fd(&upgrade->successor.channel));
}

/* Takes the descriptors from extras if the message is good and meant for us. */
static void on_introduction(struct baton_upgrade *upgrade, const struct channel_message *message,
	struct message_extras *extras)
{
	if (!upgrade->pid1.is_first || extras->fd_count != 2 || message->pid <= 0) {
		message_close_fds(extras);
		return;
	}
	extras->fd_count = 0;
	upgrade_successor_replace(upgrade, message->pid, extras->fds[0], extras->fds[1]);
}

void upgrade_successor_poll(struct baton_upgrade *upgrade)
{
	struct upgrade_successor *successor = &upgrade->successor;
	struct channel_message message;
	struct message_extras extras;

	while (successor->channel >= 0) {
		int r = channel_receive_with_fds(successor->channel, &message, &extras);
		if (r == -EAGAIN)
			return;
		if (r == -EPROTO)
			continue;
		if (r <= 0) {
			/* Gone, or it does not know the channel: its exit or the timer tells. */
			close_channel(upgrade);
			return;
		}
		if (message.type == CHANNEL_SUCCESSOR)
			on_introduction(upgrade, &message, &extras);
		else if (message.type == CHANNEL_HANDOFF && extras.fd_count == 1)
			upgrade_handoff_take_link(upgrade, extras.fds[0]);
		else
			message_close_fds(&extras);
		if (message.type == CHANNEL_READY)
			upgrade_policy_successor_ready(upgrade);
	}
}

void upgrade_successor_await_term(struct baton_upgrade *upgrade)
{
	upgrade->successor.phase = SUCCESSOR_READY;
	upgrade_timer_start(upgrade->loop, &upgrade->successor.timer, TERM_AWAITED_MS);
}

void upgrade_successor_await_passing(struct baton_upgrade *upgrade)
{
	upgrade->successor.phase = SUCCESSOR_PASSING;
	upgrade_timer_start(upgrade->loop, &upgrade->successor.timer, PASSING_MS);
}

void upgrade_successor_confirm(struct baton_upgrade *upgrade)
{
	struct upgrade_successor *successor = &upgrade->successor;

	successor->phase = SUCCESSOR_MAIN;
	ev_timer_stop(upgrade->loop, &successor->timer);
	if (successor->channel < 0)
		return;
	/* Lost only if it is dead: then it needs no confirmation. */
	(void)channel_send(successor->channel, CHANNEL_MAIN);
	upgrade_starter_introduce_successor(upgrade);
	if (!upgrade->pid1.is_first)
		close_channel(upgrade);
}

void upgrade_successor_signal(struct baton_upgrade *upgrade, int signal)
{
	int pidfd = upgrade->successor.pidfd;

	if (pidfd < 0)
		return;
	int r = pidfd_signal(pidfd, signal);
	if (r < 0 && r != -ESRCH)
		upgrade_host_log(upgrade, LOG_WARNING, "cannot signal pid=%d: %s",
			upgrade->successor.pid, strerrordesc_np(-r));
}

void upgrade_successor_stop(struct baton_upgrade *upgrade, const char *reason)
{
	struct upgrade_successor *successor = &upgrade->successor;

	if (successor->phase == SUCCESSOR_STOPPING)
		return;
	upgrade_host_log(
		upgrade, LOG_NOTICE, "successor pid=%d is stopped: %s", successor->pid, reason);
	(void)snprintf(successor->reason, sizeof(successor->reason), "%s", reason);
	successor->phase = SUCCESSOR_STOPPING;
	upgrade_handoff_drop(upgrade);
	upgrade_successor_signal(upgrade, SIGTERM);
	upgrade_timer_start(upgrade->loop, &upgrade->successor.timer, STOP_MS);
}

void upgrade_successor_kill(struct baton_upgrade *upgrade)
{
	ev_timer_stop(upgrade->loop, &upgrade->successor.timer);
	upgrade_successor_signal(upgrade, SIGKILL);
}

void upgrade_successor_replace(
	struct baton_upgrade *upgrade, pid_t pid, int take_pidfd, int take_channel)
{
	struct upgrade_successor *successor = &upgrade->successor;
	ev_tstamp started = ev_time();

	upgrade_successor_forget(upgrade);
	successor->phase = SUCCESSOR_MAIN;
	successor->pid = pid;
	successor->pidfd = take_pidfd;
	successor->channel = take_channel;
	successor->started = started;
	watch(upgrade);
	upgrade_host_log(upgrade, LOG_NOTICE, "the newest generation is pid=%d", pid);
}

void upgrade_successor_forget(struct baton_upgrade *upgrade)
{
	struct upgrade_successor *successor = &upgrade->successor;

	close_channel(upgrade);
	upgrade_handoff_drop(upgrade);
	ev_io_stop(upgrade->loop, &successor->pidfd_watcher);
	ev_child_stop(upgrade->loop, &successor->child_watcher);
	ev_timer_stop(upgrade->loop, &successor->timer);
	fd_close(take_fd(&successor->pidfd));
	successor->phase = SUCCESSOR_NONE;
	successor->pid = 0;
}

/* Killed, it ends at once, unless the kernel holds it (in a file system that hangs, say). */
static void await_end(int pidfd)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	siginfo_t info;
	int r;

	do
		r = poll(&end, 1, STOP_MS);
	while (r == -1 && errno == EINTR);
	/* ECHILD: libev has reaped it. */
	(void)waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
}

void upgrade_successor_finish(struct baton_upgrade *upgrade)
{
	switch (upgrade->successor.phase) {
	case SUCCESSOR_STARTING:
	case SUCCESSOR_READY:
	case SUCCESSOR_STOPPING:
		upgrade_successor_signal(upgrade, SIGKILL);
		await_end(upgrade->successor.pidfd);
		break;
	case SUCCESSOR_NONE:
	case SUCCESSOR_PASSING: /* it has some of the connections, and the listeners */
	case SUCCESSOR_MAIN:
	case SUCCESSOR_ENDED:
		break;
	}
	upgrade_successor_forget(upgrade);
}
