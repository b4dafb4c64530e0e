/* SPDX-License-Identifier: MIT */
/* See spawn_program.h. */
#include "process/spawn_program.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What execvp(3) searches when PATH is not set. */
#define DEFAULT_PATH "/bin:/usr/bin"

static size_t count_directories(const char *path)
{
	size_t count = 1;

	for (; *path; path++)
		count += *path == ':';
	return count;
}

/* Room for `count` pointers, a NULL one and `bytes` of text behind them. */
static char **allocate(size_t count, size_t bytes)
{
	return calloc(1, (count + 1) * sizeof(char *) + bytes);
}

char **spawn_program_candidates(const char *name, const char *search_path)
{
	size_t name_bytes = strlen(name) + 1;

	if (strchr(name, '/') || !*name) { /* an empty name is found nowhere: -ENOENT from exec */
		char **single = allocate(1, name_bytes);

		if (single)
			single[0] = memcpy((char *)(single + 2), name, name_bytes);
		return single;
	}
	if (!search_path)
		search_path = DEFAULT_PATH;
	size_t count = count_directories(search_path);
	char **candidates = allocate(count, strlen(search_path) + count * (name_bytes + 1));
	if (!candidates)
		return NULL;
	char *text = (char *)(candidates + count + 1);

	for (size_t i = 0; i < count; i++) {
		size_t length = strcspn(search_path, ":");

		candidates[i] = text;
		memcpy(text, search_path, length);
		text += length;
		if (length) /* an empty element is the current directory */
			*text++ = '/';
		memcpy(text, name, name_bytes);
		text += name_bytes;
		search_path += length + 1;
	}
	return candidates;
}

char **spawn_program_shell_argv(char *const *argv)
{
	static char shell[] = "/bin/sh";
	size_t count = 0;

	while (argv[count])
		count++;
	char **shell_argv = allocate(count + 1, 0);
	if (!shell_argv)
		return NULL;
	shell_argv[0] = shell;
	for (size_t i = 1; i < count; i++)
		shell_argv[i + 1] = argv[i];
	return shell_argv;
}
