/* SPDX-License-Identifier: MIT */
/* See manager.h; the protocol is that of sd_notify(3). */
#include "manager.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <baton/notify.h>

#include "base/container.h"
#include "base/error.h"
#include "log.h"
#include "process/notify_explain.h"

/* How much longer than its own deadline baton asks the manager to wait: the hammer needs a
 * moment. */
enum { GRACE_MS = 5000, STATUS_SIZE = 512 };

/* Takes what baton_notify returned. */
static void sent(struct manager *manager, int result)
{
	struct baton_error error;

	if (result < 0 && !manager->is_failing && notify_explain(result, &error) < 0)
		log_warning(NULL, "cannot notify the service manager: %s", error.text);
	manager->is_failing = result < 0;
}

static void on_watchdog_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct manager *manager = container_of(w, struct manager, watchdog);

	(void)loop;
	(void)revents;
	sent(manager, baton_notify("WATCHDOG=1"));
}

void manager_init(struct manager *manager, struct ev_loop *loop)
{
	ev_tstamp half = (ev_tstamp)baton_notify_watchdog_usec() / 2e6;

	*manager = (struct manager){ .loop = loop };
	ev_timer_init(&manager->watchdog, on_watchdog_timer, half, half);
	if (half > 0)
		ev_timer_start(loop, &manager->watchdog);
}

void manager_go_on(struct manager *manager)
{
	if (ev_is_active(&manager->watchdog))
		sent(manager, baton_notify("WATCHDOG=1"));
}

void manager_finish(struct manager *manager)
{
	ev_timer_stop(manager->loop, &manager->watchdog);
}

void manager_starting(struct manager *manager, int timeout_ms)
{
	sent(manager,
		baton_notifyf("EXTEND_TIMEOUT_USEC=%lld\nSTATUS=starting",
			(timeout_ms + GRACE_MS) * 1000LL));
}

/* The time counts from the reload's beginning, so it is asked for after that was told. */
void manager_reloading(struct manager *manager, long long timeout_ms, unsigned generation)
{
	sent(manager, baton_notify_reloading());
	sent(manager,
		baton_notifyf("EXTEND_TIMEOUT_USEC=%lld\nSTATUS=starting generation %u",
			(timeout_ms + GRACE_MS) * 1000LL, generation));
}

/* Sends prefix and then the status line. */
__attribute__((format(printf, 3, 0))) static void send_status(
	struct manager *manager, const char *prefix, const char *status, va_list args)
{
	char text[STATUS_SIZE];

	(void)vsnprintf(text, sizeof(text), status, args); /* cut if too long */
	sent(manager, baton_notifyf("%sSTATUS=%s", prefix, text));
}

void manager_ready(struct manager *manager, const char *status, ...)
{
	va_list args;

	va_start(args, status);
	send_status(manager, "READY=1\n", status, args);
	va_end(args);
}

void manager_status(struct manager *manager, const char *status, ...)
{
	va_list args;

	va_start(args, status);
	send_status(manager, "", status, args);
	va_end(args);
}

void manager_stopping(struct manager *manager, int timeout_ms)
{
	sent(manager,
		baton_notifyf("STOPPING=1\nEXTEND_TIMEOUT_USEC=%lld\nSTATUS=draining",
			(timeout_ms + GRACE_MS) * 1000LL));
}
