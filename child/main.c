/* SPDX-License-Identifier: MIT */
/*
 * baton-httpd: an HTTP server that is restarted and upgraded without losing a
 * connection. This page is all that a server has to do for that with libbaton:
 * create the upgrade object, take listeners from it, say when it accepts, stop
 * accepting when told to drain, and say when it has finished.
 */
#include <baton/upgrade.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "options.h"
#include "server.h"

struct httpd {
	struct options options;
	struct ev_loop *loop;
	struct baton_upgrade *upgrade;
	struct server server;
	int status; /* to exit with */
};

static void on_log(int level, const char *text, void *data)
{
	(void)level, (void)data;
	(void)fprintf(stderr, "baton-httpd: %s\n", text);
}

/* A successor has taken over, or we were told to end. */
static void on_drain(struct baton_upgrade *upgrade, void *data)
{
	struct httpd *httpd = data;

	(void)upgrade;
	server_drain(&httpd->server);
}

/* The drain timeout has passed. */
static void on_deadline(struct baton_upgrade *upgrade, void *data)
{
	struct httpd *httpd = data;

	(void)upgrade;
	server_expire(&httpd->server);
}

/* The last connection has gone. */
static void on_drained(struct server *server, void *data)
{
	struct httpd *httpd = data;

	(void)server;
	baton_upgrade_drained(httpd->upgrade);
}

static void on_end(struct baton_upgrade *upgrade, int status, void *data)
{
	struct httpd *httpd = data;

	(void)upgrade;
	httpd->status = status;
	ev_break(httpd->loop, EVBREAK_ALL);
}

/* Says which port the system chose, as nobody could know it otherwise. */
static void report_port(const struct baton_listener *listener)
{
	(void)fprintf(stderr, "baton-httpd: listener \"%s\" is on %s\n",
		baton_listener_name(listener), baton_listener_bound(listener, 0));
}

static int serve(
	struct httpd *httpd, const struct baton_listener *listener, struct baton_error *error)
{
	int r = server_add(&httpd->server, listener);
	if (r < 0)
		(void)snprintf(error->text, sizeof(error->text), "listener \"%s\": %s",
			baton_listener_name(listener),
			r == -EPROTOTYPE ? "not a stream socket" : "out of memory");
	return r;
}

/* Takes those of --listen, inherited or opened, or else all that were
 * inherited. */
static int take_listeners(struct httpd *httpd, struct baton_error *error)
{
	const struct options *options = &httpd->options;
	struct baton_listener *listener;
	int r = 0;

	for (size_t i = 0; r == 0 && i < options->listener_count; i++) {
		const struct options_listener *wanted = &options->listeners[i];

		r = baton_upgrade_listener(
			httpd->upgrade, wanted->name, wanted->address, &listener, error);
		if (r == 0)
			r = serve(httpd, listener, error);
		if (r == 0 && baton_address_port(wanted->address) == 0)
			report_port(listener);
	}
	if (options->listener_count)
		return r;
	while (r == 0) {
		r = baton_upgrade_next_listener(httpd->upgrade, &listener, error);
		if (r == 0)
			r = serve(httpd, listener, error);
	}
	if (r != -ENOENT)
		return r;
	if (httpd->server.acceptor_count)
		return 0;
	(void)snprintf(
		error->text, sizeof(error->text), "no socket was passed to serve: give --listen");
	return -EINVAL;
}

static int create_upgrade(struct httpd *httpd, char **argv, struct baton_error *error)
{
	const struct baton_upgrade_options options = {
		.size = sizeof(options),
		.argv = argv,
		.pid_file = httpd->options.pid_file,
		.drain_timeout_ms = httpd->options.drain_timeout_ms,
		.data = httpd,
		.on_drain = on_drain,
		.on_deadline = on_deadline,
		.on_end = on_end,
		.on_log = on_log,
	};

	return baton_upgrade_create(httpd->loop, &options, &httpd->upgrade, error);
}

static void init_server(struct httpd *httpd)
{
	const struct server_options options = {
		.keep_alive_ms = httpd->options.keep_alive_ms,
		.request_ms = httpd->options.request_ms,
		.max_connections = httpd->options.max_connections,
		.max_body = httpd->options.max_body,
		.on_drained = on_drained,
		.on_log = on_log,
		.data = httpd,
	};

	server_init(
		&httpd->server, httpd->loop, &options, baton_upgrade_generation(httpd->upgrade));
}

/* Of a server that could not begin. */
static int exit_status(int error)
{
	switch (-error) {
	case EINVAL:
	case EPROTOTYPE:
		return EX_USAGE;
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	case ESRCH:
		return EX_NOUSER;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return EX_OSERR;
	}
	return EX_UNAVAILABLE;
}

/* Serves until everything is over. 0, or -errno if it could not begin. */
static int run(struct httpd *httpd, char **argv, struct baton_error *error)
{
	int r = create_upgrade(httpd, argv, error);
	if (r < 0)
		return r;
	init_server(httpd);
	r = take_listeners(httpd, error);
	if (r == 0) {
		server_start(&httpd->server);
		if (baton_upgrade_ready(httpd->upgrade, error) < 0)
			on_log(LOG_WARNING, error->text, NULL); /* no pid file, but it serves */
		ev_run(httpd->loop, 0);
	}
	server_finish(&httpd->server);
	baton_upgrade_destroy(httpd->upgrade);
	return r;
}

/* Where one of them is closed, the next socket would become standard input or output. */
static int open_standard_streams(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	while (fd != -1 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	return fd == -1 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
	if (open_standard_streams() == -1)
		return EX_OSERR;

	struct httpd httpd = { .loop = ev_default_loop(EVFLAG_AUTO) };
	struct baton_error error;
	int r = options_parse(argc, argv, &httpd.options);

	if (r <= 0) {
		httpd.status = r < 0 ? EX_USAGE : EX_OK;
	} else if ((r = run(&httpd, argv, &error)) < 0) {
		on_log(LOG_ERR, error.text, NULL);
		httpd.status = exit_status(r);
	}
	options_finish(&httpd.options);
	ev_loop_destroy(httpd.loop);
	return httpd.status;
}
