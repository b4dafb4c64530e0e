/* SPDX-License-Identifier: MIT */
/* Who started this process, and which one it is to replace. */
#ifndef PROCESS_UPGRADE_STARTER_H
#define PROCESS_UPGRADE_STARTER_H

#include <ev.h>
#include <stdbool.h>

struct baton_error;
struct baton_upgrade;

/*
 * WAITS -> TOLD -> CONFIRMED, or WAITS -> CONFIRMED where there is no
 * predecessor. The timer runs in TOLD only. No successor of ours is started
 * before CONFIRMED: ended before our predecessor so much as looked, we would
 * have failed to it.
 */
enum upgrade_starter_phase {
	UPGRADE_STARTER_WAITS,     /* for us to be ready */
	UPGRADE_STARTER_TOLD,      /* the predecessor is to let go, and to say so */
	UPGRADE_STARTER_CONFIRMED, /* we are the main process */
};

struct upgrade_starter {
	enum upgrade_starter_phase phase;
	int channel;        /* -1: nobody who speaks it, or gone */
	int predecessor;    /* pidfd, -1: none, or told already */
	bool is_supervisor; /* it decides when to upgrade */
	ev_io watcher;
	ev_timer timer;
};

void upgrade_starter_init(struct baton_upgrade *upgrade);

/* Reads the environment, and takes what it names. 0 or -errno with the reason. */
int upgrade_starter_open(struct baton_upgrade *upgrade, struct baton_error *error);

/* Tells it that we accept, and our predecessor to end. The policy hears when that is confirmed. */
void upgrade_starter_ready(struct baton_upgrade *upgrade);

/* Handles what it has said already. */
void upgrade_starter_poll(struct baton_upgrade *upgrade);

/* Passes an upgrade up to the supervisor; logged if it cannot be. */
void upgrade_starter_ask_upgrade(struct baton_upgrade *upgrade);

/* Our successor takes our place with it. Nothing is lost if nobody listens. */
void upgrade_starter_introduce_successor(struct baton_upgrade *upgrade);
void upgrade_starter_finish(struct baton_upgrade *upgrade);

#endif
