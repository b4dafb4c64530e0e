/* SPDX-License-Identifier: MIT */
/*
 * baton-httpd: an HTTP server that is restarted and upgraded without losing a
 * connection. This page is the whole shape of such a server: three actors in one
 * group, which are what is for everybody, what is for operators, and the upgrade
 * object, which stands for signals and successors. Whichever ends first, the
 * others are stopped, each finishes, and the process ends with the first error.
 */
#include <baton/context.h>
#include <baton/group.h>
#include <baton/leak.h>
#include <baton/upgrade.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "access_log.h"
#include "app/app.h"
#include "debug/debug.h"
#include "exit_status.h"
#include "handoff.h"
#include "options.h"

struct httpd {
	struct options options;
	struct ev_loop *loop;
	struct baton_cancel *root;  /* of the context of everything */
	struct baton_cancel *drain; /* of the one that ends at the drain deadline */
	struct baton_upgrade *upgrade;
	struct baton_group *group;
	struct access_log *access_log;
	struct app app;
	struct debug debug;
	struct baton_listener *debug_listener; /* NULL: none */
	int failure;                           /* the group's first error */
	enum exit_step step;                   /* what is being done */
	int status;                            /* to exit with */
};

static void on_log(int level, const char *text, void *data)
{
	(void)level, (void)data;
	(void)fprintf(stderr, "baton-httpd: %s\n", text);
}

static bool may_debug_accept(void *data)
{
	struct httpd *httpd = data;

	return httpd->debug_listener &&
		baton_upgrade_stays_open(httpd->upgrade, httpd->debug_listener);
}

/* The drain timeout has passed. */
static void on_deadline(struct baton_upgrade *upgrade, void *data)
{
	struct httpd *httpd = data;

	(void)upgrade;
	server_expire(&httpd->app.server);
	server_expire(&httpd->debug.server);
	baton_cancel_now(httpd->drain, -ETIMEDOUT, "the drain deadline has passed");
}

/* What has not come to its end. */
static void report_left(void)
{
	struct baton_leak *left;

	if (baton_leak_snapshot(BATON_LEAK_TASK, &left) < 0)
		return;
	for (size_t i = 0; i < baton_leak_count(left); i++) {
		const struct baton_leak_entry *entry = baton_leak_get(left, i);

		(void)fprintf(stderr, "baton-httpd: cut off: %s, for %.3f s (%s)\n", entry->what,
			(double)entry->age_ms / 1e3, entry->place);
	}
	baton_leak_destroy(left);
}

/* All have ended, or the time for that is over. */
static void on_end(struct baton_upgrade *upgrade, int status, void *data)
{
	struct httpd *httpd = data;

	(void)upgrade;
	report_left();
	httpd->status = status;
	ev_break(httpd->loop, EVBREAK_ALL);
}

static void on_signal(
	struct baton_upgrade *upgrade, int signal, enum baton_upgrade_hook hook, void *data)
{
	struct httpd *httpd = data;

	(void)upgrade;
	if (signal == SIGUSR1 && hook == BATON_UPGRADE_AFTER_SIGNAL)
		access_log_reopen(httpd->access_log);
}

static void on_actor_ended(
	struct baton_group *group, const struct baton_actor_info *actor, void *data)
{
	(void)group, (void)data;
	if (actor->result < 0)
		(void)fprintf(stderr, "baton-httpd: %s: %s\n", actor->name,
			*actor->error ? actor->error : strerror(-actor->result));
}

static void on_app_ended(void *data)
{
	struct httpd *httpd = data;

	debug_on_app_ended(&httpd->debug);
}

static void on_group_ended(struct baton_group *group, int result, void *data)
{
	struct httpd *httpd = data;

	(void)group;
	httpd->failure = result; /* the upgrade object ends the process: see on_end */
}

/* Somebody asked for it on the debug port, which may be asked again: that is no second SIGTERM. */
static void on_shutdown(void *data)
{
	struct httpd *httpd = data;

	if (baton_upgrade_state(httpd->upgrade) < BATON_UPGRADE_DRAINING)
		baton_upgrade_stop(httpd->upgrade);
}

/* Says which port the system chose, as nobody could know it otherwise. */
static void report_port(const struct baton_address *address, const struct baton_listener *listener)
{
	if (address && baton_address_port(address) == 0)
		(void)fprintf(stderr, "baton-httpd: listener \"%s\" is on %s\n",
			baton_listener_name(listener), baton_listener_bound(listener, 0));
}

/* The one of --debug, or one that was passed under that name. */
static int take_debug_listener(struct httpd *httpd, struct baton_error *error)
{
	const struct options_listener *wanted = &httpd->options.debug;

	if (!wanted->address && options_has_listener(&httpd->options, wanted->name))
		return 0; /* what was passed under that name is for everybody */
	int r = baton_upgrade_listener(
		httpd->upgrade, wanted->name, wanted->address, &httpd->debug_listener, error);

	if (r == -ENOENT && !wanted->address)
		return 0;
	if (r == 0)
		r = server_add(&httpd->debug.server, httpd->debug_listener, error);
	if (r < 0)
		return r;
	report_port(wanted->address, httpd->debug_listener);
	r = baton_upgrade_keep_open(httpd->upgrade, httpd->debug_listener);
	if (r < 0)
		(void)snprintf(error->text, sizeof(error->text),
			"cannot keep listener \"%s\" for the drain: %s", wanted->name,
			strerror(-r));
	return r;
}

/* Takes those of --listen, inherited or opened, or else all that were inherited. */
static int take_listeners(struct httpd *httpd, struct baton_error *error)
{
	const struct options *options = &httpd->options;
	struct baton_listener *listener;
	int r = take_debug_listener(httpd, error);

	for (size_t i = 0; r == 0 && i < options->listener_count; i++) {
		const struct options_listener *wanted = &options->listeners[i];

		r = baton_upgrade_listener(
			httpd->upgrade, wanted->name, wanted->address, &listener, error);
		if (r == 0)
			r = server_add(&httpd->app.server, listener, error);
		if (r == 0)
			report_port(wanted->address, listener);
	}
	if (options->listener_count)
		return r;
	while (r == 0) {
		r = baton_upgrade_next_listener(httpd->upgrade, &listener, error);
		if (r == 0)
			r = server_add(&httpd->app.server, listener, error);
	}
	if (r != -ENOENT)
		return r;
	if (httpd->app.server.listener_count)
		return 0;
	(void)snprintf(
		error->text, sizeof(error->text), "no socket was passed to serve: give --listen");
	return -EINVAL;
}

static int open_upgrade(struct httpd *httpd, char **argv, struct baton_error *error)
{
	const struct options *options = &httpd->options;
	const struct baton_upgrade_options upgrade = {
		.size = sizeof(upgrade),
		.argv = argv,
		.pid_file = options->pid_file,
		/* To libbaton 0 is its default: a millisecond is the least there is. */
		.drain_timeout_ms = options->drain_timeout_ms ? options->drain_timeout_ms : 1,
		.data = httpd,
		.on_deadline = on_deadline,
		.on_end = on_end,
		.on_signal = on_signal,
		.on_log = on_log,
	};

	return baton_upgrade_create(httpd->loop, &upgrade, &httpd->upgrade, error);
}

static int open_contexts(struct httpd *httpd, struct baton_error *error)
{
	int r = baton_context_with_cancel(baton_context_background(), &httpd->root);

	if (r == 0)
		r = baton_context_with_cancel(baton_cancel_context(httpd->root), &httpd->drain);
	if (r < 0)
		(void)snprintf(error->text, sizeof(error->text), "out of memory");
	return r;
}

static int open_services(struct httpd *httpd, struct baton_error *error)
{
	const struct options *options = &httpd->options;
	struct app_options app = {
		.server = {
			.name = "app",
			.context = baton_cancel_context(httpd->root),
			.access_log = httpd->access_log,
			.keep_alive_ms = options->keep_alive_ms,
			.request_ms = options->request_ms,
			.answer_ms = options->answer_ms,
			.max_connections = options->max_connections,
			.max_body = options->max_body,
			.close_spread_ms = options->close_spread_ms,
			.upgrade = httpd->upgrade,
			.on_log = on_log,
		},
		.root = options->root,
		.work_threads = (unsigned)options->work_threads,
		.work_queue = (size_t)options->work_queue,
		.generation = baton_upgrade_generation(httpd->upgrade),
		.drain = baton_cancel_context(httpd->drain),
		.on_ended = on_app_ended,
		.data = httpd,
	};
	struct debug_options debug = {
		.server = app.server,
		.app = &httpd->app,
		.generation = app.generation,
		.on_shutdown = on_shutdown,
		.may_accept = may_debug_accept,
		.data = httpd,
	};

	debug.server.name = "debug";
	debug.server.access_log = NULL;
	debug.server.max_connections = 0;
	debug.server.upgrade = NULL; /* its connections are about this process */
	int r = app_open(&httpd->app, httpd->loop, &app, error);
	if (r == 0)
		r = handoff_open(httpd->upgrade, &httpd->app.server, error);
	return r < 0 ? r : debug_open(&httpd->debug, httpd->loop, &debug, error);
}

static int open_group(struct httpd *httpd, struct baton_error *error)
{
	const struct baton_group_options options = {
		.size = sizeof(options),
		.data = httpd,
		.on_actor_ended = on_actor_ended,
		.on_end = on_group_ended,
	};
	int r = baton_group_create(
		httpd->loop, baton_cancel_context(httpd->root), &options, &httpd->group, error);

	if (r == 0)
		r = baton_upgrade_join(httpd->upgrade, httpd->group, error);
	if (r == 0)
		r = server_join(&httpd->debug.server, httpd->group, error);
	if (r == 0)
		r = server_join(&httpd->app.server, httpd->group, error);
	return r;
}

static int open_all(struct httpd *httpd, char **argv, struct baton_error *error)
{
	int r = open_upgrade(httpd, argv, error);

	if (r == 0)
		r = open_contexts(httpd, error);
	if (r == 0 && httpd->options.access_log)
		r = access_log_open(httpd->loop, httpd->options.access_log, on_log, NULL,
			&httpd->access_log, error);
	if (r < 0)
		return r;
	httpd->step = EXIT_STEP_READ;
	r = open_services(httpd, error);
	if (r < 0)
		return r;
	httpd->step = EXIT_STEP_CREATE;
	r = open_group(httpd, error);
	return r < 0 ? r : take_listeners(httpd, error);
}

static void close_all(struct httpd *httpd)
{
	baton_group_destroy(httpd->group);
	debug_close(&httpd->debug);
	app_close(&httpd->app);
	access_log_close(httpd->access_log);
	baton_cancel_destroy(httpd->drain);
	baton_cancel_destroy(httpd->root);
	baton_upgrade_destroy(httpd->upgrade);
}

/* Serves until everything is over. 0, or -errno if it could not begin. */
static int run(struct httpd *httpd, char **argv, struct baton_error *error)
{
	int r = open_all(httpd, argv, error);

	if (r == 0 && (r = baton_group_start(httpd->group)) < 0)
		(void)snprintf(error->text, sizeof(error->text), "cannot start: %s", strerror(-r));
	if (r == 0) {
		if (baton_upgrade_ready(httpd->upgrade, error) < 0)
			on_log(LOG_WARNING, error->text, NULL); /* no pid file, but it serves */
		ev_run(httpd->loop, 0);
		/* What it could begin with was all right: exit_status is about that. */
		if (httpd->failure < 0)
			httpd->status = EX_UNAVAILABLE;
	}
	close_all(httpd);
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
		httpd.status = exit_status(httpd.step, r);
	}
	options_finish(&httpd.options);
	ev_loop_destroy(httpd.loop);
	return httpd.status;
}
