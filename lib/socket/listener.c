/* SPDX-License-Identifier: MIT */
/* Listeners: sockets that were bound here (bind.h) or passed to us, with a name. */
#include <baton/listener.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "socket/address.h"
#include "socket/bind.h"
#include "socket/bound.h"
#include "socket/listener.h"
#include "socket/name.h"
#include "socket/unix_path.h"

struct listening_socket {
	int fd;
	bool was_nonblock;     /* O_NONBLOCK, before it was ours */
	struct unix_path path; /* what to remove at the end */
	char bound[BOUND_SIZE];
};

struct baton_listener {
	char *name;
	int type;
	size_t shares;
	size_t count;
	struct listening_socket sockets[];
};

static int get_int(int fd, int option, int *ret)
{
	socklen_t length = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, option, ret, &length) == -1 ? -errno : 0;
}

static bool has_peer(int fd)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
}

/* Whether fd is a socket that can be a listener's; its type in *ret. */
static int check_socket(int fd, const char *name, int *ret, struct baton_error *error)
{
	int type, is_listening;
	int r = get_int(fd, SO_TYPE, &type);
	if (r == 0)
		r = get_int(fd, SO_ACCEPTCONN, &is_listening);
	if (r == -EBADF)
		return error_set(
			error, r, "listener \"%.100s\": descriptor %d is not open", name, fd);
	if (r < 0)
		return error_set(error, -EINVAL,
			"listener \"%.100s\": descriptor %d is not a socket", name, fd);
	if (type == SOCK_DGRAM ? has_peer(fd) : !is_listening)
		return error_set(error, -EINVAL,
			"listener \"%.100s\": descriptor %d is a socket that %s", name, fd,
			has_peer(fd) ? "is connected" : "does not listen");
	*ret = type;
	return 0;
}

static bool has_reuseport(int fd)
{
	int value;

	return get_int(fd, SO_REUSEPORT, &value) == 0 && value;
}

/* N if the sockets are groups of N with one address and SO_REUSEPORT each; otherwise 1. */
static size_t count_shares(const struct baton_listener *listener)
{
	const struct listening_socket *sockets = listener->sockets;
	size_t shares = 1;

	while (shares < listener->count && strcmp(sockets[shares].bound, sockets[0].bound) == 0)
		shares++;
	if (listener->count % shares != 0)
		return 1;
	for (size_t i = 0; i < listener->count; i++)
		if (strcmp(sockets[i].bound, sockets[i - i % shares].bound) != 0 ||
			!has_reuseport(sockets[i].fd))
			return 1;
	return shares;
}

/* A listener without sockets, but with room for them. */
static struct baton_listener *create(const char *name, size_t count)
{
	struct baton_listener *listener =
		calloc(1, sizeof(*listener) + count * sizeof(listener->sockets[0]));
	char *copy = strdup(name);

	if (!listener || !copy) {
		free(listener);
		free(copy);
		return NULL;
	}
	listener->name = copy;
	return listener;
}

static void destroy(struct baton_listener *listener)
{
	for (size_t i = 0; i < listener->count; i++)
		unix_path_forget(&listener->sockets[i].path);
	free(listener->name);
	free(listener);
}

/* Adds fd, whose ownership stays with the caller until the listener is complete. */
static int add_socket(struct baton_listener *listener, int fd, struct baton_error *error)
{
	struct listening_socket *socket = &listener->sockets[listener->count];
	int type = 0;
	int r = check_socket(fd, listener->name, &type, error);
	if (r < 0)
		return r;
	if (listener->count > 0 && type != listener->type)
		return error_set(error, -EINVAL,
			"listener \"%.100s\": its sockets are not all of one type", listener->name);
	r = bound_format(fd, socket->bound, sizeof(socket->bound));
	if (r == 0)
		r = fd_get_nonblock(fd, &socket->was_nonblock);
	if (r == 0)
		r = fd_set_cloexec(fd, true);
	if (r == 0)
		r = fd_set_nonblock(fd, true);
	if (r < 0)
		return error_set_errno(
			error, r, "listener \"%.100s\": descriptor %d", listener->name, fd);
	socket->fd = fd;
	listener->type = type;
	listener->count++;
	return 0;
}

/* Makes the listener, but for its shares; on failure the caller still owns the descriptors. */
static int adopt(const char *name, const int *fds, size_t count, struct baton_listener **ret,
	struct baton_error *error)
{
	int r = name_check(name, error);
	if (r < 0)
		return r;
	struct baton_listener *listener = create(name, count);
	if (!listener)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		r = add_socket(listener, fds[i], error);
		if (r < 0) {
			destroy(listener);
			return r;
		}
	}
	*ret = listener;
	return 0;
}

/* As adopt, of sockets that somebody else has made. */
static int adopt_passed(const char *name, const int *fds, size_t count, struct baton_listener **ret,
	struct baton_error *error)
{
	int r = adopt(name, fds, count, ret, error);

	if (r == 0)
		(*ret)->shares = count_shares(*ret);
	return r;
}

int baton_listener_open(const char *name, const struct baton_address *address,
	struct baton_listener **ret, struct baton_error *error)
{
	struct bound_sockets sockets;
	struct baton_listener *listener;

	if (!address || !ret)
		return error_set(error, -EINVAL, "no address given");
	int r = name_check(name, error);
	if (r < 0)
		return r;
	if (address->kind == BATON_ADDRESS_FD)
		return adopt_passed(name, &address->fd, 1, ret, error);
	if (address->kind == BATON_ADDRESS_SYSTEMD)
		return address_error(error, -EINVAL, address->text,
			"no socket of that name was passed (LISTEN_FDNAMES)");
	r = bind_sockets(address, &sockets, error);
	if (r < 0)
		return r;
	r = adopt(name, sockets.fds, sockets.count, &listener, error);
	if (r < 0) {
		bound_sockets_finish(&sockets);
		return r;
	}
	listener->sockets[0].path = sockets.path; /* a unix address has one socket */
	listener->shares = address->options.reuseport > 1 ? (size_t)address->options.reuseport : 1;
	free(sockets.fds);
	*ret = listener;
	return 0;
}

int baton_listener_take(const char *name, const int *fds, size_t count, struct baton_listener **ret,
	struct baton_error *error)
{
	int r = !fds || count == 0 || !ret ? error_set(error, -EINVAL, "a listener needs a socket")
					   : adopt_passed(name, fds, count, ret, error);

	for (size_t i = 0; r < 0 && fds && i < count; i++)
		fd_close(fds[i]);
	return r;
}

int listener_restore_blocking(const struct baton_listener *listener)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < listener->count; i++)
		r = fd_set_nonblock(listener->sockets[i].fd, listener->sockets[i].was_nonblock);
	return r;
}

void baton_listener_close(struct baton_listener *listener)
{
	if (!listener)
		return;
	for (size_t i = 0; i < listener->count; i++) {
		unix_path_remove(&listener->sockets[i].path); /* while the socket is open */
		fd_close(listener->sockets[i].fd);
	}
	destroy(listener);
}

int baton_listener_stop(struct baton_listener *listener)
{
	cleanup_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null == -1)
		return -errno;

	for (size_t i = 0; i < listener->count; i++) {
		unix_path_remove(&listener->sockets[i].path);         /* while the socket is open */
		(void)dup3(null, listener->sockets[i].fd, O_CLOEXEC); /* both are open */
	}
	return 0;
}

void baton_listener_keep_path(struct baton_listener *listener)
{
	for (size_t i = 0; i < listener->count; i++)
		unix_path_forget(&listener->sockets[i].path);
}

int baton_listener_own_path(struct baton_listener *listener)
{
	for (size_t i = 0; i < listener->count; i++) {
		struct listening_socket *socket = &listener->sockets[i];
		int r = socket->path.path ? 0 : unix_path_note(socket->bound, &socket->path);
		if (r < 0)
			return r;
	}
	return 0;
}

void listener_get_past(const struct baton_listener *listener, struct listener_past *ret)
{
	const struct unix_path *path = &listener->sockets[0].path;

	*ret = (struct listener_past){
		.shares = listener->shares,
		.owns_path = path->path,
		.device = path->device,
		.inode = path->inode,
	};
}

/* A unix address has one socket. */
static int resume_path(struct baton_listener *listener, const struct listener_past *past)
{
	struct unix_path *path = &listener->sockets[0].path;

	if (!past->owns_path)
		return 0;
	*path = (struct unix_path){ strdup(listener->sockets[0].bound), past->device, past->inode };
	return path->path ? 0 : -ENOMEM;
}

static int resume_sockets(struct baton_listener *listener, const int *fds, size_t count)
{
	int r = get_int(fds[0], SO_TYPE, &listener->type);

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct listening_socket *socket = &listener->sockets[listener->count++];

		socket->fd = fds[i];
		r = bound_format(fds[i], socket->bound, sizeof(socket->bound));
		if (r == 0)
			r = fd_set_cloexec(fds[i], true);
	}
	return r;
}

int listener_resume(const char *name, const int *fds, size_t count,
	const struct listener_past *past, struct baton_listener **ret, struct baton_error *error)
{
	struct baton_listener *listener = create(name, count);

	if (!listener)
		return error_set(error, -ENOMEM, "out of memory");
	int r = resume_sockets(listener, fds, count);
	if (r == 0)
		r = resume_path(listener, past);
	if (r < 0) {
		destroy(listener);
		return error_set_errno(error, r, "listener \"%.100s\"", name);
	}
	listener->shares = past->shares;
	*ret = listener;
	return 0;
}

const char *baton_listener_name(const struct baton_listener *listener)
{
	return listener->name;
}

size_t baton_listener_count(const struct baton_listener *listener)
{
	return listener->count;
}

int baton_listener_fd(const struct baton_listener *listener, size_t index)
{
	return index < listener->count ? listener->sockets[index].fd : -EINVAL;
}

int baton_listener_port(const struct baton_listener *listener)
{
	return bound_port(listener->sockets[0].fd);
}

const char *baton_listener_bound(const struct baton_listener *listener, size_t index)
{
	return index < listener->count ? listener->sockets[index].bound : NULL;
}

int baton_listener_type(const struct baton_listener *listener)
{
	return listener->type;
}

size_t baton_listener_shares(const struct baton_listener *listener)
{
	return listener->shares;
}
