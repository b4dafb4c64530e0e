/* SPDX-License-Identifier: MIT */
/* See <baton/upgrade.h>: creation, end, and the public calls, which only ask. */
#include <baton/inherit.h>
#include <baton/upgrade.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/options.h"
#include "base/pid_file.h"
#include "base/workdir.h"
#include "process/upgrade_object.h"

/* Signals, the pid file and the predecessor are the process's: a second object would take the half
 * of what the first one waits for. */
static atomic_flag is_taken = ATOMIC_FLAG_INIT;

static int copy_options(struct baton_upgrade *upgrade, const struct baton_upgrade_options *options,
	struct baton_error *error)
{
	struct baton_upgrade_options *own = &upgrade->options;

	if (options_copy(own, sizeof(*own), options,
		    options_bytes(struct baton_upgrade_options, on_log)) < 0)
		return error_set(error, -EINVAL, "bad size of upgrade options");
	if (!own->argv || !own->argv[0])
		return error_set(error, -EINVAL, "no command line for the next generation");
	if (!own->on_end)
		return error_set(error, -EINVAL, "on_end is required");
	if (own->ready_timeout_ms < 0 || own->drain_timeout_ms < 0 || own->hammer_ms < 0)
		return error_set(error, -EINVAL, "a timeout is negative");
	return 0;
}

static void init_parts(struct baton_upgrade *upgrade)
{
	upgrade->state = BATON_UPGRADE_STARTING;
	upgrade_poll_init(upgrade);
	upgrade_requests_init(upgrade);
	upgrade_listeners_init(upgrade);
	upgrade_starter_init(upgrade);
	upgrade_successor_init(upgrade);
	upgrade_drain_init(upgrade);
	upgrade_manager_init(upgrade);
	upgrade_handoff_init(upgrade);
	upgrade_steer_init(upgrade);
	upgrade_pid1_init(upgrade);
	upgrade_signals_init(upgrade);
}

static int start_parts(struct baton_upgrade *upgrade, struct baton_error *error)
{
	int r = upgrade->loop ? 0 : upgrade_poll_open(upgrade, error);
	if (r < 0)
		return r;
	upgrade->workdir =
		upgrade->options.workdir ? strdup(upgrade->options.workdir) : workdir_name();
	if (!upgrade->workdir)
		return error_set_errno(error, -errno, "cannot name the working directory");
	r = upgrade_starter_open(upgrade, error);
	if (r < 0)
		return r;
	r = upgrade_steer_open(upgrade, error);
	if (r < 0)
		return r;
	r = upgrade_listeners_open(upgrade, error);
	if (r < 0)
		return r;
	/* After what passed sockets to us has been removed from it. */
	r = env_copy(&upgrade->env, environ);
	if (r < 0)
		return error_set_errno(error, r, "cannot copy the environment");
	upgrade_signals_start(upgrade);
	upgrade_poll_update(upgrade);
	return 0;
}

int baton_upgrade_create(struct ev_loop *loop, const struct baton_upgrade_options *options,
	struct baton_upgrade **ret, struct baton_error *error)
{
	if (!ret)
		return error_set(error, -EINVAL, "no place for the result");
	if (atomic_flag_test_and_set(&is_taken))
		return error_set(error, -EBUSY, "there is an upgrade object already");
	struct baton_upgrade *upgrade = calloc(1, sizeof(*upgrade));
	if (!upgrade) {
		atomic_flag_clear(&is_taken);
		return error_set_errno(error, -ENOMEM, "cannot create the upgrade object");
	}

	upgrade->loop = loop;
	int r = copy_options(upgrade, options, error);

	init_parts(upgrade);
	if (r == 0)
		r = start_parts(upgrade, error);
	if (r < 0)
		baton_upgrade_destroy(upgrade);
	else
		*ret = upgrade;
	return r;
}

int baton_upgrade_ready(struct baton_upgrade *upgrade, struct baton_error *error)
{
	int r = 0;

	if (!upgrade)
		return error_set(error, -EINVAL, "no upgrade object");
	/* Nobody would ever say that it has drained. */
	if (!upgrade->options.on_drain && !upgrade->group.actor)
		return error_set(error, -EINVAL, "no on_drain, and no group has joined");
	if (upgrade->state != BATON_UPGRADE_STARTING)
		return 0; /* said before, or told to stop meanwhile: then nobody is replaced */
	r = upgrade_steer_ready(upgrade, error);
	if (r < 0)
		return r;
	upgrade_listeners_report_unclaimed(upgrade);
	if (upgrade->options.pid_file) {
		r = pid_file_write(upgrade->options.pid_file, getpid());
		if (r < 0)
			(void)error_set_errno(error, r, "cannot write pid file \"%s\"",
				upgrade->options.pid_file);
	}
	upgrade_policy_ready(upgrade);
	upgrade_poll_update(upgrade);
	return r;
}

void baton_upgrade_start(struct baton_upgrade *upgrade)
{
	if (upgrade)
		upgrade_requests_add(upgrade, UPGRADE_REQUEST_START);
}

void baton_upgrade_stop(struct baton_upgrade *upgrade)
{
	if (upgrade)
		upgrade_requests_add(upgrade, UPGRADE_REQUEST_STOP);
}

void baton_upgrade_drained(struct baton_upgrade *upgrade)
{
	if (upgrade)
		upgrade_requests_add(upgrade, UPGRADE_REQUEST_DRAINED);
}

enum baton_upgrade_state baton_upgrade_state(const struct baton_upgrade *upgrade)
{
	return upgrade ? upgrade->state : BATON_UPGRADE_DRAINED;
}

unsigned baton_upgrade_generation(const struct baton_upgrade *upgrade)
{
	return upgrade ? upgrade->generation : 0;
}

void baton_upgrade_destroy(struct baton_upgrade *upgrade)
{
	if (!upgrade)
		return;
	upgrade->host.is_abandoned = true;
	if (upgrade->host.depth > 0 || upgrade->poll.is_dispatching)
		return; /* once the callback has returned to the loop: see upgrade_host.c */
	upgrade_group_finish(upgrade);
	upgrade_requests_finish(upgrade);
	upgrade_signals_finish(upgrade);
	upgrade_handoff_finish(upgrade);
	upgrade_successor_finish(upgrade);
	upgrade_starter_finish(upgrade);
	upgrade_drain_finish(upgrade);
	upgrade_manager_finish(upgrade);
	upgrade_pid1_finish(upgrade);
	upgrade_steer_finish(upgrade);
	upgrade_listeners_finish(upgrade);
	upgrade_poll_finish(upgrade);
	env_finish(&upgrade->env);
	free(upgrade->workdir);
	free(upgrade);
	atomic_flag_clear(&is_taken);
}
