/* SPDX-License-Identifier: MIT */
/* See claim.h. All locks begin at byte 0, so that any two conflict; the length tells the
 * generation. */
#include "socket/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "socket/selector.h"

static int set_lock(int fd, int type, unsigned generation)
{
	struct flock lock = {
		.l_type = (short)type,
		.l_whence = SEEK_SET,
		.l_len = (off_t)generation + 1,
	};

	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno; /* POSIX allows both */
}

int claim_take(int fd, unsigned generation)
{
	return set_lock(fd, F_WRLCK, generation);
}

int claim_drain(int fd, unsigned generation)
{
	return set_lock(fd, F_RDLCK, generation);
}

void claim_release(int fd)
{
	(void)fcntl(fd, F_SETLK, &(struct flock){ .l_type = F_UNLCK, .l_whence = SEEK_SET });
}

int claim_look(int fd, struct claim *ret)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) == -1)
		return -errno;
	*ret = (struct claim){ .state = CLAIM_FREE };
	if (lock.l_type == F_UNLCK)
		return 0;
	ret->state = lock.l_type == F_WRLCK ? CLAIM_SERVING : CLAIM_DRAINING;
	ret->generation = (unsigned)(lock.l_len - 1);
	ret->pid = lock.l_pid;
	return 0;
}

void claim_newest(const struct claim *claims, size_t count, struct selector_set *ret)
{
	unsigned newest = 0;

	ret->count = 0;
	for (size_t i = 0; i < count; i++) {
		if (claims[i].state != CLAIM_SERVING)
			continue;
		if (claims[i].generation > newest)
			ret->count = 0;
		if (claims[i].generation < newest)
			continue;
		newest = claims[i].generation;
		ret->indexes[ret->count++] = (unsigned)i;
	}
}
