/* SPDX-License-Identifier: MIT */
/* Signals become calls of the policy, with the host's hook before and after. */
#ifndef PROCESS_UPGRADE_SIGNALS_H
#define PROCESS_UPGRADE_SIGNALS_H

#include <ev.h>
#include <signal.h>
#include <stdbool.h>

struct baton_upgrade;

enum { UPGRADE_SIGNALS = 7 }; /* that have hooks */

struct upgrade_signal {
	ev_signal watcher;
	struct baton_upgrade *upgrade;
};

struct upgrade_signals {
	struct upgrade_signal entries[UPGRADE_SIGNALS];
};

void upgrade_signals_init(struct baton_upgrade *upgrade);
void upgrade_signals_start(struct baton_upgrade *upgrade);

/* Whether the signal is watched here: then it is forwarded from here, too. */
bool upgrade_signals_has(const struct baton_upgrade *upgrade, int signal);

/* Adds those that are watched here to the set. */
void upgrade_signals_collect(const struct baton_upgrade *upgrade, sigset_t *set);
void upgrade_signals_finish(struct baton_upgrade *upgrade);

#endif
