/* SPDX-License-Identifier: MIT */
/* See debug.h. */
#include "debug/debug.h"

#include <errno.h>
#include <stdio.h>

#include "debug/debug_list.h"
#include "debug/process_metrics.h"

static enum call_progress begin_index(struct call *call)
{
	static const char text[] = "/healthz\n/readyz\n/metrics\n/debug/contexts\n/debug/fds\n"
				   "/debug/tasks\n/debug/threads\n/shutdown (POST)\n";

	if (buffer_append_text(&call->answer.content, text) < 0)
		return call_answer_status(call, 503);
	return CALL_ANSWERED;
}

static enum call_progress begin_healthz(struct call *call)
{
	if (buffer_append_text(&call->answer.content, "ok\n") < 0)
		return call_answer_status(call, 503);
	return CALL_ANSWERED;
}

static enum call_progress begin_readyz(struct call *call)
{
	struct debug *debug = call->data;
	bool is_draining = debug->server.settings.is_draining;

	if (buffer_append_text(&call->answer.content, is_draining ? "draining\n" : "ready\n") < 0)
		return call_answer_status(call, 503);
	call->answer.status = is_draining ? 503 : 200;
	return CALL_ANSWERED;
}

static enum call_progress list(struct call *call, enum baton_leak_kind kind)
{
	int is_json = call_wants_json(call, "text", "text/plain");

	if (is_json < 0)
		return call_answer_bad_query(call, "format", "neither text nor json");
	if (debug_list(&call->answer.content, kind, is_json) < 0)
		return call_answer_status(call, 503);
	if (is_json)
		call->answer.type = "application/json";
	return CALL_ANSWERED;
}

static enum call_progress begin_contexts(struct call *call)
{
	return list(call, BATON_LEAK_CONTEXT);
}

static enum call_progress begin_fds(struct call *call)
{
	return list(call, BATON_LEAK_FD);
}

static enum call_progress begin_tasks(struct call *call)
{
	return list(call, BATON_LEAK_TASK);
}

static enum call_progress begin_threads(struct call *call)
{
	return list(call, BATON_LEAK_THREAD);
}

static enum call_progress begin_shutdown(struct call *call)
{
	struct debug *debug = call->data;

	debug->options.on_shutdown(debug->options.data);
	return call_answer_status(call, 202);
}

/* One family of one value. */
struct family {
	const char *name, *type, *help;
	double value;
};

static int add_families(struct buffer *out, const struct family *families, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		r = metrics_begin(out, families[i].name, families[i].type, families[i].help);
		if (r == 0)
			r = metrics_sample(out, families[i].name, "", families[i].value);
	}
	return r;
}

static int add_state(struct buffer *out, const struct debug *debug)
{
	const struct app *app = debug->options.app;
	struct baton_acceptor_counts accepted;
	struct baton_pool_counts work;

	baton_acceptor_get_counts(app->server.acceptor, &accepted);
	baton_pool_get_counts(app->pool, &work);
	const struct family families[] = {
		{ "baton_httpd_generation", "gauge", "The number of this generation.",
			debug->options.generation },
		{ "baton_httpd_draining", "gauge", "1 while it drains.",
			app->server.settings.is_draining },
		{ "baton_httpd_connections", "gauge", "Connections of the app that are open.",
			(double)app->server.connection_count },
		{ "baton_httpd_connections_accepted_total", "counter",
			"Connections of the app so far.", (double)accepted.accepted },
		{ "baton_httpd_accept_pauses_total", "counter",
			"Pauses in accepting for want of descriptors or buffers.",
			(double)accepted.pauses },
		{ "baton_httpd_requests_under_way", "gauge",
			"Requests to the app that wait for their answer, or for the rest of it.",
			(double)baton_tracker_count(app->server.requests_open) },
		{ "baton_httpd_events_under_way", "gauge", "Events that are not recorded yet.",
			(double)baton_tracker_count(app->events.tracker) },
		{ "baton_httpd_events_recorded_total", "counter", "Events recorded.",
			(double)app->events.recorded },
		{ "baton_httpd_work_queued", "gauge", "Work that waits for a thread.",
			(double)work.queued },
		{ "baton_httpd_work_running", "gauge", "Work that a thread does.",
			(double)work.running },
		{ "baton_httpd_work_finished_total", "counter", "Work done.",
			(double)work.finished },
		{ "baton_httpd_work_dropped_total", "counter", "Work given up before it began.",
			(double)work.dropped },
		{ "baton_httpd_work_refused_total", "counter",
			"Work refused because the queue was full.", (double)work.refused },
	};

	return add_families(out, families, sizeof(families) / sizeof(families[0]));
}

static enum call_progress begin_metrics(struct call *call)
{
	struct debug *debug = call->data;
	const struct server *app = &debug->options.app->server;
	const struct metrics *metrics[] = { &app->metrics, &debug->server.metrics };
	const char *names[] = { app->options.name, debug->options.server.name };
	struct buffer *out = &call->answer.content;
	int r = add_state(out, debug);

	if (r == 0)
		r = metrics_write(out, metrics, names, 2);
	if (r == 0)
		r = process_metrics_write(out);
	if (r < 0)
		return call_answer_status(call, 503);
	call->answer.type = "text/plain; version=0.0.4; charset=utf-8";
	return CALL_ANSWERED;
}

static const struct route routes[] = {
	{ .path = "/", .allow = ROUTE_GET, .begin = begin_index },
	{ .path = "/healthz", .allow = ROUTE_GET, .begin = begin_healthz },
	{ .path = "/readyz", .allow = ROUTE_GET, .begin = begin_readyz },
	{ .path = "/metrics", .allow = ROUTE_GET, .begin = begin_metrics },
	{ .path = "/debug/contexts", .allow = ROUTE_GET, .begin = begin_contexts },
	{ .path = "/debug/fds", .allow = ROUTE_GET, .begin = begin_fds },
	{ .path = "/debug/tasks", .allow = ROUTE_GET, .begin = begin_tasks },
	{ .path = "/debug/threads", .allow = ROUTE_GET, .begin = begin_threads },
	{ .path = "/shutdown", .allow = ROUTE_POST, .begin = begin_shutdown },
};

/* Nobody is waited for who keeps a connection for the next time. */
static void end(struct server *server)
{
	server_drain(server);
	server_expire(server);
}

/* While the app drains one can still see what it waits for. */
static void on_stop(struct server *server, void *data)
{
	struct debug *debug = data;

	if (debug->app_has_ended)
		end(server);
	else
		server_begin_drain(server, debug->options.may_accept(debug->options.data));
}

int debug_open(struct debug *debug, struct ev_loop *loop, const struct debug_options *options,
	struct baton_error *error)
{
	struct server_options server = options->server;

	*debug = (struct debug){ .options = *options, .routes = ROUTES(routes, debug) };
	server.routes = &debug->routes;
	server.on_stop = on_stop;
	server.data = debug;
	return server_init(&debug->server, loop, &server, error);
}

void debug_close(struct debug *debug)
{
	server_finish(&debug->server);
}

void debug_on_app_ended(struct debug *debug)
{
	if (debug->app_has_ended)
		return;
	debug->app_has_ended = true;
	if (debug->server.settings.is_draining)
		end(&debug->server);
}
