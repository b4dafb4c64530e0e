/* SPDX-License-Identifier: MIT */
/*
 * Everything a worker is started with: environment, descriptors and arguments,
 * in the form that baton_spawn takes.
 *
 *     struct child_env child;
 *
 *     r = child_env_build(&(struct child_env_input){ ... }, &child, &error);
 *     r = baton_spawn(&child.options, &pid, &pidfd, &error);
 *     child_env_finish(&child);
 */
#ifndef SUPERVISOR_CHILD_ENV_H
#define SUPERVISOR_CHILD_ENV_H

#include <baton/error.h>
#include <baton/spawn.h>

#include "base/env.h"

struct listeners;
struct settings;

/* All borrowed, for the length of the call. */
struct child_env_input {
	const struct settings *settings;
	const struct listeners *listeners;
	unsigned generation;      /* counted from 1 */
	unsigned worker;          /* 0 to worker_count - 1 */
	unsigned worker_count;    /* of the generation; 0: settings->workers */
	const char *program;      /* instead of the command's first word; NULL: that */
	const char *marker;       /* "KEY=VALUE" to tell the worker's family by: see family.h */
	const char *notify_path;  /* for NOTIFY_SOCKET; NULL: none */
	const char *einhorn_path; /* for EINHORN_SOCK_PATH; NULL: none */
	int channel_fd;           /* the worker's end of the baton channel; -1: none */
	int stderr_fd;            /* its standard error; 0: baton's own */
};

struct child_env {
	/* Ready for baton_spawn: the worker leads its own process group. Its workdir, user and
	 * group are the settings', everything else belongs to this structure. */
	struct baton_spawn_options options;
	struct env env;
	char **argv;
	struct baton_spawn_fd *fds; /* the sockets first, socket_count of them */
	size_t socket_count;
};

/*
 * Builds it anew: baton's own environment without what its manager said to
 * baton, the environment file as it is now, the variables of the protocols.
 * Returns 0; -EBADMSG for a malformed environment file, what open(2) said of
 * it, -EINVAL for an unknown {fd:NAME} or {port:NAME}, -ENOMEM. *ret is
 * written on 0 only.
 */
int child_env_build(
	const struct child_env_input *input, struct child_env *ret, struct baton_error *error);

void child_env_finish(struct child_env *child);

#endif
