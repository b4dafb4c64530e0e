/* SPDX-License-Identifier: MIT */
/* See pid_file.h. */
#include "base/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/replace_file.h"

enum { PID_LINE_BYTES = 16 };

int pid_file_write(const char *path, pid_t pid)
{
	char line[PID_LINE_BYTES];

	(void)snprintf(line, sizeof(line), "%d\n", (int)pid); /* fits */
	return replace_file(path, line);
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
