/* SPDX-License-Identifier: MIT */
/*
 * baton-httpd: an HTTP server that is restarted and upgraded without losing a
 * connection.
 */
#include <baton/inherit.h>
#include <baton/listener.h>
#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "options.h"
#include "server.h"

enum { LISTENERS_MAX = 256 };

struct httpd {
	struct options options;
	struct server server;
	struct baton_listener *listeners[LISTENERS_MAX];
	size_t count;
	ev_signal term;
	ev_timer deadline;
};

static void on_log(int level, const char *text, void *data)
{
	(void)level, (void)data;
	(void)fprintf(stderr, "baton-httpd: %s\n", text);
}

static void on_drained(struct server *server, void *data)
{
	(void)data;
	ev_break(server->loop, EVBREAK_ALL);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct httpd *httpd = w->data;

	(void)loop, (void)revents;
	server_expire(&httpd->server);
}

static void on_term(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct httpd *httpd = w->data;

	(void)revents;
	server_drain(&httpd->server);
	ev_timer_start(loop, &httpd->deadline);
}

static int listen_on_all(struct httpd *httpd, struct baton_inherit *inherit)
{
	struct baton_error error;

	for (size_t i = 0; i < httpd->options.listener_count; i++) {
		const struct options_listener *l = &httpd->options.listeners[i];
		struct baton_listener **ret = &httpd->listeners[httpd->count];
		int r = baton_inherit_listener(inherit, l->name, l->address, ret, &error);

		if (r == -ENOENT)
			r = baton_listener_open(l->name, l->address, ret, &error);
		if (r < 0) {
			on_log(3, error.text, NULL);
			return r == -EINVAL ? EX_USAGE : EX_UNAVAILABLE;
		}
		if (server_add(&httpd->server, httpd->listeners[httpd->count++]) < 0) {
			on_log(3, "not a stream socket", NULL);
			return EX_USAGE;
		}
	}
	while (!httpd->options.listener_count && httpd->count < LISTENERS_MAX &&
		baton_inherit_next(inherit, &httpd->listeners[httpd->count], &error) == 0)
		(void)server_add(&httpd->server, httpd->listeners[httpd->count++]);
	if (!httpd->count) {
		on_log(3, "nothing to serve: give --listen", NULL);
		return EX_USAGE;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct httpd httpd = { 0 };
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	const char *generation = getenv("BATON_GENERATION");
	struct baton_inherit *inherit;
	struct baton_error error;
	int r = options_parse(argc, argv, &httpd.options);

	if (r <= 0) {
		options_finish(&httpd.options);
		return r < 0 ? EX_USAGE : EX_OK;
	}
	server_init(&httpd.server, loop,
		&(struct server_options){
			.keep_alive_ms = httpd.options.keep_alive_ms,
			.request_ms = httpd.options.request_ms,
			.max_connections = httpd.options.max_connections,
			.max_body = httpd.options.max_body,
			.on_drained = on_drained,
			.on_log = on_log,
		},
		generation ? (unsigned)strtoul(generation, NULL, 10) : 1);
	if (baton_inherit_open(&inherit, &error) < 0) {
		on_log(3, error.text, NULL);
		return EX_OSERR;
	}
	r = listen_on_all(&httpd, inherit);
	baton_inherit_close(inherit, NULL, NULL);
	if (r == 0) {
		ev_signal_init(&httpd.term, on_term, SIGTERM);
		httpd.term.data = &httpd;
		ev_signal_start(loop, &httpd.term);
		ev_timer_init(
			&httpd.deadline, on_deadline, httpd.options.drain_timeout_ms / 1e3, 0);
		httpd.deadline.data = &httpd;
		server_start(&httpd.server);
		ev_run(loop, 0);
	}
	server_finish(&httpd.server);
	for (size_t i = 0; i < httpd.count; i++)
		baton_listener_close(httpd.listeners[i]);
	options_finish(&httpd.options);
	return r;
}
