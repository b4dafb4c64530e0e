/* SPDX-License-Identifier: MIT */
/*
 * Connections that stay: see <baton/handoff.h>. The successor makes a link, begins
 * to receive on its end, and introduces the other one to its starter, with
 * CHANNEL_HANDOFF, before it says that it is ready. That is the predecessor, or a supervisor that
 * passes it on to the predecessor before it tells that to stop. Who does not know
 * the message closes the descriptor, and the successor sees the end of the link.
 */
#ifndef PROCESS_UPGRADE_HANDOFF_H
#define PROCESS_UPGRADE_HANDOFF_H

#include <baton/handoff.h>
#include <stdbool.h>

#include "socket/handoff_receiver.h"
#include "socket/handoff_sender.h"

struct baton_upgrade;

struct upgrade_handoff {
	struct baton_handoff_options options;
	bool is_open;
	int link; /* to the successor, until it is used; -1: none */
	struct handoff_sender sender;
	struct handoff_receiver receiver;
};

void upgrade_handoff_init(struct baton_upgrade *upgrade);

/* Offers the starter to take connections, if the host does. */
void upgrade_handoff_introduce(struct baton_upgrade *upgrade);

/* The successor offers to take connections. */
void upgrade_handoff_take_link(struct baton_upgrade *upgrade, int take_link);

/* Begins to pass them on. False if there is nobody who takes any. */
bool upgrade_handoff_begin(struct baton_upgrade *upgrade);

/* The successor has failed, or ended: what it had not taken comes back. */
void upgrade_handoff_drop(struct baton_upgrade *upgrade);

/* No connection comes any more: tells the host. */
void upgrade_handoff_complete(struct baton_upgrade *upgrade);

/* Logs how many were passed since it did so last. */
void upgrade_handoff_report(struct baton_upgrade *upgrade);
void upgrade_handoff_finish(struct baton_upgrade *upgrade);

#endif
