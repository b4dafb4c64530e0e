/* SPDX-License-Identifier: MIT */
/* See upgrade_requests.h. */
#include "process/upgrade_requests.h"

#include <baton/upgrade.h>

#include "base/container.h"
#include "process/upgrade_object.h"

static void on_fed(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct baton_upgrade *upgrade = container_of(w, struct baton_upgrade, requests.watcher);
	unsigned wanted = upgrade->requests.wanted;

	(void)loop;
	(void)revents;
	upgrade->requests.wanted = 0;
	if (wanted & UPGRADE_REQUEST_DESTROY) {
		baton_upgrade_destroy(upgrade);
		return;
	}
	if (wanted & UPGRADE_REQUEST_STOP)
		upgrade_policy_stop(upgrade);
	if (wanted & UPGRADE_REQUEST_START)
		upgrade_policy_upgrade(upgrade);
	if (wanted & UPGRADE_REQUEST_COMPLETE)
		upgrade_handoff_complete(upgrade);
	if (wanted & UPGRADE_REQUEST_DRAINED)
		upgrade_policy_host_drained(upgrade);
	if (wanted & UPGRADE_REQUEST_END) /* nothing may follow: it may destroy the object */
		upgrade_host_end(upgrade, upgrade->drain.status);
}

void upgrade_requests_init(struct baton_upgrade *upgrade)
{
	ev_timer_init(&upgrade->requests.watcher, on_fed, 0, 0);
}

void upgrade_requests_add(struct baton_upgrade *upgrade, enum upgrade_request request)
{
	upgrade->requests.wanted |= request;
	ev_feed_event(upgrade->loop, &upgrade->requests.watcher, EV_CUSTOM);
	upgrade_poll_update(upgrade);
}

void upgrade_requests_finish(struct baton_upgrade *upgrade)
{
	ev_clear_pending(upgrade->loop, &upgrade->requests.watcher);
}
