/* SPDX-License-Identifier: MIT */
/* Drain, deadline, hammer, end: one timer in turn for each, and the host's callbacks. */
#include <errno.h>
#include <syslog.h>
#include <unistd.h>

#include "base/container.h"
#include "base/pid_file.h"
#include "process/upgrade_parts.h"

enum { DRAIN_TIMEOUT_MS = 60 * 1000, HAMMER_MS = 1000 };

static void set_timer(struct baton_upgrade *upgrade, int after_ms)
{
	ev_now_update(upgrade->loop); /* a callback of the host may have taken long */
	ev_timer_stop(upgrade->loop, &upgrade->drain_timer);
	ev_timer_set(&upgrade->drain_timer, after_ms / 1e3, 0);
	ev_timer_start(upgrade->loop, &upgrade->drain_timer);
}

static void on_drain_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct baton_upgrade *upgrade = container_of(w, struct baton_upgrade, drain_timer);

	(void)loop;
	(void)revents;
	if (upgrade->is_past_deadline)
		upgrade_policy_hammer(upgrade);
	else
		upgrade_drain_deadline(upgrade);
}

static void on_end_asked(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct baton_upgrade *upgrade = container_of(w, struct baton_upgrade, end_asked);

	(void)loop;
	(void)revents;
	/* The host may destroy the object there: nothing may follow. */
	upgrade->options.on_end(upgrade, upgrade->end_status, upgrade->options.data);
}

void upgrade_drain_init(struct baton_upgrade *upgrade)
{
	struct baton_upgrade_options *options = &upgrade->options;

	if (!options->drain_timeout_ms)
		options->drain_timeout_ms = DRAIN_TIMEOUT_MS;
	if (!options->hammer_ms)
		options->hammer_ms = HAMMER_MS;
	ev_timer_init(&upgrade->drain_timer, on_drain_timeout, 0, 0);
	ev_timer_init(&upgrade->end_asked, on_end_asked, 0, 0);
}

void upgrade_drain_begin(struct baton_upgrade *upgrade)
{
	upgrade_log(upgrade, LOG_NOTICE, "generation=%u drains", upgrade->generation);
	upgrade->state = BATON_UPGRADE_DRAINING;
	set_timer(upgrade, upgrade->options.drain_timeout_ms);
	upgrade->options.on_drain(upgrade, upgrade->options.data);
	upgrade_listeners_stop(upgrade);
}

void upgrade_drain_deadline(struct baton_upgrade *upgrade)
{
	if (upgrade->is_past_deadline)
		return;
	upgrade->is_past_deadline = true;
	upgrade_log(upgrade, LOG_NOTICE, "drain deadline: what is open is closed");
	if (upgrade->options.on_deadline)
		upgrade->options.on_deadline(upgrade, upgrade->options.data);
	set_timer(upgrade, upgrade->options.hammer_ms);
}

void upgrade_drain_end(struct baton_upgrade *upgrade, int status)
{
	if (upgrade->is_ended)
		return;
	upgrade->is_ended = true;
	upgrade->end_status = status;
	ev_timer_stop(upgrade->loop, &upgrade->drain_timer);
	if (upgrade->options.pid_file) {
		int r = pid_file_remove(upgrade->options.pid_file, getpid());

		if (r < 0)
			upgrade_log(upgrade, LOG_WARNING, "cannot remove pid file \"%s\": %s",
				upgrade->options.pid_file, strerrordesc_np(-r));
	}
	ev_feed_event(upgrade->loop, &upgrade->end_asked, EV_CUSTOM);
}

void upgrade_drain_finish(struct baton_upgrade *upgrade)
{
	ev_timer_stop(upgrade->loop, &upgrade->drain_timer);
	ev_clear_pending(upgrade->loop, &upgrade->end_asked);
}
