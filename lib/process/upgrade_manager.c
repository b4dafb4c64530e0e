/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told, sd_notify(3). During an upgrade:
 *
 *     we:        RELOADING=1, MONOTONIC_USEC        SIGHUP came
 *     we:        MAINPID=the successor              it accepts
 *     successor: READY=1, MAINPID=itself            we told it that this was said
 *
 * or READY=1 and the reason in STATUS from us if it failed, which is all that
 * the protocol has for a failed reload.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <baton/notify.h>

#include "base/container.h"
#include "base/error.h"
#include "process/notify_explain.h"
#include "process/upgrade_object.h"

/* Beyond the drain and the hammer, for the end itself. */
enum { STOP_MARGIN_MS = 1000, STATUS_TEXT_SIZE = 128 };

static void check_sent(struct baton_upgrade *upgrade, int r)
{
	struct baton_error error;

	if (r < 0 && notify_explain(r, &error) < 0)
		upgrade_host_log(
			upgrade, LOG_WARNING, "cannot tell the service manager: %s", error.text);
}

static void on_watchdog(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	(void)baton_notify("WATCHDOG=1"); /* the next one is soon */
}

void upgrade_manager_init(struct baton_upgrade *upgrade)
{
	/* Twice as often as is asked for, as sd_watchdog_enabled(3) advises. */
	double interval = (double)baton_notify_watchdog_usec() / 1e6 / 2;

	ev_timer_init(&upgrade->manager.watchdog, on_watchdog, 0, interval);
}

int upgrade_manager_pass_on(const struct baton_upgrade *upgrade, struct env *env)
{
	const char *socket = env_get(&upgrade->env, "NOTIFY_SOCKET");
	const char *watchdog = env_get(&upgrade->env, "WATCHDOG_USEC");
	int r = 0;

	if (socket)
		r = env_set(env, "NOTIFY_SOCKET", socket);
	/* Without WATCHDOG_PID it is meant for whoever has it: the successor's pid is not known. */
	if (r == 0 && watchdog && upgrade->manager.watchdog.repeat > 0)
		r = env_set(env, "WATCHDOG_USEC", watchdog);
	return r;
}

void upgrade_manager_ready(struct baton_upgrade *upgrade)
{
	check_sent(upgrade,
		baton_notifyf("READY=1\nMAINPID=%d\nSTATUS=generation %u serves", getpid(),
			upgrade->generation));
	if (upgrade->manager.watchdog.repeat > 0)
		ev_timer_again(upgrade->loop, &upgrade->manager.watchdog);
}

void upgrade_manager_reloading(struct baton_upgrade *upgrade)
{
	check_sent(upgrade, baton_notify_reloading());
}

void upgrade_manager_failed(struct baton_upgrade *upgrade, const char *reason)
{
	check_sent(upgrade, baton_notifyf("READY=1\nSTATUS=upgrade failed: %s", reason));
}

void upgrade_manager_status(struct baton_upgrade *upgrade, const char *format, ...)
{
	char text[STATUS_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* cut if too long */
	va_end(args);
	check_sent(upgrade, baton_notifyf("STATUS=%s", text));
}

void upgrade_manager_main(struct baton_upgrade *upgrade, pid_t pid)
{
	check_sent(upgrade, baton_notifyf("MAINPID=%d", pid));
	ev_timer_stop(upgrade->loop, &upgrade->manager.watchdog);
}

void upgrade_manager_stopping(struct baton_upgrade *upgrade)
{
	int64_t ms = (int64_t)upgrade->options.drain_timeout_ms + upgrade->options.hammer_ms +
		STOP_MARGIN_MS;

	check_sent(upgrade,
		baton_notifyf("STOPPING=1\nSTATUS=drains\nEXTEND_TIMEOUT_USEC=%lld",
			(long long)ms * 1000));
}

void upgrade_manager_finish(struct baton_upgrade *upgrade)
{
	ev_timer_stop(upgrade->loop, &upgrade->manager.watchdog);
}
