/* SPDX-License-Identifier: MIT */
/* See program.h. */
#include "reexec/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "process/spawn_program.h"

/* The first that can be executed; the last if there is none, to say so of. */
static char *search(const char *name)
{
	cleanup_free char **candidates = spawn_program_candidates(name, getenv("PATH"));
	size_t i = 0;

	if (!candidates)
		return NULL;
	while (candidates[i + 1] && access(candidates[i], X_OK) == -1)
		i++;
	return strdup(candidates[i]);
}

static char *find_path(const char *directory)
{
	const char *name = program_invocation_name;
	char *path;

	if (*name == '/' || !strchr(name, '/') || !directory)
		return search(name);
	return asprintf(&path, "%s/%s", directory, name) == -1 ? NULL : path;
}

int program_find(struct program *program, const char *directory)
{
	struct stat status;

	*program = (struct program){ .path = find_path(directory) };
	if (!program->path)
		return -ENOMEM;
	if (stat(program->path, &status) == 0) {
		program->device = status.st_dev;
		program->inode = status.st_ino;
		program->changed = status.st_ctim;
	}
	return 0;
}

bool program_is_same(const struct program *program)
{
	struct stat status;

	return stat(program->path, &status) == 0 && status.st_dev == program->device &&
		status.st_ino == program->inode &&
		status.st_ctim.tv_sec == program->changed.tv_sec &&
		status.st_ctim.tv_nsec == program->changed.tv_nsec;
}

void program_finish(struct program *program)
{
	free(take_ptr(&program->path));
}
