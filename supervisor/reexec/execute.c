/* SPDX-License-Identifier: MIT */
/* See execute.h. */
#include "reexec/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/error.h"
#include "base/fd.h"
#include "log.h"
#include "reexec/state.h"
#include "reexec/state_file.h"
#include "reexec/state_shapes.h"

static int set_cloexec(int fd, void *data)
{
	return fd_set_cloexec(fd, *(const bool *)data);
}

int execute_set_cloexec(const struct state *state, bool on)
{
	return fields_each_fd(&state_shape, state, set_cloexec, &on);
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

/* The program at the path, or open as fd if that is NULL, finds the value. Returns -errno. */
static int exec_with(const char *path, int fd, char *const *argv, const char *value)
{
	cleanup_free char **words = build_argv(argv);
	struct env env = ENV_INIT;
	int r = words ? env_copy(&env, environ) : -ENOMEM;

	if (r == 0)
		r = env_set(&env, EXECUTE_VARIABLE, value);
	if (r == 0) {
		if (path)
			(void)execve(path, words, env.entries);
		else
			(void)fexecve(fd, words, env.entries);
		r = -errno;
	}
	env_finish(&env);
	return r;
}

enum { VALUE_SIZE = 32 };

/* Both are open in the new program. Returns -errno. */
static int exec_new(const char *program, char *const *argv, int state, int old)
{
	char value[VALUE_SIZE];
	int r = fd_set_cloexec(state, false);

	if (r == 0)
		r = fd_set_cloexec(old, false);
	(void)snprintf(value, sizeof(value), "%d:%d", state, old); /* fits */
	return r < 0 ? r : exec_with(program, -1, argv, value);
}

int execute(const char *program, char *const *argv, const struct state *state,
	struct baton_error *error)
{
	cleanup_fd int file = state_file_write(state, error);
	cleanup_fd int old = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return file;
	if (old == -1)
		return error_set_errno(error, -errno, "cannot open /proc/self/exe");
	int r = execute_set_cloexec(state, false);
	if (r == 0)
		r = exec_new(program, argv, file, old);
	(void)execute_set_cloexec(state, true); /* they are open: only -EBADF could be */
	return error_set_errno(error, r, "cannot execute %s", program);
}

/* A number of a descriptor, and nothing else up to the end of it. */
static bool parse_fd(const char *text, char **ret_end, int *ret)
{
	long value = strtol(text, ret_end, 10);

	*ret = (int)value;
	return *ret_end > text && value >= FD_FIRST && value == *ret;
}

static bool parse(const char *value, struct execute_legacy *ret)
{
	char *end;

	ret->old = -1;
	if (!parse_fd(value, &end, &ret->state) ||
		(*end == ':' && !parse_fd(end + 1, &end, &ret->old)))
		return false;
	return *end == '\0' && state_file_is_one(ret->state);
}

bool execute_find_legacy(struct execute_legacy *ret)
{
	const char *value = getenv(EXECUTE_VARIABLE);

	if (!value)
		return false;
	bool is_found = parse(value, ret);

	if (!is_found)
		log_warning(NULL, "$%s is for baton itself, and \"%.40s\" is ignored",
			EXECUTE_VARIABLE, value);
	(void)unsetenv(EXECUTE_VARIABLE); /* cannot fail for a valid name */
	if (is_found && fd_set_cloexec(ret->state, true) == 0 && ret->old >= 0)
		(void)fd_set_cloexec(ret->old, true); /* it is one, or is not executed anyway */
	return is_found;
}

int execute_back(const struct execute_legacy *legacy, char *const *argv)
{
	char value[VALUE_SIZE];
	int r = fd_set_cloexec(legacy->state, false);

	(void)snprintf(value, sizeof(value), "%d", legacy->state); /* fits */
	return r < 0 ? r : exec_with(NULL, legacy->old, argv, value);
}
