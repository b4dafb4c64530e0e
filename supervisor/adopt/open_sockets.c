/* SPDX-License-Identifier: MIT */
/* See open_sockets.h. */
#include "adopt/open_sockets.h"

#include <errno.h>
#include <stdlib.h>

#include "family.h"
#include "task.h"

static int note(pid_t pid, int fd, void *data)
{
	struct open_sockets *sockets = data;
	ino_t inode = task_fd_socket(pid, fd);

	if (!inode)
		return 0;
	if (sockets->count == sockets->capacity) {
		size_t capacity = sockets->capacity ? sockets->capacity * 2 : 64;
		ino_t *inodes = reallocarray(sockets->inodes, capacity, sizeof(*inodes));
		if (!inodes)
			return -ENOMEM;
		sockets->inodes = inodes;
		sockets->capacity = capacity;
	}
	sockets->inodes[sockets->count++] = inode;
	return 0;
}

static int compare(const void *first, const void *second)
{
	ino_t a = *(const ino_t *)first, b = *(const ino_t *)second;

	return (a > b) - (a < b);
}

int open_sockets_look(struct open_sockets *sockets, struct family *family)
{
	int r = family_scan(family);

	sockets->count = 0;
	for (size_t i = 0; r >= 0 && i < family->members.count; i++)
		if (task_walk_fds(family->members.items[i].pid, note, sockets) == -ENOMEM)
			r = -ENOMEM;
	if (sockets->count)
		qsort(sockets->inodes, sockets->count, sizeof(*sockets->inodes), compare);
	return r < 0 ? r : 0;
}

bool open_sockets_have(const struct open_sockets *sockets, ino_t inode)
{
	return sockets->count &&
		bsearch(&inode, sockets->inodes, sockets->count, sizeof(*sockets->inodes),
			compare) != NULL;
}

void open_sockets_finish(struct open_sockets *sockets)
{
	free(sockets->inodes);
	*sockets = (struct open_sockets){ 0 };
}
