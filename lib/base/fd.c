/* SPDX-License-Identifier: MIT */
/* See fd.h. */
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

/* Calls on_fd with each open descriptor but the one that is used for it. 0 or -errno. */
static int walk(void (*on_fd)(int fd, int *result), int *result)
{
	DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		return -errno;

	for (struct dirent *entry; (entry = readdir(dir));) {
		int fd;

		if (parse_int(entry->d_name, 0, INT_MAX, &fd) == 0 && fd != dirfd(dir))
			on_fd(fd, result);
	}
	(void)closedir(dir);
	return 0;
}

static void count(int fd, int *result)
{
	(void)fd;
	(*result)++;
}

int fd_count(void)
{
	int result = 0;
	int r = walk(count, &result);

	return r < 0 ? r : result;
}

static void keep_highest(int fd, int *result)
{
	if (fd > *result)
		*result = fd;
}

int fd_highest(void)
{
	int result = 0;
	int r = walk(keep_highest, &result);

	return r < 0 ? r : result;
}
