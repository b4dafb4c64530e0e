/* SPDX-License-Identifier: MIT */
/* See replace_file.h. */
#include "base/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* A name that nobody can foresee, and O_EXCL: in a directory that others may write to, a name like
 * PATH.PID may be there already, as a link to a file of somebody else's. */
static int create_temporary(char *path)
{
	int fd = mkostemp(path, O_CLOEXEC);

	return fd == -1 ? -errno : fd;
}

static int fill(int fd, const char *text)
{
	size_t length = strlen(text);
	ssize_t written = write(fd, text, length);
	if (written == -1)
		return -errno;
	if ((size_t)written != length)
		return -ENOSPC;
	return fchmod(fd, 0644) == -1 ? -errno : 0; /* mkostemp made it 0600 */
}

int replace_file(const char *path, const char *text)
{
	cleanup_free char *temporary = NULL;
	if (asprintf(&temporary, "%s.XXXXXX", path) == -1) {
		temporary = NULL; /* its content is undefined after a failure */
		return -ENOMEM;
	}
	cleanup_fd int fd = create_temporary(temporary);
	if (fd < 0)
		return fd;
	int r = fill(fd, text);

	if (r == 0 && rename(temporary, path) == -1)
		r = -errno;
	if (r < 0)
		(void)unlink(temporary); /* the first error is the one to tell */
	return r;
}
