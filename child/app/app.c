/* SPDX-License-Identifier: MIT */
/* See app.h. */
#include "app/app.h"

#include <stdio.h>
#include <unistd.h>

#include "app/slow.h"
#include "app/stream.h"
#include "app/work.h"

#define FILES_PATH          "/files/"
#define FILES_WITHOUT_SLASH "/files"

static enum call_progress begin_hello(struct call *call)
{
	struct app *app = call->data;

	if (buffer_append_text(&call->answer.content, app->hello) < 0)
		return call_answer_status(call, 503);
	return CALL_ANSWERED;
}

static enum call_progress begin_slow(struct call *call)
{
	struct app *app = call->data;

	return slow_begin(call, app->loop, app->slow);
}

static enum call_progress begin_echo(struct call *call)
{
	struct buffer *content = &call->answer.content;
	int r = buffer_appendf(content, "%s\n", request_method_name(call->request->method));

	if (r == 0)
		r = buffer_append(content, buffer_bytes(call->body), call->body->size);
	return r < 0 ? call_answer_status(call, 503) : CALL_ANSWERED;
}

static enum call_progress begin_event(struct call *call)
{
	struct app *app = call->data;

	return events_begin(call, &app->events);
}

static enum call_progress begin_stream(struct call *call)
{
	struct app *app = call->data;

	return stream_begin(call, app->loop, app->event);
}

static int resume_stream(struct call *call, const void *state, size_t size)
{
	struct app *app = call->data;

	return stream_resume(call, app->loop, app->event, state, size);
}

static enum call_progress begin_work(struct call *call)
{
	struct app *app = call->data;

	return work_begin(call, app->pool);
}

static enum call_progress begin_files(struct call *call)
{
	struct app *app = call->data;

	return files_begin(call, &app->files, FILES_PATH);
}

static enum call_progress begin_files_without_slash(struct call *call)
{
	struct app *app = call->data;

	return files_begin_without_slash(call, &app->files);
}

static const struct route routes[] = {
	{ .path = "/", .allow = ROUTE_GET, .begin = begin_hello },
	{ .path = "/slow", .allow = ROUTE_GET, .begin = begin_slow, .end = slow_end },
	{
		.path = "/echo",
		.allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
		.takes_body = true,
		.begin = begin_echo,
	},
	{ .path = "/event", .allow = ROUTE_POST, .begin = begin_event },
	{
		.path = "/events",
		.allow = ROUTE_GET,
		.begin = begin_stream,
		.end = stream_end,
		.save = stream_save,
		.resume = resume_stream,
	},
	{ .path = "/work", .allow = ROUTE_GET, .begin = begin_work, .end = work_end },
	{ .path = FILES_WITHOUT_SLASH, .allow = ROUTE_GET, .begin = begin_files_without_slash },
	{ .path = FILES_PATH, .allow = ROUTE_GET, .begin = begin_files, .end = files_end },
};

/* The end, from the last step to the first. What is left at the drain deadline main.c tells of. */

static void end(struct app *app)
{
	server_ended(&app->server);
	app->options.on_ended(app->options.data);
}

static void on_work_ended(struct baton_pool *pool, int result, void *data)
{
	(void)pool, (void)result;
	end(data);
}

static void on_events_ended(struct baton_tracker *tracker, int result, void *data)
{
	struct app *app = data;

	(void)tracker, (void)result;
	if (baton_pool_shutdown(
		    app->pool, BATON_POOL_FINISH, app->options.drain, on_work_ended, app) < 0)
		end(app);
}

/* The last connection has gone: nobody starts anything any more. */
static void on_drained(struct server *server, void *data)
{
	struct app *app = data;

	(void)server;
	if (baton_tracker_shutdown(
		    app->events.tracker, app->loop, app->options.drain, on_events_ended, app) < 0)
		end(app);
}

int app_open(struct app *app, struct ev_loop *loop, const struct app_options *options,
	struct baton_error *error)
{
	struct server_options server = options->server;

	*app = (struct app){
		.options = *options,
		.loop = loop,
		.routes = ROUTES(routes, app),
		.files.root = -1,
	};
	(void)snprintf(app->hello, sizeof(app->hello), "hello pid=%ld generation=%u\n",
		(long)getpid(), options->generation);
	(void)snprintf(app->slow, sizeof(app->slow), "slow pid=%ld generation=%u\n", (long)getpid(),
		options->generation);
	(void)snprintf(app->event, sizeof(app->event), "pid=%ld generation=%u", (long)getpid(),
		options->generation);
	server.routes = &app->routes;
	server.on_drained = on_drained;
	server.data = app;
	const struct baton_pool_options pool = {
		.size = sizeof(pool),
		.name = "work",
		.threads = options->work_threads,
		.queue_length = options->work_queue,
	};
	int r = server_init(&app->server, loop, &server, error);

	if (r == 0 && (r = events_open(&app->events, loop)) < 0)
		(void)snprintf(error->text, sizeof(error->text), "out of memory");
	if (r == 0)
		r = files_open(&app->files, options->root, error);
	if (r == 0)
		r = baton_pool_create(loop, server.context, &pool, &app->pool, error);
	return r;
}

void app_close(struct app *app)
{
	if (!app->loop)
		return;
	server_finish(&app->server);
	baton_pool_destroy(app->pool);
	events_close(&app->events);
	files_close(&app->files);
}
