/* SPDX-License-Identifier: MIT */
/*
 * A host without libev: the object has a loop of its own, and one descriptor
 * that is readable whenever that loop has anything to do.
 */
#ifndef PROCESS_UPGRADE_POLL_H
#define PROCESS_UPGRADE_POLL_H

#include <signal.h>
#include <stdbool.h>

struct baton_error;
struct baton_upgrade;

struct upgrade_poll {
	bool is_used;        /* all else is unused if not */
	bool has_failed;     /* at the last update: the host knows */
	bool is_dispatching; /* the loop runs: it cannot be destroyed */
	int fd;              /* an epoll set of the three below, for the host */
	int watched;         /* an epoll set: what the loop's watchers wait for */
	int timer;           /* a timerfd: the next of the loop's timers */
	int signals;         /* a signalfd: those that the loop watches */
	sigset_t mask;       /* of signals as it was before */
};

void upgrade_poll_init(struct baton_upgrade *upgrade);

/* Makes the loop. 0 or -errno with the reason. */
int upgrade_poll_open(struct baton_upgrade *upgrade, struct baton_error *error);

/* Brings the descriptor up to date; to be called after anything that may have started or stopped
 * a watcher. Nothing happens if the host has a loop. */
void upgrade_poll_update(struct baton_upgrade *upgrade);

void upgrade_poll_finish(struct baton_upgrade *upgrade);

#endif
