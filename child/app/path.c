/* SPDX-License-Identifier: MIT */
/* See path.h. */
#include "app/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "http/text.h"

enum { TRIES = 16 }; /* while others rename what is there */

/* Whether a part of the path is "..". */
static bool climbs(const char *path)
{
	while (path) {
		path += strspn(path, "/");
		if (strncmp(path, "..", 2) == 0 && (path[2] == '/' || path[2] == '\0'))
			return true;
		path = strchr(path, '/');
	}
	return false;
}

int path_decode(const char *encoded, size_t size, char path[PATH_SIZE])
{
	const char *end = encoded + size;
	size_t used = 0;

	while (encoded < end) {
		char c = *encoded++;

		if (c == '%') {
			int high = end - encoded >= 2 ? text_hex_value(encoded[0]) : -1;
			int low = high >= 0 ? text_hex_value(encoded[1]) : -1;

			if (low < 0)
				return -EINVAL;
			c = (char)(high << 4 | low);
			encoded += 2;
		}
		if (c == '\0')
			return -EINVAL;
		if (c == '/' && used == 0)
			continue;
		if (used == PATH_SIZE - 1)
			return -ENAMETOOLONG;
		path[used++] = c;
	}
	path[used] = '\0';
	return climbs(path) ? -EINVAL : 0;
}

enum { OPEN_FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/* Where there is no openat2(2), as before Linux 5.6 or in some containers: no symbolic links at
 * all. */
static int open_step_by_step(int root, const char *path)
{
	int at = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	while (at != -1) {
		char name[PATH_SIZE];
		size_t size = strcspn(path, "/");
		const char *rest = path + size + strspn(path + size, "/");
		/* What a slash follows has to be a directory, even at the end. */
		int flags = !path[size] ? OPEN_FLAGS | O_NOFOLLOW
			: *rest         ? O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
					: OPEN_FLAGS | O_DIRECTORY | O_NOFOLLOW;

		memcpy(name, path, size);
		memcpy(name + size, size ? "" : ".", size ? 1 : 2);
		int next = openat(at, name, flags);
		int error = errno;

		(void)close(at);
		if (next != -1 && !*rest)
			return next;
		at = next;
		path = rest;
		errno = error;
	}
	return -errno;
}

static int open_below(int root, const char *path)
{
	const struct open_how how = {
		.flags = OPEN_FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
		if (fd != -1 || errno != EAGAIN)
			break;
	}
	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		return open_step_by_step(root, path);
	return fd == -1 ? -errno : fd;
}

int path_open(int root, const char *path)
{
	/* Without openat2(2) it would lead out. */
	int fd = climbs(path) ? -ENOENT : open_below(root, path);

	switch (fd) {
	case -EXDEV: /* it leads out */
	case -ELOOP:
	case -ENOTDIR:
	case -ENAMETOOLONG:
	case -ENXIO: /* a socket */
		return -ENOENT;
	}
	return fd;
}
