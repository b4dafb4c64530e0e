/* SPDX-License-Identifier: MIT */
/* See fd.h. */
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/parse.h"

void fd_close(int fd)
{
	if (fd < 0)
		return;
	int saved = errno;

	(void)close(fd); /* its error cannot be acted on: the number is free either way */
	errno = saved;
}

int fd_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST);

	return copy == -1 ? -errno : copy;
}

static int set_flag(int fd, int get, int set, int flag, bool on)
{
	int old = fcntl(fd, get);
	if (old == -1)
		return -errno;
	int new = on ? old | flag : old & ~flag;

	if (new != old && fcntl(fd, set, new) == -1)
		return -errno;
	return 0;
}

int fd_set_cloexec(int fd, bool on)
{
	return set_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

int fd_set_nonblock(int fd, bool on)
{
	return set_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

int fd_get_nonblock(int fd, bool *ret)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags == -1)
		return -errno;
	*ret = flags & O_NONBLOCK;
	return 0;
}

int fd_ensure_standard(void)
{
	for (int fd = 0; fd < FD_FIRST; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		/* The lowest free number is fd itself: all below it are open by now. It has
		 * no close-on-exec flag because standard streams are meant to be inherited. */
		if (open("/dev/null", O_RDWR) == -1)
			return -errno;
	}
	return 0;
}

int fd_walk(int (*fn)(int fd, void *data), void *data)
{
	DIR *dir = opendir("/proc/self/fd");
	int r = 0;

	if (!dir)
		return -errno;
	for (struct dirent *entry; r == 0 && (errno = 0, entry = readdir(dir));) {
		int fd;

		if (parse_int(entry->d_name, 0, INT_MAX, &fd) == 0 && fd != dirfd(dir))
			r = fn(fd, data);
	}
	if (r == 0)
		r = -errno; /* of readdir; 0 at the end */
	(void)closedir(dir);
	return r;
}

static int count(int fd, void *data)
{
	(void)fd;
	(*(int *)data)++;
	return 0;
}

int fd_count(void)
{
	struct stat status;
	int result = 0;

	/* From Linux 6.2 on that is the size of the directory: proc(5). To list ten thousand
	 * takes ten milliseconds. */
	if (stat("/proc/self/fd", &status) == 0 && status.st_size > 0)
		return (int)status.st_size;
	int r = fd_walk(count, &result);

	return r < 0 ? r : result;
}

static int keep_highest(int fd, void *data)
{
	int *highest = data;

	if (fd > *highest)
		*highest = fd;
	return 0;
}

int fd_highest(void)
{
	int result = 0;
	int r = fd_walk(keep_highest, &result);

	return r < 0 ? r : result;
}
