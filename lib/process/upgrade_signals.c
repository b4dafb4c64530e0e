/* SPDX-License-Identifier: MIT */
/* Signals become calls of the policy, with the host's hook before and after. */
#include <signal.h>

#include "base/container.h"
#include "process/upgrade_parts.h"

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

static void call_hook(struct baton_upgrade *upgrade, int signal, enum baton_upgrade_hook hook)
{
	if (upgrade->options.on_signal)
		upgrade->options.on_signal(upgrade, signal, hook, upgrade->options.data);
}

static void on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct baton_upgrade *upgrade = w->data;

	(void)loop;
	(void)revents;
	call_hook(upgrade, w->signum, BATON_UPGRADE_BEFORE_SIGNAL);
	for (size_t i = 0; i < array_length(actions); i++) {
		if (actions[i].signal != w->signum)
			continue;
		if (actions[i].act)
			actions[i].act(upgrade);
		else if (upgrade->is_init && upgrade->successor.phase == SUCCESSOR_MAIN)
			upgrade_successor_signal(upgrade, w->signum);
	}
	call_hook(upgrade, w->signum, BATON_UPGRADE_AFTER_SIGNAL);
}

void upgrade_signals_init(struct baton_upgrade *upgrade)
{
	for (size_t i = 0; i < array_length(actions); i++) {
		ev_signal *w = &upgrade->signals[i];

		ev_signal_init(w, on_signal, actions[i].signal);
		w->data = upgrade;
	}
}

void upgrade_signals_start(struct baton_upgrade *upgrade)
{
	/* A client that goes away must not end the server. */
	(void)signal(SIGPIPE, SIG_IGN); /* a valid signal: cannot fail */
	for (size_t i = 0; i < array_length(actions); i++)
		if (actions[i].act || upgrade->options.on_signal)
			ev_signal_start(upgrade->loop, &upgrade->signals[i]);
}

void upgrade_signals_finish(struct baton_upgrade *upgrade)
{
	for (size_t i = 0; i < array_length(actions); i++)
		ev_signal_stop(upgrade->loop, &upgrade->signals[i]);
}
