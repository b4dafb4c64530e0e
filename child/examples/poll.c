/* SPDX-License-Identifier: MIT */
/*
 * A server that waits by poll(2), with no event library of its own, and
 * upgrades itself: the object has one descriptor to watch and one call to make. It
 * answers each connection with a line and closes it.
 *
 *     poll ADDRESS
 */
#define _GNU_SOURCE /* accept4 */
#include <baton/listener.h>
#include <baton/upgrade.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS_MAX = 8 };

struct server {
	struct pollfd
		fds[1 + SOCKETS_MAX]; /* the upgrade object, and the sockets of the listener */
	size_t count;                 /* of the sockets: a host may have several addresses */
	bool has_ended;
	int status;
};

static void on_drain(struct baton_upgrade *upgrade, void *data)
{
	struct server *server = data;

	server->count = 0;              /* nothing is accepted any more */
	baton_upgrade_drained(upgrade); /* nothing is ever in flight here */
}

static void on_end(struct baton_upgrade *upgrade, int status, void *data)
{
	struct server *server = data;

	(void)upgrade;
	server->has_ended = true;
	server->status = status;
}

static void on_log(int level, const char *text, void *data)
{
	(void)data;
	(void)fprintf(stderr, "<%d>%s\n", level, text);
}

static void answer(int listener, unsigned generation)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return; /* another process was quicker, or the client has gone */
	(void)dprintf(fd, "generation %u\n", generation);
	(void)close(fd);
}

/* What is to be waited for. */
static void watch(struct server *server, const struct baton_upgrade *upgrade,
	const struct baton_listener *listener)
{
	server->fds[0] = (struct pollfd){ baton_upgrade_fd(upgrade), POLLIN, 0 };
	while (server->count < baton_listener_count(listener) && server->count < SOCKETS_MAX) {
		int fd = baton_listener_fd(listener, server->count);

		server->fds[++server->count] = (struct pollfd){ fd, POLLIN, 0 };
	}
}

int main(int argc, char **argv)
{
	struct server server = { 0 };
	const struct baton_upgrade_options options = { .size = sizeof(options),
		.argv = argv,
		.data = &server,
		.on_drain = on_drain,
		.on_end = on_end,
		.on_log = on_log };
	struct baton_address *address;
	struct baton_listener *listener;
	struct baton_upgrade *upgrade;
	struct baton_error error;

	if (baton_address_parse(argc > 1 ? argv[1] : ":8080", &address, &error) < 0 ||
		baton_upgrade_create(NULL, &options, &upgrade, &error) < 0 ||
		baton_upgrade_listener(upgrade, "main", address, &listener, &error) < 0)
		return (void)fprintf(stderr, "%s\n", error.text), 1;
	baton_address_destroy(address);
	watch(&server, upgrade, listener);
	if (baton_upgrade_ready(upgrade, &error) < 0)
		(void)fprintf(stderr, "%s\n", error.text);
	while (!server.has_ended) {
		if (poll(server.fds, 1 + server.count, -1) == -1 && errno != EINTR)
			return 1;
		if (server.fds[0].revents)
			(void)baton_upgrade_dispatch(upgrade);
		for (size_t i = 1; i <= server.count; i++)
			if (server.fds[i].revents)
				answer(server.fds[i].fd, baton_upgrade_generation(upgrade));
	}
	baton_upgrade_destroy(upgrade);
	return server.status;
}
