/* SPDX-License-Identifier: MIT */
/* See einhorn.h. A client has one line's room and a few seconds, and few may be there at once. */
#include "readiness/einhorn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"

#define CLIENTS_MAX     16
#define CLIENT_DEADLINE 5.0
#define ACCEPT_PAUSE    0.1 /* when there are no descriptors to accept with */
#define BACKLOG         64

struct client {
	struct list link; /* einhorn_socket.clients */
	struct einhorn_socket *einhorn;
	ev_io io;
	ev_timer timer;
	pid_t pid;
	size_t length;
	char line[EINHORN_LINE_SIZE];
};

static void report(const struct einhorn_socket *einhorn, pid_t pid, const char *what)
{
	char text[128];

	if (!einhorn->handler.on_problem)
		return;
	(void)snprintf(text, sizeof(text), "einhorn command of pid %d: %s", (int)pid, what);
	einhorn->handler.on_problem(text, einhorn->handler.data);
}

static void client_destroy(struct client *client)
{
	struct einhorn_socket *einhorn = client->einhorn;

	ev_io_stop(einhorn->loop, &client->io);
	ev_timer_stop(einhorn->loop, &client->timer);
	fd_close(client->io.fd);
	list_remove(&client->link);
	free(client);
	/* The others wait in the backlog for a place. */
	if (einhorn->client_count-- == CLIENTS_MAX && einhorn->fd != -1)
		ev_io_start(einhorn->loop, &einhorn->io);
}

/* One whole line. True if the client may say more, false if it is destroyed. */
static bool handle_line(struct client *client, const char *line, size_t length)
{
	struct einhorn_socket *einhorn = client->einhorn;
	enum einhorn_command command;
	pid_t pid = client->pid;

	if (einhorn_parse(line, length, &command) < 0) {
		report(einhorn, pid, "cannot be understood");
		client_destroy(client);
		return false;
	}
	if (command != EINHORN_ACK)
		return true; /* a ping, or what only Einhorn's own shell asks for */
	/* Closed by us, as Einhorn does: workers tend to forget it. */
	client_destroy(client);
	einhorn->handler.on_ack(pid, einhorn->handler.data);
	return false;
}

static void read_lines(struct client *client)
{
	ssize_t got = read(client->io.fd, client->line + client->length,
		sizeof(client->line) - client->length);

	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		/* The end may stand for the last newline. */
		if (got < 0 || client->length == 0 ||
			handle_line(client, client->line, client->length))
			client_destroy(client);
		return;
	}
	client->length += (size_t)got;
	for (char *end; (end = memchr(client->line, '\n', client->length));) {
		size_t length = (size_t)(end - client->line);

		if (!handle_line(client, client->line, length))
			return;
		client->length -= length + 1;
		memmove(client->line, end + 1, client->length);
	}
	if (client->length == sizeof(client->line)) {
		report(client->einhorn, client->pid, "is too long");
		client_destroy(client);
	}
}

static void on_client_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	read_lines(container_of(w, struct client, io));
}

static void on_client_expired(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	client_destroy(container_of(w, struct client, timer));
}

static void client_take(struct einhorn_socket *einhorn, int take)
{
	cleanup_fd int fd = take;
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == -1)
		return;
	if (peer.pid <= 0 || !einhorn->handler.is_ours(peer.pid, einhorn->handler.data)) {
		report(einhorn, peer.pid, "is no process of this service");
		return;
	}
	struct client *client = calloc(1, sizeof(*client));
	if (!client)
		return; /* to the worker it looks as if we had closed: it may try again */
	client->einhorn = einhorn;
	client->pid = peer.pid;
	ev_io_init(&client->io, on_client_readable, take_fd(&fd), EV_READ);
	ev_timer_init(&client->timer, on_client_expired, CLIENT_DEADLINE, 0.);
	ev_io_start(einhorn->loop, &client->io);
	ev_timer_start(einhorn->loop, &client->timer);
	list_append(&einhorn->clients, &client->link);
	if (++einhorn->client_count == CLIENTS_MAX)
		ev_io_stop(einhorn->loop, &einhorn->io);
}

static void on_pause_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct einhorn_socket *einhorn = container_of(w, struct einhorn_socket, pause);

	(void)revents;
	ev_timer_stop(loop, w);
	if (einhorn->client_count < CLIENTS_MAX)
		ev_io_start(loop, &einhorn->io);
}

static void on_io_acceptable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct einhorn_socket *einhorn = container_of(w, struct einhorn_socket, io);
	int fd = accept4(einhorn->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)revents;
	if (fd != -1) {
		client_take(einhorn, fd);
	} else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
		/* Out of descriptors or memory: the client would wake us again at once. */
		ev_io_stop(loop, w);
		ev_timer_again(loop, &einhorn->pause);
	}
}

/* Makes a directory below base that nobody else can have made. 0 or -errno. */
static int make_directory(struct einhorn_socket *einhorn, const char *base, bool is_shared)
{
	char directory[sizeof(einhorn->directory)];
	int length = snprintf(directory, sizeof(directory), "%s/baton-XXXXXX", base);

	if (length < 0 || (size_t)length >= sizeof(directory))
		return -ENAMETOOLONG;
	if (!mkdtemp(directory))
		return -errno;
	if (is_shared && chmod(directory, 0711) == -1) {
		int r = -errno;

		(void)rmdir(directory); /* empty, and ours */
		return r;
	}
	memcpy(einhorn->directory, directory, sizeof(directory));
	(void)snprintf(einhorn->path, sizeof(einhorn->path), "%s/" EINHORN_SOCKET_NAME, directory);
	return 0;
}

static int find_directory(struct einhorn_socket *einhorn, bool is_shared)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	/* The runtime directory itself is closed to other users. */
	if (runtime && runtime[0] == '/' && !is_shared &&
		make_directory(einhorn, runtime, false) == 0)
		return 0;
	if (geteuid() == 0 && (mkdir("/run/baton", 0755) == 0 || errno == EEXIST) &&
		make_directory(einhorn, "/run/baton", is_shared) == 0)
		return 0;
	return make_directory(einhorn, "/tmp", is_shared);
}

static int bind_path(const struct einhorn_socket *einhorn, int fd, bool is_shared)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, einhorn->path, sizeof(address.sun_path));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == -1)
		return -errno;
	/* Before listen: nobody connects with the mode that our umask made. */
	if (chmod(einhorn->path, is_shared ? 0666 : 0600) == -1 || listen(fd, BACKLOG) == -1)
		return -errno;
	return 0;
}

static void remove_paths(const struct einhorn_socket *einhorn)
{
	/* Whoever owns the service may have removed them: nothing to do about it. */
	(void)unlink(einhorn->path);
	(void)rmdir(einhorn->directory);
}

/* Takes the descriptor. */
static void watch(struct einhorn_socket *einhorn, int fd)
{
	einhorn->fd = fd;
	ev_timer_init(&einhorn->pause, on_pause_over, 0., ACCEPT_PAUSE);
	ev_io_init(&einhorn->io, on_io_acceptable, fd, EV_READ);
	ev_io_start(einhorn->loop, &einhorn->io);
}

void einhorn_socket_resume(struct einhorn_socket *einhorn, struct ev_loop *loop,
	const struct einhorn_handler *handler, int fd, const char *path, const char *directory)
{
	*einhorn = (struct einhorn_socket){ .loop = loop, .handler = *handler };
	list_init(&einhorn->clients);
	(void)snprintf(einhorn->path, sizeof(einhorn->path), "%s", path);
	(void)snprintf(einhorn->directory, sizeof(einhorn->directory), "%s", directory);
	watch(einhorn, fd);
}

int einhorn_socket_open(struct einhorn_socket *einhorn, struct ev_loop *loop,
	const struct einhorn_handler *handler, bool is_shared, struct baton_error *error)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*einhorn = (struct einhorn_socket){ .loop = loop, .fd = -1, .handler = *handler };
	list_init(&einhorn->clients);
	if (fd == -1)
		return error_set_errno(error, -errno, "cannot create the einhorn socket");
	int r = find_directory(einhorn, is_shared);
	if (r < 0)
		return error_set_errno(error, r, "cannot make a directory for the einhorn socket");
	r = bind_path(einhorn, fd, is_shared);
	if (r < 0) {
		remove_paths(einhorn);
		return error_set_errno(error, r, "cannot listen on \"%s\"", einhorn->path);
	}
	watch(einhorn, take_fd(&fd));
	return 0;
}

void einhorn_socket_close(struct einhorn_socket *einhorn)
{
	if (einhorn->fd == -1)
		return;
	ev_io_stop(einhorn->loop, &einhorn->io);
	ev_timer_stop(einhorn->loop, &einhorn->pause);
	fd_close(einhorn->fd);
	einhorn->fd = -1; /* so that no client's end starts the watcher again */
	list_for_each_safe (link, &einhorn->clients)
		client_destroy(container_of(link, struct client, link));
	remove_paths(einhorn);
}
