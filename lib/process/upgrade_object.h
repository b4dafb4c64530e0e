/* SPDX-License-Identifier: MIT */
/*
 * The self-upgrading server: the object, and its parts with a file each.
 *
 *     upgrade.c            the public calls
 *     upgrade_requests.c   which only ask: what they want happens later, from the loop
 *     upgrade_policy.c     what happens in which state: the only place that decides
 *     upgrade_term.c       whose SIGTERM it is
 *     upgrade_signals.c    signals become calls of the policy
 *     upgrade_successor.c  the child: its start, what it says, its fate
 *     upgrade_starter.c    the other direction: who started us, and our predecessor
 *     upgrade_drain.c      drain, deadline, hammer, end
 *     upgrade_handoff.c    connections that are passed to the successor
 *     upgrade_listeners.c  the sockets, and how a child gets them
 *     upgrade_steer.c      sockets of datagrams, of which each generation has its own
 *     upgrade_manager.c    what the service manager is told
 *     upgrade_pid1.c       the first process of a container
 *     upgrade_poll.c       a host without libev
 *     upgrade_group.c      the object as an actor of a group
 *     upgrade_host.c       the callbacks
 *
 * Each part has init (nothing can fail, watchers are initialised), perhaps start
 * or open, and finish (after any of them); in between, what its header says.
 */
#ifndef PROCESS_UPGRADE_OBJECT_H
#define PROCESS_UPGRADE_OBJECT_H

#include <baton/upgrade.h>
#include <ev.h>
#include <stdbool.h>

#include "base/env.h"
#include "base/stop_wish.h"
#include "process/upgrade_drain.h"
#include "process/upgrade_group.h"
#include "process/upgrade_handoff.h"
#include "process/upgrade_host.h"
#include "process/upgrade_listeners.h"
#include "process/upgrade_manager.h"
#include "process/upgrade_pid1.h"
#include "process/upgrade_policy.h"
#include "process/upgrade_poll.h"
#include "process/upgrade_requests.h"
#include "process/upgrade_signals.h"
#include "process/upgrade_starter.h"
#include "process/upgrade_steer.h"
#include "process/upgrade_successor.h"
#include "process/upgrade_term.h"

struct baton_upgrade {
	struct ev_loop *loop;
	struct baton_upgrade_options options;
	enum baton_upgrade_state state;
	unsigned generation;
	/* Another was asked for: during this one, or before we were ready and confirmed. False
	 * once the state is DRAINING. */
	bool is_upgrade_pending;
	char *workdir;  /* owned; the name under which the directory is found anew */
	struct env env; /* as at creation, without what passed sockets to us */

	struct upgrade_poll poll;
	struct upgrade_group group;
	struct upgrade_requests requests;
	struct upgrade_host host;
	struct upgrade_signals signals;
	struct upgrade_successor successor;
	struct upgrade_term term;
	struct stop_wish stop_wish; /* of an operator, or the host */
	struct upgrade_starter starter;
	struct upgrade_drain drain;
	struct upgrade_listeners listeners;
	struct upgrade_handoff handoff;
	struct upgrade_steer steer;
	struct upgrade_manager manager;
	struct upgrade_pid1 pid1;
};

#endif
