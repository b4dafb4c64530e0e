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

struct server {
	struct pollfd fds[2]; /* the upgrade object, the listener */
	bool has_ended;
	int status;
};

static void on_drain(struct baton_upgrade *upgrade, void *data)
{
	struct server *server = data;

	server->fds[1].fd = -1;         /* poll(2) passes it over: nothing is accepted any more */
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

int main(int argc, char **argv)
{
	struct server server = { .fds = { { .events = POLLIN }, { .events = POLLIN } } };
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
	server.fds[0].fd = baton_upgrade_fd(upgrade);
	server.fds[1].fd = baton_listener_fd(listener, 0);
	if (baton_upgrade_ready(upgrade, &error) < 0)
		(void)fprintf(stderr, "%s\n", error.text);
	while (!server.has_ended) {
		if (poll(server.fds, 2, -1) == -1 && errno != EINTR)
			return 1;
		if (server.fds[0].revents)
			(void)baton_upgrade_dispatch(upgrade);
		if (server.fds[1].revents && server.fds[1].fd != -1)
			answer(server.fds[1].fd, baton_upgrade_generation(upgrade));
	}
	baton_upgrade_destroy(upgrade);
	return server.status;
}
