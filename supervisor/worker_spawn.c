/* SPDX-License-Identifier: MIT */
/* See worker_spawn.h. */
#include "worker_spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <baton/spawn.h>

#include "adopt/adopt.h"
#include "adopt/broker.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "capture.h"
#include "child_env.h"
#include "generation.h"
#include "process/channel.h"
#include "process/spawn_filter.h"
#include "runtime.h"
#include "settings.h"
#include "setup.h"
#include "socket/inherit_protocol.h"
#include "worker.h"
#include "worker_family.h"

static int add_socket(struct worker *worker, ino_t inode)
{
	size_t count = worker->sockets.count;
	ino_t *inodes = reallocarray(worker->inodes, count + 1, sizeof(*inodes));

	if (!inodes)
		return -ENOMEM;
	inodes[count] = inode;
	worker->inodes = inodes;
	worker->sockets = (struct waiting_sockets){ inodes, count + 1 };
	return 0;
}

void worker_forget_sockets(struct worker *worker)
{
	free(take_ptr(&worker->inodes));
	worker->sockets = (struct waiting_sockets){ NULL, 0 };
}

/* Notes the sockets that the child is given. */
static int note_sockets(struct worker *worker, const struct child_env *child)
{
	struct stat status;
	int r = 0;

	worker_forget_sockets(worker);
	for (size_t i = 0; r == 0 && i < child->socket_count; i++)
		r = fstat(child->fds[i].from, &status) == -1 ? -errno
							     : add_socket(worker, status.st_ino);
	return r;
}

static void on_claim(ino_t socket, void *data)
{
	(void)add_socket(data, socket); /* without memory its readiness may not be seen */
}

/* The command that probes a worker has its environment, but is none of its processes. */
static int note_probe_env(struct worker *worker, const struct child_env *child)
{
	if (worker->generation->settings->ready.kind != READINESS_EXEC)
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
	int r = note_sockets(worker, child);
	if (r == 0)
		r = note_probe_env(worker, child);
	return r < 0 ? error_set_errno(error, r, "cannot tell when a worker is ready") : 0;
}

/* Under the filter, and with who answers what it asks for. */
static int spawn_adopted(
	struct worker *worker, const struct child_env *child, struct baton_error *error)
{
	struct runtime *runtime = worker->generation->runtime;
	struct filter filter;
	struct spawned spawned;

	adopt_build_filter(runtime->adopt, &filter);
	int r = spawn_filtered(&child->options, &filter.program, &spawned, error);
	if (r < 0)
		return r;
	worker->pid = spawned.pid;
	worker->pidfd = spawned.pidfd;
	worker->family->broker = broker_create(spawned.notifications,
		&(struct broker_options){
			.loop = runtime->loop,
			.adopt = runtime->adopt,
			.where = worker_where(worker),
			.family = &worker->family->processes,
			.on_claim = on_claim,
			.data = worker,
		});
	return worker->family->broker ? 0
				      : error_set_errno(error, -ENOMEM, "cannot start a worker");
}

/* Where each generation has sockets of its own: in the place of the listeners'. */
static int give_own_sockets(
	struct worker *worker, struct child_env *child, struct baton_error *error)
{
	struct own_sockets *own = &worker->generation->runtime->own_sockets;
	unsigned generation = worker->generation->number;
	int r = own_sockets_open(own, generation, error);

	for (size_t i = 0; r == 0 && i < child->socket_count; i++)
		child->fds[i].from = own_sockets_find(own, generation, child->fds[i].from);
	return r;
}

/* The worker's end of what it is to have for its standard error; 0 if that is baton's own; or
 * -errno. */
static int open_capture(struct worker *worker)
{
	struct runtime *runtime = worker->generation->runtime;
	int theirs;

	capture_leave(take_ptr(&worker->capture));
	if (!worker->generation->settings->capture)
		return 0;
	int r = capture_create(
		&runtime->captures, runtime->loop, STDERR_FILENO, &worker->capture, &theirs);

	return r < 0 ? r : theirs;
}

/* Starts the process, whose ends of channel (-1: none) and capture (0: none) are given. */
static int run_command(struct worker *worker, int channel, int capture, struct baton_error *error)
{
	struct runtime *runtime = worker->generation->runtime;
	struct child_env child;
	int r = child_env_build(
		&(struct child_env_input){
			.settings = worker->generation->settings,
			.listeners = &worker->generation->setup->listeners,
			.generation = worker->generation->number,
			.worker = worker->index,
			.worker_count = worker->generation->worker_count,
			.program = worker->generation->program,
			.marker = worker->family->marker,
			.notify_path = runtime->notify.address,
			.einhorn_path = runtime->einhorn.fd >= 0 ? runtime->einhorn.path : NULL,
			.channel_fd = channel,
			.stderr_fd = capture,
		},
		&child, error);
	if (r < 0)
		return r;
	r = give_own_sockets(worker, &child, error);
	if (r == 0)
		r = note_readiness(worker, &child, error);
	if (r == 0 && runtime->adopt)
		r = spawn_adopted(worker, &child, error);
	else if (r == 0)
		r = baton_spawn(&child.options, &worker->pid, &worker->pidfd, error);
	child_env_finish(&child);
	return r;
}

/* Whether the command is found from the directory: what is left of an old one has an old
 * command. */
static bool is_relative(const char *command)
{
	return command[0] != '/' && strchr(command, '/');
}

static const char *program_of(const struct worker *worker)
{
	return worker->generation->program ? worker->generation->program
					   : worker->generation->settings->command[0];
}

int worker_spawn(struct worker *worker, struct baton_error *error)
{
	struct runtime *runtime = worker->generation->runtime;
	struct log_where at = worker_where(worker);
	cleanup_fd int theirs = -1;
	cleanup_fd int capture = -1;
	int r = 0;

	worker->family = worker_family_create(runtime);
	if (!worker->family)
		return error_set_errno(error, -ENOMEM, "cannot start a worker");
	if (worker->generation->settings->protocols & INHERIT_BATON)
		r = channel_pair(&worker->channel, &theirs);
	if (r < 0)
		return error_set_errno(error, r, "cannot make a channel");
	r = open_capture(worker);
	if (r < 0)
		return error_set_errno(error, r, "cannot capture what a worker says");
	capture = r > 0 ? r : -1;
	r = own_directory_enter(&runtime->directory);
	if (r < 0 && is_relative(program_of(worker)))
		return error_set_errno(error, r, "cannot enter \"%s\"", runtime->directory.name);
	if (r < 0)
		log_warning(&at, "cannot enter \"%s\" anew: %s", runtime->directory.name,
			strerrordesc_np(-r));
	r = run_command(worker, theirs, capture > 0 ? capture : 0, error);
	own_directory_leave(&runtime->directory);
	return r;
}
