/* SPDX-License-Identifier: MIT */
/* See <baton/walk.h>. */
#include <baton/walk.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A directory that is being read. */
struct level {
	DIR *dir;
	size_t path_size; /* of the path that leads to it, with the '/' behind it */
};

struct baton_walk {
	struct baton_context *context; /* a reference */
	struct level *levels;          /* the innermost last */
	unsigned count, capacity;
	char *path; /* of the entry told of last */
	size_t path_capacity;
	struct stat stat;
	bool enters; /* that entry is a directory, and the next to be read */
};

static int push(struct baton_walk *walk, DIR *dir, size_t path_size)
{
	if (walk->count == walk->capacity) {
		unsigned capacity = walk->capacity ? walk->capacity * 2 : 4;
		struct level *levels = realloc(walk->levels, capacity * sizeof(*levels));

		if (!levels)
			return -ENOMEM;
		walk->levels = levels;
		walk->capacity = capacity;
	}
	walk->levels[walk->count++] = (struct level){ dir, path_size };
	return 0;
}

static void pop(struct baton_walk *walk)
{
	(void)closedir(walk->levels[--walk->count].dir); /* a valid one: cannot fail */
}

/* Makes the path that of a name in the innermost directory. */
static int set_path(struct baton_walk *walk, const char *name)
{
	size_t start = walk->levels[walk->count - 1].path_size;
	size_t size = strlen(name);

	if (start + size + 2 > walk->path_capacity) {
		size_t capacity = 2 * (start + size + 2);
		char *path = realloc(walk->path, capacity);

		if (!path)
			return -ENOMEM;
		walk->path = path;
		walk->path_capacity = capacity;
	}
	memcpy(walk->path + start, name, size + 1);
	return 0;
}

/* fdopendir, which owns the descriptor whatever it returns. */
static int open_dir(int take, DIR **ret)
{
	cleanup_fd int fd = take;
	DIR *dir = fdopendir(fd);

	if (!dir)
		return -errno;
	(void)take_fd(&fd); /* it is the directory's */
	*ret = dir;
	return 0;
}

int baton_walk_open(int take, struct baton_context *context, struct baton_walk **ret)
{
	cleanup_fd int fd = take;
	DIR *dir = NULL;

	if (!context || !ret)
		return -EINVAL;
	int r = open_dir(take_fd(&fd), &dir);
	if (r < 0)
		return r;

	struct baton_walk *walk = calloc(1, sizeof(*walk));
	if (!walk || push(walk, dir, 0) < 0) {
		(void)closedir(dir);
		free(walk);
		return -ENOMEM;
	}
	walk->context = baton_context_ref(context);
	*ret = walk;
	return 0;
}

static const char *name_of(const struct baton_walk *walk, unsigned depth)
{
	return walk->path + walk->levels[depth].path_size;
}

/* An entry of the directory at this depth. */
static int tell(struct baton_walk *walk, unsigned depth, int error, struct baton_walk_entry *ret)
{
	*ret = (struct baton_walk_entry){
		.path = walk->path,
		.name = name_of(walk, depth),
		.depth = depth,
		.error = error,
		.stat = error ? NULL : &walk->stat,
	};
	return 1;
}

/* Goes into the directory told of last. 0, or -errno. */
static int enter(struct baton_walk *walk)
{
	struct level *level = &walk->levels[walk->count - 1];
	size_t size = strlen(walk->path);
	DIR *dir = NULL;
	/* It may be another thing by now. */
	int fd = openat(dirfd(level->dir), name_of(walk, walk->count - 1),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	int r = open_dir(fd, &dir);
	if (r < 0)
		return r;
	r = push(walk, dir, size + 1);
	if (r < 0) {
		(void)closedir(dir);
		return r;
	}
	walk->path[size] = '/'; /* set_path has left room */
	walk->path[size + 1] = '\0';
	return 0;
}

/* Cannot be read on: told of as an entry of the one around it, if there is one. */
static int give_up(struct baton_walk *walk, int error, struct baton_walk_entry *ret)
{
	size_t size = walk->levels[walk->count - 1].path_size;

	pop(walk);
	if (walk->count == 0) {
		*ret = (struct baton_walk_entry){ .path = "", .name = "", .error = error };
		return 1;
	}
	walk->path[size - 1] = '\0';
	return tell(walk, walk->count - 1, error, ret);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int read_entry(
	struct baton_walk *walk, const struct dirent *dirent, struct baton_walk_entry *ret)
{
	int fd = dirfd(walk->levels[walk->count - 1].dir);
	int r = set_path(walk, dirent->d_name);

	if (r < 0)
		return r;
	if (fstatat(fd, dirent->d_name, &walk->stat, AT_SYMLINK_NOFOLLOW) == -1)
		return tell(walk, walk->count - 1, -errno, ret);
	walk->enters = S_ISDIR(walk->stat.st_mode);
	return tell(walk, walk->count - 1, 0, ret);
}

int baton_walk_next(struct baton_walk *walk, struct baton_walk_entry *ret)
{
	int r = walk && ret ? baton_context_err(walk->context) : -EINVAL;

	if (r < 0)
		return r;
	if (walk->enters) {
		walk->enters = false;
		r = enter(walk);
		if (r < 0)
			return r == -ENOMEM ? r : tell(walk, walk->count - 1, r, ret);
	}
	while (walk->count) {
		errno = 0;
		struct dirent *dirent = readdir(walk->levels[walk->count - 1].dir);

		if (!dirent && errno)
			return give_up(walk, -errno, ret);
		if (!dirent)
			pop(walk);
		else if (!is_dots(dirent->d_name))
			return read_entry(walk, dirent, ret);
	}
	return 0;
}

void baton_walk_skip(struct baton_walk *walk)
{
	walk->enters = false;
}

void baton_walk_close(struct baton_walk *walk)
{
	if (!walk)
		return;
	while (walk->count)
		pop(walk);
	baton_context_unref(walk->context);
	free(walk->levels);
	free(walk->path);
	free(walk);
}
