/* SPDX-License-Identifier: MIT */
/*
 * A child for tests: a UDP server that steers. It answers each datagram with "GENERATION PID", from
 * the socket on which that came. What it logs goes to standard error, a line each.
 *
 *     steer-server ADDRESS|- [OPTION,...]...
 *
 * steer: no option. by-id: the first byte of a datagram is '@' and the id of a process, or it
 * is new. plain: knows nothing of steering, and reads from all sockets. sessions: opens a socket
 * for each client, and answers from there, or with what baton_steer_connect said. stay: has
 * drained once "end" comes. poll: the object does not know of our loop.
 */
#include <baton/baton.h>

#include <ev.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS_MAX = 64 };

static struct ev_loop *loop;
static struct baton_upgrade *upgrade;
static struct baton_steer *steer;
static bool is_by_id, is_plain, is_polled, has_sessions, stays;
static bool is_draining;
static ev_io dispatcher, plain[SOCKETS_MAX];
static int status;

static void finish_if_done(void)
{
	if (is_draining && !stays && baton_steer_is_empty(steer))
		baton_upgrade_drained(upgrade);
}

static void answer(int fd, const struct sockaddr *client, socklen_t length)
{
	char text[BATON_ERROR_SIZE];
	struct baton_error error;
	int session = -1, size;

	if (has_sessions && baton_steer_connect(steer, fd, client, length, &session, &error) < 0)
		size = snprintf(text, sizeof(text), "%s", error.text);
	else
		size = snprintf(
			text, sizeof(text), "%u %d", baton_upgrade_generation(upgrade), getpid());
	if (session >= 0)
		(void)send(session, text, (size_t)size, 0); /* the client notices */
	else
		(void)sendto(fd, text, (size_t)size, 0, client, length);
}

static void receive(int fd)
{
	struct sockaddr_storage client;
	socklen_t length = sizeof(client);
	char text[64] = "";
	ssize_t size = recvfrom(fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&client, &length);

	if (size < 0)
		return;
	answer(fd, (const struct sockaddr *)&client, length);
	if (strstr(text, "end"))
		stays = false;
}

static void on_readable(struct baton_steer *from, int fd, void *data)
{
	(void)from, (void)data;
	receive(fd);
	finish_if_done();
}

static void on_plain(struct ev_loop *l, ev_io *w, int revents)
{
	(void)l, (void)revents;
	receive(w->fd);
}

static void on_drain(struct baton_upgrade *from, void *data)
{
	(void)from, (void)data;
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		ev_io_stop(loop, &plain[i]);
	is_draining = true;
	finish_if_done();
}

static void on_end(struct baton_upgrade *from, int code, void *data)
{
	(void)from, (void)data;
	status = code;
	ev_break(loop, EVBREAK_ALL);
}

static void on_log(int level, const char *text, void *data)
{
	(void)data;
	(void)fprintf(stderr, "<%d> pid=%d %s\n", level, getpid(), text);
}

static void on_dispatchable(struct ev_loop *l, ev_io *w, int revents)
{
	(void)l, (void)w, (void)revents;
	(void)baton_upgrade_dispatch(upgrade);
}

static int open_plain(const struct baton_address *address, struct baton_error *error)
{
	struct baton_listener *listener;
	int r = baton_upgrade_listener(upgrade, "main", address, &listener, error);

	for (size_t i = 0; r == 0 && i < baton_listener_count(listener); i++) {
		ev_io_init(&plain[i], on_plain, baton_listener_fd(listener, i), EV_READ);
		ev_io_start(loop, &plain[i]);
	}
	return r;
}

static int begin(char **argv, struct baton_error *error)
{
	static const struct baton_steer_route route = { 0, 0xc0, 0x40, 0, 0x3f };
	const struct baton_upgrade_options options = { .size = sizeof(options),
		.argv = argv,
		.on_drain = on_drain,
		.on_end = on_end,
		.on_log = on_log };
	const struct baton_steer_options for_steer = { .size = sizeof(for_steer),
		.on_readable = on_readable,
		.routes = &route,
		.route_count = is_by_id };
	struct baton_address *address = NULL;
	int r = strcmp(argv[1], "-") == 0 ? 0 : baton_address_parse(argv[1], &address, error);

	if (r == 0)
		r = baton_upgrade_create(is_polled ? NULL : loop, &options, &upgrade, error);
	if (r == 0 && is_plain)
		r = open_plain(address, error);
	else if (r == 0)
		r = baton_steer_open(upgrade, "main", address, &for_steer, &steer, error);
	baton_address_destroy(address);
	if (r == 0 && is_polled) {
		ev_io_init(&dispatcher, on_dispatchable, baton_upgrade_fd(upgrade), EV_READ);
		ev_io_start(loop, &dispatcher);
	}
	return r < 0 ? r : baton_upgrade_ready(upgrade, error);
}

static void set_option(const char *option)
{
	static const struct {
		const char *name;
		bool *flag;
	} table[] = {
		{ "by-id", &is_by_id },
		{ "plain", &is_plain },
		{ "poll", &is_polled },
		{ "sessions", &has_sessions },
		{ "stay", &stays },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strstr(option, table[i].name))
			*table[i].flag = true;
}

int main(int argc, char **argv)
{
	struct baton_error error;

	if (argc < 2)
		return EXIT_FAILURE;
	(void)setvbuf(stderr, NULL, _IOLBF, 0);
	for (int i = 2; i < argc; i++)
		set_option(argv[i]);
	loop = is_polled ? ev_loop_new(EVFLAG_AUTO) : EV_DEFAULT;
	if (begin(argv, &error) < 0) {
		(void)fprintf(stderr, "steer-server: %s\n", error.text);
		return EXIT_FAILURE;
	}
	(void)fprintf(stderr, "ready id=%d\n", is_plain ? -1 : baton_steer_id(steer));
	ev_run(loop, 0);
	baton_upgrade_destroy(upgrade);
	ev_loop_destroy(loop);
	return status;
}
