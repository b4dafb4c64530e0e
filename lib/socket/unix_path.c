/* SPDX-License-Identifier: MIT */
/* See unix_path.h. */
#include "socket/unix_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "socket/address.h"
#include "socket/owner.h"
#include "socket/resolve.h"

enum {
	LOCK_ATTEMPTS = 100, /* a millisecond apart */
	BIND_ATTEMPTS = 4,   /* how often a path may come and go under us */
};

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* The directory of an absolute path, "/" included; it fits where a unix path fits. */
static void directory_name(const char *path, char *buf, size_t size)
{
	size_t length = (size_t)(base_name(path) - path);

	(void)snprintf(buf, size, "%.*s", length > 1 ? (int)length - 1 : 1, path);
}

/* -EWOULDBLOCK or another error means: without. Who holds it does so for the time of a bind. */
static void try_lock(int directory)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int i = 0; i < LOCK_ATTEMPTS; i++) {
		if (flock(directory, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			return;
		(void)nanosleep(&pause, NULL); /* cut short by a signal is as good */
	}
}

/* Opens the directory, locked if that can be had; or -errno. */
static int open_directory(const char *path)
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)];

	directory_name(path, name, sizeof(name));
	int directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory == -1 && errno == EACCES)
		directory = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory == -1)
		return -errno;
	try_lock(directory);
	return directory;
}

int unix_path_lock(const struct baton_address *address, struct baton_error *error)
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int directory = open_directory(address->path);

	directory_name(address->path, name, sizeof(name));
	if (directory == -ENOENT)
		return address_error(
			error, directory, address->text, "directory \"%s\" does not exist", name);
	if (directory < 0)
		return address_error(error, directory, address->text,
			"cannot open directory \"%s\": %s", name, strerrordesc_np(-directory));
	return directory;
}

/*
 * Whether somebody answers at a path that is a socket: connect(2) is refused
 * only by one that nobody has open, or that does not listen. Returns 0 if nobody does,
 * -EADDRINUSE if somebody does, or -errno when it cannot be told.
 */
static int probe(const struct socket_address *socket_address, int type)
{
	cleanup_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, &socket_address->any, socket_address->length) == 0)
		return -EADDRINUSE;
	switch (errno) {
	case ECONNREFUSED:
	case ENOENT: /* removed meanwhile */
		return 0;
	case EAGAIN:     /* its backlog is full */
	case EPERM:      /* a datagram socket that listens to one peer alone */
	case EPROTOTYPE: /* a socket of another type */
		return -EADDRINUSE;
	}
	return -errno;
}

static int refuse_taken(const struct baton_address *address, int reason, struct baton_error *error)
{
	if (reason == -EADDRINUSE)
		return address_error(error, reason, address->text,
			"address already in use: "
			"another socket listens there, of this process or any other");
	return address_error(error, reason, address->text,
		"the path exists, and it cannot be told whether somebody listens there: %s",
		strerrordesc_np(-reason));
}

static bool is_same_node(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Removes a path that was left behind; anything else there is an error. 0: try to bind again. */
static int remove_stale(const struct baton_address *address,
	const struct socket_address *socket_address, int type, int directory,
	struct baton_error *error)
{
	const char *base = base_name(address->path);
	struct stat before, after;

	if (fstatat(directory, base, &before, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : refuse_taken(address, -errno, error);
	if (!S_ISSOCK(before.st_mode))
		return address_error(error, -EADDRINUSE, address->text,
			"the path exists and is not a socket: move it away, or use another");
	int r = probe(socket_address, type);
	if (r < 0)
		return refuse_taken(address, r, error);
	/* Somebody without our lock may have bound it anew since it was probed. */
	if (fstatat(directory, base, &after, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	if (!is_same_node(&before, &after))
		return 0;
	if (unlinkat(directory, base, 0) == -1 && errno != ENOENT)
		return address_error(error, -errno, address->text,
			"nobody listens on the path, but it cannot be removed: %s",
			strerrordesc_np(errno));
	return 0;
}

static int refuse_bind(const struct baton_address *address, int reason, struct baton_error *error)
{
	if (reason == -EACCES || reason == -EROFS)
		return address_error(error, reason, address->text,
			"cannot bind: no permission to write in the directory");
	return address_error(
		error, reason, address->text, "cannot bind: %s", strerrordesc_np(-reason));
}

/* Sets owner and mode of the node itself, wherever its name may lead by now. */
static int set_permissions(int node, const struct baton_address *address, const struct owner *owner,
	struct baton_error *error)
{
	char name[sizeof("/proc/self/fd/") + 12];

	if ((owner->user != (uid_t)-1 || owner->group != (gid_t)-1) &&
		fchownat(node, "", owner->user, owner->group, AT_EMPTY_PATH) == -1)
		return address_error(error, -errno, address->text,
			"cannot give the path to that user or group: %s%s", strerrordesc_np(errno),
			errno == EPERM ? "; only root may" : "");
	if (address->options.mode == -1)
		return 0;
	/* fchmod(2) refuses O_PATH descriptors; this is the way around, open(2). */
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", node); /* it fits */
	if (chmod(name, (mode_t)address->options.mode) == -1)
		return address_error(error, -errno, address->text, "cannot set the mode: %s",
			strerrordesc_np(errno));
	return 0;
}

/* The path is bound but cannot be looked at. Our lock makes it likely that it is still ours. */
static int undo_bind(
	const struct baton_address *address, int directory, int reason, struct baton_error *error)
{
	if (reason == -ENOENT)
		return address_error(
			error, reason, address->text, "the path went away while it was bound");
	(void)unlinkat(directory, base_name(address->path), 0); /* nothing better to do */
	return address_error(error, reason, address->text, "cannot look at what was bound: %s",
		strerrordesc_np(-reason));
}

/* The path is bound: note its inode, then set owner and mode. */
static int finish_bind(const struct baton_address *address, int directory,
	const struct owner *owner, struct unix_path *ret, struct baton_error *error)
{
	struct unix_path path = { 0 };
	struct stat status;
	cleanup_fd int node =
		openat(directory, base_name(address->path), O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (node == -1 || fstat(node, &status) == -1)
		return undo_bind(address, directory, -errno, error);
	path.path = strdup(address->path);
	path.device = status.st_dev;
	path.inode = status.st_ino;
	if (!path.path) {
		(void)unlinkat(directory, base_name(address->path), 0); /* nothing better to do */
		return error_set(error, -ENOMEM, "out of memory");
	}
	int r = set_permissions(node, address, owner, error);
	if (r < 0) {
		(void)unlinkat(directory, base_name(address->path), 0); /* as above */
		unix_path_forget(&path);
		return r;
	}
	*ret = path;
	return 0;
}

int unix_path_bind(int fd, const struct baton_address *address,
	const struct socket_address *socket_address, int directory, struct unix_path *ret,
	struct baton_error *error)
{
	struct owner owner;
	int type;
	socklen_t length = sizeof(type);
	int r = owner_find(address, &owner, error);
	if (r < 0)
		return r;
	/* The kernel makes the node with the mode of the socket's own inode less the umask: unix(7)
	 * does not say so, but net/unix/af_unix.c (unix_bind_bsd) does since 2.6. */
	if (fchmod(fd, address->options.mode == -1 ? 0666 : 0) == -1 ||
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == -1)
		return refuse_bind(address, -errno, error);
	for (int i = 0; i < BIND_ATTEMPTS; i++) {
		if (bind(fd, &socket_address->any, socket_address->length) == 0)
			return finish_bind(address, directory, &owner, ret, error);
		if (errno != EADDRINUSE)
			return refuse_bind(address, -errno, error);
		r = remove_stale(address, socket_address, type, directory, error);
		if (r < 0)
			return r;
	}
	return refuse_taken(address, -EADDRINUSE, error);
}

int unix_path_note(const char *path, struct unix_path *ret)
{
	struct stat status;

	*ret = (struct unix_path){ 0 };
	if (path[0] != '/' || lstat(path, &status) == -1 || !S_ISSOCK(status.st_mode))
		return 0;
	ret->path = strdup(path);
	ret->device = status.st_dev;
	ret->inode = status.st_ino;
	return ret->path ? 0 : -ENOMEM;
}

void unix_path_remove(struct unix_path *path)
{
	struct stat status;

	if (!path->path)
		return;
	cleanup_fd int directory = open_directory(path->path);
	/* With no descriptor to spare it goes by its whole name, and without the lock. */
	int at = directory >= 0 ? directory : AT_FDCWD;
	const char *name = directory >= 0 ? base_name(path->path) : path->path;

	if (fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_dev == path->device &&
		status.st_ino == path->inode)
		(void)unlinkat(at, name, 0); /* left behind, then */
	unix_path_forget(path);
}

void unix_path_forget(struct unix_path *path)
{
	free(path->path);
	*path = (struct unix_path){ 0 };
}
