/* SPDX-License-Identifier: MIT */
/* See worker_spawn.h. */
#include "worker_spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <baton/spawn.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "child_env.h"
#include "generation.h"
#include "listeners.h"
#include "process/channel.h"
#include "runtime.h"
#include "settings.h"
#include "socket/inherit_protocol.h"
#include "worker.h"
#include "worker_family.h"

/* Notes the inodes of the sockets that the child is given. */
static int note_inodes(struct worker *worker, const struct child_env *child)
{
	struct stat status;

	free(worker->inodes);
	worker->inodes = calloc(child->options.fd_count + 1, sizeof(*worker->inodes));
	worker->inode_count = 0;
	if (!worker->inodes)
		return -ENOMEM;
	for (size_t i = 0; i < child->socket_count; i++) {
		if (fstat(child->fds[i].from, &status) == -1)
			return -errno;
		worker->inodes[worker->inode_count++] = status.st_ino;
	}
	return 0;
}

/* The command that probes a worker has its environment, but is none of its processes. */
static int note_probe_env(struct worker *worker, const struct child_env *child)
{
	if (worker->generation->runtime->settings->ready.kind != READINESS_EXEC)
		return 0;
	int r = env_copy(&worker->probe_env, child->env.entries);

	inherit_forget(&worker->probe_env);
	return r < 0 ? r
		     : env_setf(&worker->probe_env, "BATON_GENERATION", "%u",
			       worker->generation->number);
}

static int note_readiness(
	struct worker *worker, const struct child_env *child, struct baton_error *error)
{
	int r = note_inodes(worker, child);
	if (r == 0)
		r = note_probe_env(worker, child);
	return r < 0 ? error_set_errno(error, r, "cannot tell when a worker is ready") : 0;
}

/* Starts the process, whose end of the channel is theirs (-1: none). */
static int run_command(struct worker *worker, int theirs, struct baton_error *error)
{
	struct runtime *runtime = worker->generation->runtime;
	struct child_env child;
	int r = child_env_build(
		&(struct child_env_input){
			.settings = runtime->settings,
			.listeners = runtime->listeners,
			.generation = worker->generation->number,
			.worker = worker->index,
			.marker = worker->family->marker,
			.notify_path = runtime->notify.address,
			.einhorn_path = runtime->einhorn.fd >= 0 ? runtime->einhorn.path : NULL,
			.channel_fd = theirs,
		},
		&child, error);
	if (r < 0)
		return r;
	r = note_readiness(worker, &child, error);
	if (r == 0)
		r = baton_spawn(&child.options, &worker->pid, &worker->pidfd, error);
	child_env_finish(&child);
	return r;
}

/* Whether the command is found from the directory: what is left of an old one has an old command. */
static bool is_relative(const char *command)
{
	return command[0] != '/' && strchr(command, '/');
}

int worker_spawn(struct worker *worker, struct baton_error *error)
{
	struct runtime *runtime = worker->generation->runtime;
	struct log_where at = worker_where(worker);
	cleanup_fd int theirs = -1;
	int r = 0;

	worker->family = worker_family_create(runtime);
	if (!worker->family)
		return error_set_errno(error, -ENOMEM, "cannot start a worker");
	if (runtime->settings->protocols & INHERIT_BATON)
		r = channel_pair(&worker->channel, &theirs);
	if (r < 0)
		return error_set_errno(error, r, "cannot make a channel");
	r = own_directory_enter(&runtime->directory);
	if (r < 0 && is_relative(runtime->settings->command[0]))
		return error_set_errno(error, r, "cannot enter \"%s\"", runtime->directory.name);
	if (r < 0)
		log_warning(&at, "cannot enter \"%s\" anew: %s", runtime->directory.name,
			strerrordesc_np(-r));
	r = run_command(worker, theirs, error);
	own_directory_leave(&runtime->directory);
	return r;
}
