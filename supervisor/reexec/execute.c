/* SPDX-License-Identifier: MIT */
/* See execute.h. */
#include "reexec/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/error.h"
#include "base/fd.h"
#include "reexec/state.h"
#include "reexec/state_file.h"
#include "reexec/state_shapes.h"

char *execute_find(const char *directory)
{
	const char *name = program_invocation_name;
	char *path;

	/* Without any '/' it is looked for in $PATH, as it was by whoever started us. */
	if (*name == '/' || !strchr(name, '/') || !directory)
		return strdup(name);
	return asprintf(&path, "%s/%s", directory, name) == -1 ? NULL : path;
}

static int set_cloexec(int fd, void *data)
{
	return fd_set_cloexec(fd, *(const bool *)data);
}

static int keep_open(const struct state *state, bool on)
{
	bool is_cloexec = !on;

	return fields_each_fd(&state_shape, state, set_cloexec, &is_cloexec);
}

/* The words of `run` behind the name of the program. The caller's. */
static char **build_argv(char *const *argv)
{
	size_t count = 0;

	while (argv[count])
		count++;
	char **ret = calloc(count + 2, sizeof(*ret));

	if (!ret)
		return NULL;
	ret[0] = program_invocation_name;
	memcpy(ret + 1, argv, count * sizeof(*ret));
	return ret;
}

/* Both are open in the new program. Returns -errno. */
static int exec_with(const char *program, char *const *argv, int state, int old)
{
	cleanup_free char **words = build_argv(argv);
	struct env env = ENV_INIT;
	int r = words ? env_copy(&env, environ) : -ENOMEM;

	if (r == 0)
		r = env_setf(&env, EXECUTE_VARIABLE, "%d:%d", state, old);
	if (r == 0) {
		(void)execvpe(program, words, env.entries);
		r = -errno;
	}
	env_finish(&env);
	return r;
}

int execute(const char *program, char *const *argv, const struct state *state,
	struct baton_error *error)
{
	cleanup_fd int file = state_file_write(state, error);
	cleanup_fd int old = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return file;
	int r = old == -1 ? -errno : keep_open(state, true);
	if (r == 0)
		r = fd_set_cloexec(file, false);
	if (r == 0)
		r = fd_set_cloexec(old, false);
	if (r == 0)
		r = exec_with(program, argv, file, old);
	(void)keep_open(state, false); /* they are open: only -EBADF could be */
	return error_set_errno(error, r, "cannot execute %s", program);
}

int execute_back(int fd, int state, char *const *argv)
{
	cleanup_free char **words = build_argv(argv);
	struct env env = ENV_INIT;
	int r = words ? env_copy(&env, environ) : -ENOMEM;

	if (r == 0)
		r = env_setf(&env, EXECUTE_VARIABLE, "%d", state);
	if (r == 0) {
		(void)fexecve(fd, words, env.entries);
		r = -errno;
	}
	env_finish(&env);
	return r;
}
