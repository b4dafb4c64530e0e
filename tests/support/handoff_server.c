/* SPDX-License-Identifier: MIT */
/*
 * A child for tests: a server that upgrades itself and passes its connections on. It answers
 * each byte with "GENERATION PID\n"; a 'w' only once the next byte comes, so that until then the
 * connection is not idle. What it logs goes to standard error, a line each.
 *
 *     handoff-server ADDRESS FATE [poll]
 *
 * FATE is a file that each generation reads at its start: "serve", "choke" (dies of the
 * second connection that it is passed), "picky" (refuses all), "plain" (knows nothing of handoff).
 */
#include <baton/baton.h>

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, STATE_VERSION = 1 };

struct connection {
	ev_io watcher;
	bool is_open, is_passed, is_busy;
	bool is_refused; /* by this successor */
};

static struct ev_loop *loop;
static struct baton_upgrade *upgrade;
static struct connection connections[CONNECTIONS_MAX];
static int open_count, taken;
static bool is_draining;
static char fate[32] = "serve";
static int status;
static ev_io acceptor, dispatcher;

static bool is_fate(const char *name)
{
	return strncmp(fate, name, strlen(name)) == 0;
}

static void finish_if_idle(void)
{
	if (is_draining && open_count == 0)
		baton_upgrade_drained(upgrade);
}

static void close_connection(struct connection *connection)
{
	ev_io_stop(loop, &connection->watcher);
	(void)close(connection->watcher.fd);
	connection->is_open = false;
	open_count--;
	finish_if_idle();
}

/* What cannot be passed is closed, if this one drains. */
static void settle(struct connection *connection)
{
	const struct baton_handoff_connection record = { .fd = connection->watcher.fd,
		.type = "test",
		.version = STATE_VERSION,
		.state = fate,
		.size = sizeof(fate) };

	if (connection->is_busy || connection->is_passed)
		return;
	if (connection->is_refused && is_draining) {
		close_connection(connection);
		return;
	}
	if (!connection->is_refused && baton_handoff_pass(upgrade, &record, connection) == 0) {
		connection->is_passed = true;
		ev_io_stop(loop, &connection->watcher);
	} else if (is_draining && baton_handoff_room(upgrade) < 0) {
		close_connection(connection);
	}
}

static void on_readable(struct ev_loop *l, ev_io *w, int revents)
{
	struct connection *connection = w->data;
	char byte, answer[64];

	(void)l, (void)revents;
	if (read(w->fd, &byte, 1) != 1) {
		close_connection(connection);
		return;
	}
	connection->is_busy = byte == 'w';
	if (connection->is_busy)
		return;
	int length = snprintf(
		answer, sizeof(answer), "%u %d\n", baton_upgrade_generation(upgrade), getpid());

	(void)!write(w->fd, answer, (size_t)length); /* the client notices */
	settle(connection);
}

static int add(int fd)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &connections[i];

		if (connection->is_open)
			continue;
		*connection = (struct connection){ .is_open = true };
		open_count++;
		ev_io_init(&connection->watcher, on_readable, fd, EV_READ);
		connection->watcher.data = connection;
		ev_io_start(loop, &connection->watcher);
		return 0;
	}
	return -EMFILE;
}

static void on_acceptable(struct ev_loop *l, ev_io *w, int revents)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)l, (void)revents;
	if (fd != -1 && add(fd) < 0)
		(void)close(fd);
}

static int on_connection(
	struct baton_upgrade *from, const struct baton_handoff_connection *connection, void *data)
{
	(void)from, (void)data;
	taken++;
	if (is_fate("choke") && taken == 2)
		(void)raise(SIGKILL);
	if (is_fate("picky") || strcmp(connection->type, "test") != 0 ||
		connection->version != STATE_VERSION)
		return -EPROTONOSUPPORT;
	return add(connection->fd);
}

static void on_room(struct baton_upgrade *from, void *data)
{
	(void)from, (void)data;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (connections[i].is_open)
			settle(&connections[i]);
}

static void on_passed(struct baton_upgrade *from, void *cookie, int result, void *data)
{
	struct connection *connection = cookie;

	(void)from, (void)data;
	connection->is_passed = false;
	if (result == 0 || is_draining) {
		close_connection(connection);
		return;
	}
	connection->is_refused = result != -EPIPE;
	(void)fprintf(stderr, "came back: %s\n", strerror(-result));
	ev_io_set(&connection->watcher, connection->watcher.fd, EV_READ);
	ev_io_start(loop, &connection->watcher);
}

static void on_complete(struct baton_upgrade *from, void *data)
{
	(void)from, (void)data;
	(void)fprintf(stderr, "complete pid=%d\n", getpid());
}

static void on_drain(struct baton_upgrade *from, void *data)
{
	(void)from, (void)data;
	ev_io_stop(loop, &acceptor);
	is_draining = true;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (connections[i].is_open)
			settle(&connections[i]);
	finish_if_idle();
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

static void read_fate(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return;
	(void)!fgets(fate, sizeof(fate), file);
	(void)fclose(file);
}

static int begin(char **argv, bool is_polled, struct baton_error *error)
{
	const struct baton_upgrade_options options = { .size = sizeof(options),
		.argv = argv,
		.on_drain = on_drain,
		.on_end = on_end,
		.on_log = on_log };
	const struct baton_handoff_options handoff = { .size = sizeof(handoff),
		.on_connection = on_connection,
		.on_complete = on_complete,
		.on_room = on_room,
		.on_passed = on_passed };
	struct baton_address *address;
	struct baton_listener *listener;
	int r = baton_address_parse(argv[1], &address, error);
	if (r < 0)
		return r;
	r = baton_upgrade_create(is_polled ? NULL : loop, &options, &upgrade, error);
	if (r == 0 && !is_fate("plain"))
		r = baton_handoff_open(upgrade, &handoff, error);
	if (r == 0)
		r = baton_upgrade_listener(upgrade, "main", address, &listener, error);
	baton_address_destroy(address);
	if (r < 0)
		return r;
	ev_io_init(&acceptor, on_acceptable, baton_listener_fd(listener, 0), EV_READ);
	ev_io_start(loop, &acceptor);
	if (is_polled) {
		ev_io_init(&dispatcher, on_dispatchable, baton_upgrade_fd(upgrade), EV_READ);
		ev_io_start(loop, &dispatcher);
	}
	return baton_upgrade_ready(upgrade, error);
}

int main(int argc, char **argv)
{
	bool is_polled = argc > 3 && strcmp(argv[3], "poll") == 0;
	struct baton_error error;

	if (argc < 3)
		return EXIT_FAILURE;
	(void)setvbuf(stderr, NULL, _IOLBF, 0);
	loop = is_polled ? ev_loop_new(EVFLAG_AUTO) : EV_DEFAULT;
	read_fate(argv[2]);
	if (begin(argv, is_polled, &error) < 0) {
		(void)fprintf(stderr, "handoff-server: %s\n", error.text);
		return EXIT_FAILURE;
	}
	(void)fprintf(stderr, "ready generation=%u pid=%d\n", baton_upgrade_generation(upgrade),
		getpid());
	ev_run(loop, 0);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (connections[i].is_open)
			close_connection(&connections[i]);
	baton_upgrade_destroy(upgrade);
	ev_loop_destroy(loop);
	return status;
}
