/* SPDX-License-Identifier: MIT */
/* See directory.h. */
#include "adopt/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "base/cleanup.h"

/* The directory from which the thread takes a relative path, or its root. */
static int open_base(pid_t tid, int directory, bool is_absolute)
{
	char path[48];

	if (is_absolute)
		(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)tid);
	else if (directory == AT_FDCWD)
		(void)snprintf(path, sizeof(path), "/proc/%d/cwd", (int)tid);
	else
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)tid, directory);
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd == -1 ? -errno : fd;
}

int directory_open(pid_t tid, int directory, const char *path, const char **ret_name)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = (size_t)(name - path);

	if (!*name || length >= sizeof(parent))
		return -ENOENT; /* "dir/" is no file's name */
	cleanup_fd int base = open_base(tid, directory, path[0] == '/');
	if (base < 0)
		return base;
	*ret_name = name;
	if (length == 0)
		return take_fd(&base);
	memcpy(parent, path, length);
	parent[length] = '\0';
	/* Its root may not be ours. Links in a relative path are then taken from ours, though. */
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = path[0] == '/' ? RESOLVE_IN_ROOT : 0,
	};
	int fd = (int)syscall(SYS_openat2, base, parent, &how, sizeof(how));
	return fd == -1 ? -errno : fd;
}
