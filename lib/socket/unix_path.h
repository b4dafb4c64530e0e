/* SPDX-License-Identifier: MIT */
/*
 * Sockets in the file system: who may bind a path, with what owner and mode,
 * and who may remove it.
 *
 * The socket is bound at its final path, not under a temporary name that is
 * renamed: getsockname(2) would report the temporary one for ever, and servers
 * that match the sockets they are passed by address would not know theirs.
 * Instead nobody can use the path before it is right: the node has mode 0 from
 * birth until its owner is set, and nobody can connect before listen(2).
 */
#ifndef SOCKET_UNIX_PATH_H
#define SOCKET_UNIX_PATH_H

#include <sys/types.h>

#include <baton/address.h>

struct socket_address;

/* A path with the inode that was there when it was ours. */
struct unix_path {
	char *path; /* owned; NULL: none */
	dev_t device;
	ino_t inode;
};

/*
 * Opens the directory of path and locks it against others who bind or remove
 * paths in it. Between bind and listen a path looks as if it had been left
 * behind; the lock keeps two of us from taking it from each other. It is advice: if
 * somebody holds it for long, or we may not read the directory, we go on without. Returns
 * the descriptor, to be closed after listen, or -errno with error set.
 */
int unix_path_lock(const struct baton_address *address, struct baton_error *error);

/*
 * Binds fd to the path of address with the mode and owner that its options
 * say, replacing a path on which nobody listens. directory is what
 * unix_path_lock gave. On success ret is the caller's to remove or forget.
 * Returns 0; -EADDRINUSE if somebody listens or the path is no socket, -EINVAL
 * for a user or group that is not known, or what the system said.
 */
int unix_path_bind(int fd, const struct baton_address *address,
	const struct socket_address *socket_address, int directory, struct unix_path *ret,
	struct baton_error *error);

/*
 * Notes the inode of a path that another process bound. Returns 0, with ret
 * empty if it is not an absolute path or no socket is there; or -ENOMEM.
 */
int unix_path_note(const char *path, struct unix_path *ret);

/* Removes the path if it is still the same inode, and forgets it. The socket must still be open:
 * as long as it is, the kernel gives the inode's number to nothing else. */
void unix_path_remove(struct unix_path *path);

/* Frees the note and leaves the path alone. */
void unix_path_forget(struct unix_path *path);

#endif
