/* SPDX-License-Identifier: MIT */
/* See held_file.h. */
#include "adopt/held_file.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adopt/held.h"
#include "base/cleanup.h"
#include "base/container.h"

#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE (0x89E0 + 0) /* SIOCPROTOPRIVATE of linux/un.h, Linux 4.6 */
#endif

static bool is_file(const struct held *held, dev_t device, ino_t inode)
{
	return held->inode && held->device == device && held->inode == inode;
}

struct held *held_find_file(const struct held_table *table, const struct binding_path *path)
{
	struct stat status;

	if (!binding_path_stat(path, &status) || !S_ISSOCK(status.st_mode))
		return NULL;
	list_for_each (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);

		if (is_file(held, status.st_dev, status.st_ino))
			return held;
	}
	return NULL;
}

bool held_has_files(const struct held_table *table)
{
	list_for_each (link, &table->sockets)
		if (binding_file(&container_of(link, struct held, link)->binding))
			return true;
	return false;
}

/*
 * The file of the socket. Root can ask the socket itself: at the path may be another, if the
 * server has another root or changes the way there, and root could be made to remove it.
 */
static bool stat_file(const struct held *held, struct stat *ret)
{
	cleanup_fd int file = binding_file(&held->binding) ? ioctl(held->fd, SIOCUNIXFILE, 0) : -1;

	if (file != -1)
		return fstat(file, ret) == 0;
	return binding_path_stat(&held->binding.path, ret);
}

void held_note_file(struct held *held)
{
	struct stat status;

	if (!stat_file(held, &status) || !S_ISSOCK(status.st_mode))
		return;
	held->device = status.st_dev;
	held->inode = status.st_ino;
}

void held_expect_path(struct held *held, const struct binding_path *take_path)
{
	fd_close(held->expected.directory);
	held->expected = *take_path;
}

void held_note_path(struct held *held)
{
	struct stat status;

	if (binding_path_stat(&held->expected, &status) &&
		is_file(held, status.st_dev, status.st_ino)) {
		fd_close(held->binding.path.directory);
		held->binding.path = held->expected;
		held->expected.directory = -1;
	}
}

/* Only if the file is still that of our socket, which is open: no other has its inode. */
void held_remove_file(struct held *held)
{
	const struct binding_path *path = &held->binding.path;
	struct stat status;

	held_note_path(held);
	if (binding_path_stat(path, &status) && is_file(held, status.st_dev, status.st_ino))
		(void)unlinkat(path->directory, path->name, 0); /* no right to: it stays */
}
