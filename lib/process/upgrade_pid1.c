/* SPDX-License-Identifier: MIT */
/*
 * The first process of a container must not end before the server does: the
 * kernel would kill every other process of its pid namespace. So the first
 * generation, once it has drained, stays as a minimal init. It reaps whatever
 * is left to it, forwards signals to the newest generation and ends with that
 * one's status.
 *
 * The newest generation is not its child as long as the one that started it
 * drains. Each generation therefore introduces its successor to its own
 * starter, with a pidfd and the channel (CHANNEL_SUCCESSOR), and one that ends after
 * its successor has ended does so with the successor's status.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/container.h"
#include "base/pidfd.h"
#include "process/upgrade_object.h"

/* How long an orphan may stay a zombie where libev does not reap it. */
#define REAP_INTERVAL 1.0

/* What a runtime or an operator sends to a container, beside what is watched anyhow. */
static const int forwarded[] = { SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM, SIGCONT, SIGIO, SIGPWR,
	SIGTTIN, SIGTTOU, SIGTSTP, SIGVTALRM, SIGPROF };

_Static_assert(array_length(forwarded) == UPGRADE_PID1_SIGNALS, "a watcher for each signal");

static void on_forwarded(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop;
	(void)revents;
	upgrade_successor_signal(
		container_of(w, struct upgrade_signal, watcher)->upgrade, w->signum);
}

static bool is_gone(int pidfd)
{
	return pidfd_signal(pidfd, 0) == -ESRCH;
}

/* Some process of ours was reaped. */
static void reaped(struct baton_upgrade *upgrade, pid_t pid, int status)
{
	struct upgrade_successor *successor = &upgrade->successor;

	upgrade_successor_poll(upgrade); /* whether it named one in its place */
	if (successor->phase != SUCCESSOR_MAIN)
		return;
	/* If its parent reaped the newest, then that has just ended in turn, with its status. */
	if (pid == successor->pid || is_gone(successor->pidfd))
		upgrade_policy_successor_ended(upgrade, status);
}

static void on_any_child(struct ev_loop *loop, ev_child *w, int revents)
{
	(void)loop;
	(void)revents;
	reaped(container_of(w, struct baton_upgrade, pid1.child), w->rpid, w->rstatus);
}

/* Not in use before the host has drained: its children are its own. */
static void on_reap_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct baton_upgrade *upgrade = container_of(w, struct baton_upgrade, pid1.timer);

	(void)loop;
	(void)revents;
	for (;;) {
		siginfo_t info = { 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == -1 || info.si_pid == 0)
			break;
		reaped(upgrade, info.si_pid, upgrade_successor_status(&info));
	}
}

void upgrade_pid1_init(struct baton_upgrade *upgrade)
{
	upgrade->pid1.is_first = getpid() == 1;
	ev_child_init(&upgrade->pid1.child, on_any_child, 0, 0);
	ev_timer_init(&upgrade->pid1.timer, on_reap_time, 0, REAP_INTERVAL);
	for (size_t i = 0; i < array_length(forwarded); i++) {
		struct upgrade_signal *entry = &upgrade->pid1.forwards[i];

		entry->upgrade = upgrade;
		ev_signal_init(&entry->watcher, on_forwarded, forwarded[i]);
	}
}

void upgrade_pid1_begin(struct baton_upgrade *upgrade)
{
	if (ev_is_default_loop(upgrade->loop))
		ev_child_start(upgrade->loop, &upgrade->pid1.child);
}

void upgrade_pid1_stay(struct baton_upgrade *upgrade)
{
	upgrade_host_log(upgrade, LOG_NOTICE, "drained; stays as the first process for pid=%d",
		upgrade->successor.pid);
	if (!ev_is_default_loop(upgrade->loop))
		ev_timer_again(upgrade->loop, &upgrade->pid1.timer);
	for (size_t i = 0; i < array_length(forwarded); i++)
		if (!upgrade_signals_has(upgrade, forwarded[i]))
			ev_signal_start(upgrade->loop, &upgrade->pid1.forwards[i].watcher);
}

void upgrade_pid1_collect(const struct baton_upgrade *upgrade, sigset_t *set)
{
	for (size_t i = 0; i < array_length(forwarded); i++)
		if (ev_is_active(&upgrade->pid1.forwards[i].watcher))
			(void)sigaddset(set, forwarded[i]); /* a valid one: cannot fail */
}

void upgrade_pid1_finish(struct baton_upgrade *upgrade)
{
	ev_child_stop(upgrade->loop, &upgrade->pid1.child);
	ev_timer_stop(upgrade->loop, &upgrade->pid1.timer);
	for (size_t i = 0; i < array_length(forwarded); i++)
		ev_signal_stop(upgrade->loop, &upgrade->pid1.forwards[i].watcher);
}
