/* SPDX-License-Identifier: MIT */
/* See upgrade_host.h. */
#include "process/upgrade_host.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "process/steer.h"
#include "process/upgrade_object.h"

static void enter(struct baton_upgrade *upgrade)
{
	upgrade->host.depth++;
}

static void leave(struct baton_upgrade *upgrade)
{
	upgrade->host.depth--;
	/* Not here: whoever had the host called goes on with the object. */
	if (upgrade->host.depth == 0 && upgrade->host.is_abandoned)
		upgrade_requests_add(upgrade, UPGRADE_REQUEST_DESTROY);
}

void upgrade_host_log(struct baton_upgrade *upgrade, int level, const char *format, ...)
{
	char text[512];
	int saved = errno;
	va_list args;

	if (!upgrade->options.on_log || upgrade->host.is_abandoned)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* cut if too long */
	va_end(args);
	enter(upgrade);
	upgrade->options.on_log(level, text, upgrade->options.data);
	leave(upgrade);
	errno = saved;
}

void upgrade_host_signal(struct baton_upgrade *upgrade, int signal, enum baton_upgrade_hook hook)
{
	if (!upgrade->options.on_signal || upgrade->host.is_abandoned)
		return;
	enter(upgrade);
	upgrade->options.on_signal(upgrade, signal, hook, upgrade->options.data);
	leave(upgrade);
}

void upgrade_host_drain(struct baton_upgrade *upgrade)
{
	if (!upgrade->options.on_drain || upgrade->host.is_abandoned)
		return;
	enter(upgrade);
	upgrade->options.on_drain(upgrade, upgrade->options.data);
	leave(upgrade);
}

void upgrade_host_deadline(struct baton_upgrade *upgrade)
{
	if (!upgrade->options.on_deadline || upgrade->host.is_abandoned)
		return;
	enter(upgrade);
	upgrade->options.on_deadline(upgrade, upgrade->options.data);
	leave(upgrade);
}

void upgrade_host_handoff(struct baton_upgrade *upgrade, baton_upgrade_fn callback)
{
	if (!callback || upgrade->host.is_abandoned)
		return;
	enter(upgrade);
	callback(upgrade, upgrade->handoff.options.data);
	leave(upgrade);
}

void upgrade_host_passed(struct baton_upgrade *upgrade, void *cookie, int result)
{
	const struct baton_handoff_options *options = &upgrade->handoff.options;

	if (upgrade->host.is_abandoned)
		return;
	enter(upgrade);
	options->on_passed(upgrade, cookie, result, options->data);
	leave(upgrade);
}

int upgrade_host_connection(
	struct baton_upgrade *upgrade, const struct baton_handoff_connection *connection)
{
	const struct baton_handoff_options *options = &upgrade->handoff.options;

	if (upgrade->host.is_abandoned)
		return -ESHUTDOWN;
	enter(upgrade);
	int r = options->on_connection(upgrade, connection, options->data);

	leave(upgrade);
	return r;
}

void upgrade_host_readable(struct baton_upgrade *upgrade, struct baton_steer *steer, int fd)
{
	if (upgrade->host.is_abandoned)
		return;
	enter(upgrade);
	steer->on_readable(steer, fd, steer->data);
	leave(upgrade);
}

void upgrade_host_end(struct baton_upgrade *upgrade, int status)
{
	if (!upgrade->host.is_abandoned)
		upgrade->options.on_end(upgrade, status, upgrade->options.data);
}
