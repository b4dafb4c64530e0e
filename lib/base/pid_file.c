/* SPDX-License-Identifier: MIT */
/* See pid_file.h. */
#include "base/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

enum { PID_LINE_BYTES = 16 };

/* Not O_TRUNC on the old file: its inode may be somebody else's by a hard link in a directory that
 * others may write to, and O_EXCL follows no symbolic link. */
static int create_temporary(char *path)
{
	int fd = mkostemp(path, O_CLOEXEC);

	return fd == -1 ? -errno : fd;
}

static int write_pid(int fd, pid_t pid)
{
	char line[PID_LINE_BYTES];
	int length = snprintf(line, sizeof(line), "%d\n", pid);
	ssize_t written = write(fd, line, (size_t)length);
	if (written == -1)
		return -errno;
	if (written != length)
		return -ENOSPC;
	return fchmod(fd, 0644) == -1 ? -errno : 0; /* mkostemp made it 0600 */
}

int pid_file_write(const char *path, pid_t pid)
{
	cleanup_free char *temporary = NULL;
	if (asprintf(&temporary, "%s.XXXXXX", path) == -1) {
		temporary = NULL; /* its content is undefined after a failure */
		return -ENOMEM;
	}
	cleanup_fd int fd = create_temporary(temporary);
	if (fd < 0)
		return fd;
	int r = write_pid(fd, pid);

	if (r == 0 && rename(temporary, path) == -1)
		r = -errno;
	if (r < 0)
		(void)unlink(temporary); /* the first error is the one to tell */
	return r;
}

pid_t pid_file_read(const char *path)
{
	char line[PID_LINE_BYTES];
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return -errno;
	ssize_t length = read(fd, line, sizeof(line) - 1);
	if (length == -1)
		return -errno;
	int pid;

	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0'; /* some write none: Go's start_server */
	return parse_int(line, 1, INT_MAX, &pid) < 0 ? -EINVAL : pid;
}

int pid_file_remove(const char *path, pid_t pid)
{
	pid_t found = pid_file_read(path);

	if (found == -ENOENT || found == -EINVAL || (found > 0 && found != pid))
		return 0;
	if (found < 0)
		return found;
	return unlink(path) == -1 && errno != ENOENT ? -errno : 0;
}
