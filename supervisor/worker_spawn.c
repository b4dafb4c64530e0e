/* SPDX-License-Identifier: MIT */
/* See worker_spawn.h. */
#include "worker_spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <baton/spawn.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "child_env.h"
#include "generation.h"
#include "kin.h"
#include "listeners.h"
#include "process/channel.h"
#include "runtime.h"
#include "settings.h"
#include "socket/inherit_protocol.h"
#include "worker.h"

int worker_spawn(struct worker *worker, struct baton_error *error)
{
	struct runtime *runtime = worker->generation->runtime;
	cleanup_fd int theirs = -1;
	struct child_env child;
	int r = 0;

	worker->kin = kin_create(runtime);
	if (!worker->kin)
		return error_set_errno(error, -ENOMEM, "cannot start a worker");
	if (runtime->settings->protocols & INHERIT_BATON)
		r = channel_pair(&worker->channel, &theirs);
	if (r < 0)
		return error_set_errno(error, r, "cannot make a channel");
	r = child_env_build(
		&(struct child_env_input){
			.settings = runtime->settings,
			.listeners = runtime->listeners,
			.generation = worker->generation->number,
			.worker = worker->index,
			.marker = worker->kin->marker,
			.notify_path = runtime->notify.address,
			.einhorn_path = runtime->einhorn.fd >= 0 ? runtime->einhorn.path : NULL,
			.channel_fd = theirs,
		},
		&child, error);
	if (r < 0)
		return r;
	r = baton_spawn(&child.options, &worker->pid, &worker->pidfd, error);
	child_env_finish(&child);
	return r;
}

int worker_list_inodes(struct worker *worker, size_t *ret_count)
{
	struct runtime *runtime = worker->generation->runtime;
	size_t room = listeners_socket_count(runtime->listeners);
	cleanup_free struct inherit_socket *sockets = calloc(room + 1, sizeof(*sockets));
	cleanup_free int *fds = calloc(room + 1, sizeof(*fds));
	struct stat status;

	free(worker->inodes);
	worker->inodes = calloc(room + 1, sizeof(*worker->inodes));
	if (!worker->inodes || !sockets || !fds)
		return -ENOMEM;
	size_t count = listeners_of_worker(
		runtime->listeners, worker->index, worker->generation->worker_count, sockets, fds);

	for (size_t i = 0; i < count; i++) {
		if (fstat(fds[i], &status) == -1)
			return -errno;
		worker->inodes[i] = status.st_ino;
	}
	*ret_count = count;
	return 0;
}
