/* SPDX-License-Identifier: MIT */
/* Which sockets a family has open: one look at all descriptors, to be asked often. A picture of a
 * moment. */
#ifndef SUPERVISOR_ADOPT_OPEN_SOCKETS_H
#define SUPERVISOR_ADOPT_OPEN_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct family;

/* { 0 } is one that has seen nothing. */
struct open_sockets {
	ino_t *inodes; /* owned, ascending */
	size_t count, capacity;
};

/* Looks anew. 0 or -ENOMEM; what cannot be looked into has none. */
int open_sockets_look(struct open_sockets *sockets, struct family *family);

bool open_sockets_have(const struct open_sockets *sockets, ino_t inode);

/* Frees the memory; it has seen nothing then. */
void open_sockets_finish(struct open_sockets *sockets);

#endif
