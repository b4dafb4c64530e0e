/* SPDX-License-Identifier: MIT */
/*
 * A child for tests: a server that upgrades itself. It answers the first byte
 * of each connection with "GENERATION PID\n" and closes. What it logs goes to
 * standard error, a line each.
 *
 *     upgrade-server ADDRESS|- FATE [KEY=VALUE]...
 *
 * FATE is a file that each generation reads at its start: "serve", "hang"
 * (never ready), "exit N", "die" (by SIGKILL), "deaf" (hangs, SIGTERM ignored),
 * "gate" (gets ready once SIGUSR1 comes), "slow" (says that it accepts, but
 * sends its SIGTERM once SIGUSR1 comes; never serves).
 */
#include <baton/baton.h>

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, LISTENERS_MAX = 8 };

struct connection {
	ev_io watcher;
	bool is_open;
};

struct server {
	struct ev_loop *loop;
	struct baton_upgrade *upgrade;
	struct baton_upgrade_options options;
	ev_io accepts[LISTENERS_MAX];
	size_t accept_count;
	struct connection connections[CONNECTIONS_MAX];
	size_t open_count;
	bool is_draining;
	bool is_hung;     /* never calls drained */
	bool is_polled;   /* the object does not know of our loop */
	ev_io dispatcher; /* likewise: what it has instead */
	int status;
};

static void finish_if_idle(struct server *server)
{
	if (server->is_draining && server->open_count == 0 && !server->is_hung)
		baton_upgrade_drained(server->upgrade);
}

static void close_connection(struct server *server, struct connection *connection)
{
	ev_io_stop(server->loop, &connection->watcher);
	(void)close(connection->watcher.fd);
	connection->is_open = false;
	server->open_count--;
	finish_if_idle(server);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *server = w->data;
	char byte, answer[64];

	(void)loop;
	(void)revents;
	if (read(w->fd, &byte, 1) == 1) {
		int length = snprintf(answer, sizeof(answer), "%u %d\n",
			baton_upgrade_generation(server->upgrade), getpid());

		(void)!write(w->fd, answer, (size_t)length); /* the client notices */
	}
	close_connection(server, (struct connection *)(void *)w);
}

static void on_connection(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *server = w->data;
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)revents;
	if (fd == -1)
		return;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &server->connections[i];

		if (connection->is_open)
			continue;
		connection->is_open = true;
		server->open_count++;
		ev_io_init(&connection->watcher, on_readable, fd, EV_READ);
		connection->watcher.data = server;
		ev_io_start(loop, &connection->watcher);
		return;
	}
	(void)close(fd);
}

static void on_drain(struct baton_upgrade *upgrade, void *data)
{
	struct server *server = data;

	(void)upgrade;
	for (size_t i = 0; i < server->accept_count; i++)
		ev_io_stop(server->loop, &server->accepts[i]);
	server->is_draining = true;
	finish_if_idle(server);
}

static void on_deadline(struct baton_upgrade *upgrade, void *data)
{
	struct server *server = data;

	(void)upgrade;
	if (server->is_hung)
		return;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (server->connections[i].is_open)
			close_connection(server, &server->connections[i]);
}

static void on_end(struct baton_upgrade *upgrade, int status, void *data)
{
	struct server *server = data;

	(void)upgrade;
	server->status = status;
	ev_break(server->loop, EVBREAK_ALL);
}

static void on_log(int level, const char *text, void *data)
{
	(void)data;
	(void)fprintf(stderr, "<%d> pid=%d %s\n", level, getpid(), text);
}

static void on_signal(
	struct baton_upgrade *upgrade, int signal, enum baton_upgrade_hook hook, void *data)
{
	(void)data;
	(void)fprintf(stderr, "hook %s SIG%s state=%d\n",
		hook == BATON_UPGRADE_BEFORE_SIGNAL ? "before" : "after", sigabbrev_np(signal),
		(int)baton_upgrade_state(upgrade));
}

static int refuse(const char *what, const struct baton_error *error)
{
	(void)fprintf(stderr, "%s: %s\n", what, error->text);
	return EXIT_FAILURE;
}

static void set_option(struct server *server, const char *option)
{
	struct baton_upgrade_options *options = &server->options;

	if (strncmp(option, "pid-file=", 9) == 0)
		options->pid_file = option + 9;
	else if (strncmp(option, "ready=", 6) == 0)
		options->ready_timeout_ms = atoi(option + 6);
	else if (strncmp(option, "drain=", 6) == 0)
		options->drain_timeout_ms = atoi(option + 6);
	else if (strncmp(option, "hammer=", 7) == 0)
		options->hammer_ms = atoi(option + 7);
	else if (strcmp(option, "hooks") == 0)
		options->on_signal = on_signal;
	else if (strcmp(option, "hung") == 0)
		server->is_hung = true;
	else if (strcmp(option, "own-loop") == 0)
		server->loop = ev_loop_new(EVFLAG_AUTO);
	else if (strcmp(option, "poll") == 0)
		server->is_polled = true;
}

static void read_fate(const char *path, char *fate, int size)
{
	FILE *file = fopen(path, "re");

	if (file) {
		(void)!fgets(fate, size, file);
		(void)fclose(file);
	}
}

/* What the file says is to become of this generation; returns only if it is to serve. */
static void meet_fate(struct server *server, const char *path)
{
	char fate[32] = "serve";

	read_fate(path, fate, sizeof(fate));
	if (strncmp(fate, "exit ", 5) == 0)
		_exit(atoi(fate + 5));
	if (strncmp(fate, "die", 3) == 0)
		(void)raise(SIGKILL);
	if (strncmp(fate, "deaf", 4) == 0) {
		(void)signal(SIGTERM, SIG_IGN);
		for (;;)
			(void)pause();
	}
	if (strncmp(fate, "hang", 4) == 0) {
		(void)fprintf(stderr, "hanging pid=%d\n", getpid());
		ev_run(server->loop, 0);
		_exit(server->status);
	}
}

static void wait_for_signal(int signal)
{
	sigset_t set;
	int came;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, signal);
	while (sigwait(&set, &came) != 0)
		;
}

static void block_signals(int how)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(how, &set, NULL);
}

/* A successor whose message and signal are as far apart as the test wants. */
static void be_slow(void)
{
	const uint32_t ready[] = { 1, 1, 0 };
	int channel = atoi(getenv("BATON_CHANNEL"));
	int predecessor = atoi(getenv("BATON_PREDECESSOR"));

	block_signals(SIG_BLOCK);
	if (write(channel, ready, sizeof(ready)) != (ssize_t)sizeof(ready))
		_exit(EXIT_FAILURE);
	(void)fprintf(stderr, "slow pid=%d\n", getpid());
	wait_for_signal(SIGUSR1);
	(void)syscall(SYS_pidfd_send_signal, predecessor, SIGTERM, NULL, 0);
	wait_for_signal(SIGTERM);
	(void)fprintf(stderr, "slow stopped\n");
	_exit(EXIT_SUCCESS);
}

/* Likewise, before the library has taken anything over. */
static void meet_early_fate(const char *path)
{
	char fate[32] = "serve";

	read_fate(path, fate, sizeof(fate));
	if (strncmp(fate, "slow", 4) == 0)
		be_slow();
	if (strncmp(fate, "gate", 4) == 0) {
		block_signals(SIG_BLOCK);
		(void)fprintf(stderr, "gate pid=%d\n", getpid());
		wait_for_signal(SIGUSR1);
		block_signals(SIG_UNBLOCK);
	}
}

static void on_dispatchable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *server = w->data;

	(void)loop;
	(void)revents;
	(void)baton_upgrade_dispatch(server->upgrade);
}

static int create(struct server *server, struct baton_error *error)
{
	/* Not libev's default loop for a host that could be any: it reaps every child. */
	if (!server->loop)
		server->loop = server->is_polled ? ev_loop_new(EVFLAG_AUTO) : EV_DEFAULT;
	int r = baton_upgrade_create(
		server->is_polled ? NULL : server->loop, &server->options, &server->upgrade, error);

	if (r < 0 || !server->is_polled)
		return r;
	ev_io_init(
		&server->dispatcher, on_dispatchable, baton_upgrade_fd(server->upgrade), EV_READ);
	server->dispatcher.data = server;
	ev_io_start(server->loop, &server->dispatcher);
	return 0;
}

static int listen_all(struct server *server, const char *text, struct baton_error *error)
{
	struct baton_address *address = NULL;
	struct baton_listener *listener;
	int r = 0;

	if (strcmp(text, "-") != 0)
		r = baton_address_parse(text, &address, error);
	if (r == 0)
		r = baton_upgrade_listener(server->upgrade, "main", address, &listener, error);
	baton_address_destroy(address);
	for (size_t i = 0; r == 0 && i < baton_listener_count(listener); i++) {
		ev_io *w = &server->accepts[server->accept_count++];

		ev_io_init(w, on_connection, baton_listener_fd(listener, i), EV_READ);
		w->data = server;
		ev_io_start(server->loop, w);
	}
	return r;
}

int main(int argc, char **argv)
{
	static struct server server;
	struct baton_error error;

	if (argc < 3)
		return EXIT_FAILURE;
	(void)setvbuf(stderr, NULL, _IOLBF, 0);
	server.loop = NULL;
	server.options = (struct baton_upgrade_options){
		.size = sizeof(server.options),
		.argv = argv,
		.data = &server,
		.on_drain = on_drain,
		.on_deadline = on_deadline,
		.on_end = on_end,
		.on_log = on_log,
	};
	for (int i = 3; i < argc; i++)
		set_option(&server, argv[i]);
	meet_early_fate(argv[2]);
	if (create(&server, &error) < 0)
		return refuse("create", &error);
	meet_fate(&server, argv[2]);
	if (listen_all(&server, argv[1], &error) < 0)
		return refuse("listen", &error);
	if (baton_upgrade_ready(server.upgrade, &error) < 0)
		return refuse("ready", &error);
	(void)fprintf(stderr, "ready generation=%u pid=%d\n",
		baton_upgrade_generation(server.upgrade), getpid());
	ev_run(server.loop, 0);
	baton_upgrade_destroy(server.upgrade);
	ev_loop_destroy(server.loop);
	return server.status;
}
