/* SPDX-License-Identifier: MIT */
/* The first process of a container, which must not end before the server does: see the .c file. */
#ifndef PROCESS_UPGRADE_PID1_H
#define PROCESS_UPGRADE_PID1_H

#include <ev.h>
#include <stdbool.h>

#include "process/upgrade_signals.h"

struct baton_upgrade;

enum { UPGRADE_PID1_SIGNALS = 12 }; /* that it forwards, beside those with hooks */

struct upgrade_pid1 {
	bool is_first; /* this process is it; all else is unused if not */
	struct upgrade_signal forwards[UPGRADE_PID1_SIGNALS];
	ev_child child; /* any child, on the default loop */
	ev_timer timer; /* looks for orphans, on another loop */
};

void upgrade_pid1_init(struct baton_upgrade *upgrade);

/* A successor took over: from now on this process is there for the newest generation. */
void upgrade_pid1_begin(struct baton_upgrade *upgrade);

/* And for nothing else. */
void upgrade_pid1_stay(struct baton_upgrade *upgrade);

/* Adds those signals that are forwarded from here to the set. */
void upgrade_pid1_collect(const struct baton_upgrade *upgrade, sigset_t *set);
void upgrade_pid1_finish(struct baton_upgrade *upgrade);

#endif
