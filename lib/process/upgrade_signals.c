/* SPDX-License-Identifier: MIT */
/* See upgrade_signals.h. */
#include <signal.h>

#include "base/container.h"
#include "process/upgrade_object.h"

/* Those without an action of ours are taken only if the host has hooks: by default they end it. */
static const struct {
	int signal;
	void (*act)(struct baton_upgrade *upgrade);
} actions[] = {
	{ SIGHUP, upgrade_policy_upgrade },
	{ SIGTERM, upgrade_policy_term },
	{ SIGINT, upgrade_policy_stop },
	{ SIGQUIT, upgrade_policy_quit },
	{ SIGUSR1, NULL },
	{ SIGUSR2, NULL },
	{ SIGWINCH, NULL },
};

_Static_assert(array_length(actions) == UPGRADE_SIGNALS, "a watcher for each signal");

static void on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct upgrade_signal *entry = container_of(w, struct upgrade_signal, watcher);
	struct baton_upgrade *upgrade = entry->upgrade;
	size_t index = (size_t)(entry - upgrade->signals.entries);

	(void)loop;
	(void)revents;
	upgrade_host_signal(upgrade, w->signum, BATON_UPGRADE_BEFORE_SIGNAL);
	if (actions[index].act)
		actions[index].act(upgrade);
	else if (upgrade->pid1.is_first && upgrade->successor.phase == SUCCESSOR_MAIN)
		upgrade_successor_signal(upgrade, w->signum);
	upgrade_host_signal(upgrade, w->signum, BATON_UPGRADE_AFTER_SIGNAL);
}

void upgrade_signals_init(struct baton_upgrade *upgrade)
{
	for (size_t i = 0; i < array_length(actions); i++) {
		struct upgrade_signal *entry = &upgrade->signals.entries[i];

		entry->upgrade = upgrade;
		ev_signal_init(&entry->watcher, on_signal, actions[i].signal);
	}
}

void upgrade_signals_start(struct baton_upgrade *upgrade)
{
	/* A client that goes away must not end the server. */
	(void)signal(SIGPIPE, SIG_IGN); /* a valid signal: cannot fail */
	for (size_t i = 0; i < array_length(actions); i++)
		if (actions[i].act || upgrade->options.on_signal)
			ev_signal_start(upgrade->loop, &upgrade->signals.entries[i].watcher);
}

bool upgrade_signals_has(const struct baton_upgrade *upgrade, int signal)
{
	for (size_t i = 0; i < array_length(actions); i++)
		if (actions[i].signal == signal)
			return ev_is_active(&upgrade->signals.entries[i].watcher);
	return false;
}

void upgrade_signals_collect(const struct baton_upgrade *upgrade, sigset_t *set)
{
	for (size_t i = 0; i < array_length(actions); i++)
		if (ev_is_active(&upgrade->signals.entries[i].watcher))
			(void)sigaddset(set, actions[i].signal); /* a valid one: cannot fail */
}

void upgrade_signals_finish(struct baton_upgrade *upgrade)
{
	for (size_t i = 0; i < array_length(actions); i++)
		ev_signal_stop(upgrade->loop, &upgrade->signals.entries[i].watcher);
}
