/* SPDX-License-Identifier: MIT */
/* See upgrade_drain.h. */
#include <errno.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "base/container.h"
#include "base/pid_file.h"
#include "process/upgrade_object.h"
#include "process/upgrade_timer.h"

enum { DRAIN_TIMEOUT_MS = 60 * 1000, HAMMER_MS = 1000 };

static void expire(struct baton_upgrade *upgrade)
{
	char reason[64];

	(void)snprintf(reason, sizeof(reason), "drain deadline: not over after %.3f s",
		upgrade->options.drain_timeout_ms / 1e3);
	upgrade_drain_deadline(upgrade, reason);
}

static void on_drain_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct baton_upgrade *upgrade = container_of(w, struct baton_upgrade, drain.timer);

	(void)loop;
	(void)revents;
	if (upgrade->drain.phase == UPGRADE_DRAIN_PAST_DEADLINE)
		upgrade_policy_hammer(upgrade);
	else
		expire(upgrade);
}

void upgrade_drain_init(struct baton_upgrade *upgrade)
{
	struct baton_upgrade_options *options = &upgrade->options;

	if (!options->drain_timeout_ms)
		options->drain_timeout_ms = DRAIN_TIMEOUT_MS;
	if (!options->hammer_ms)
		options->hammer_ms = HAMMER_MS;
	ev_timer_init(&upgrade->drain.timer, on_drain_timeout, 0, 0);
}

void upgrade_drain_begin(struct baton_upgrade *upgrade)
{
	upgrade_host_log(upgrade, LOG_NOTICE, "generation=%u drains", upgrade->generation);
	upgrade->state = BATON_UPGRADE_DRAINING;
	upgrade->drain.phase = UPGRADE_DRAIN_RUNNING;
	upgrade_timer_start(
		upgrade->loop, &upgrade->drain.timer, upgrade->options.drain_timeout_ms);
	upgrade_starter_poll(upgrade);        /* a supervisor introduces the successor first */
	(void)upgrade_handoff_begin(upgrade); /* or it has begun, or nobody takes any */
	upgrade_steer_drain(upgrade);
	upgrade_host_drain(upgrade);
	if (!upgrade_group_drain(upgrade))
		upgrade_listeners_stop(upgrade);
}

void upgrade_drain_deadline(struct baton_upgrade *upgrade, const char *reason)
{
	if (upgrade->drain.phase != UPGRADE_DRAIN_RUNNING)
		return;
	upgrade->drain.phase = UPGRADE_DRAIN_PAST_DEADLINE;
	upgrade_host_log(upgrade, LOG_NOTICE, "%s: what is open is closed", reason);
	upgrade_host_deadline(upgrade);
	upgrade_timer_start(upgrade->loop, &upgrade->drain.timer, upgrade->options.hammer_ms);
}

void upgrade_drain_complete(struct baton_upgrade *upgrade)
{
	ev_timer_stop(upgrade->loop, &upgrade->drain.timer);
}

void upgrade_drain_end(struct baton_upgrade *upgrade, int status)
{
	if (upgrade->drain.phase == UPGRADE_DRAIN_ENDED)
		return;
	upgrade->drain.phase = UPGRADE_DRAIN_ENDED;
	upgrade->drain.status = status;
	upgrade_handoff_report(upgrade);
	ev_timer_stop(upgrade->loop, &upgrade->drain.timer);
	if (upgrade->options.pid_file) {
		int r = pid_file_remove(upgrade->options.pid_file, getpid());

		if (r < 0)
			upgrade_host_log(upgrade, LOG_WARNING, "cannot remove pid file \"%s\": %s",
				upgrade->options.pid_file, strerrordesc_np(-r));
	}
	upgrade_requests_add(upgrade, UPGRADE_REQUEST_END);
}

void upgrade_drain_finish(struct baton_upgrade *upgrade)
{
	ev_timer_stop(upgrade->loop, &upgrade->drain.timer);
}
