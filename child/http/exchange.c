/* SPDX-License-Identifier: MIT */
/* Requests: see exchange_internal.h. */
#include "http/exchange.h"

#include "http/exchange_internal.h"
#include "http/response.h"

void exchange_choose(
	struct exchange *exchange, const struct exchange_settings *settings, const char *head)
{
	const struct request *request = &exchange->request;

	/* The path of "http://host" and of "*" is empty. */
	exchange->route = request->path.size
		? routes_find(
			  settings->routes, request_text(head, request->path), request->path.size)
		: routes_find(settings->routes, "/", 1);
	exchange->refusal = 0;
	if (!exchange->route)
		exchange->refusal = 404;
	else if (!route_allows(exchange->route, request->method))
		exchange->refusal = 405;
}

/* Keeps the bytes that the request's parts are in. */
static int keep_head(struct exchange *exchange, const struct exchange_settings *settings,
	const struct buffer *in)
{
	const struct request *request = &exchange->request;

	exchange->began_us = settings->clock_us();
	return buffer_append(&exchange->head, buffer_bytes(in),
		request->size ? request->size : request->scanned);
}

static int run_head(struct exchange *exchange, const struct exchange_settings *settings,
	struct buffer *in, struct buffer *out)
{
	struct request *request = &exchange->request;
	enum request_status status = request_parse(request, buffer_bytes(in), in->size);
	int refusal;

	if (status == REQUEST_INCOMPLETE) {
		exchange->state = EXCHANGE_HEAD;
		return 0;
	}
	int r = keep_head(exchange, settings, in);
	if (r < 0)
		return r;
	if (status == REQUEST_REFUSED)
		return exchange_refuse(exchange, settings, request->refusal, false, in, out);
	exchange_choose(exchange, settings, buffer_bytes(in));
	buffer_drop(in, request->size);
	refusal = body_init(
		&exchange->body, request->is_chunked, request->length, settings->max_body);
	/* A client that waits for leave to send a body that nobody wants gets its answer at
	 * once; as it may send the body all the same, this is the end. */
	if (!refusal && request->expects_continue)
		refusal = exchange->refusal;
	if (refusal)
		return exchange_refuse(exchange, settings, refusal, false, in, out);
	exchange->state = EXCHANGE_BODY;
	if (request->expects_continue && in->size == 0)
		return response_append_interim(100, out);
	return 0;
}

static int run_body(struct exchange *exchange, const struct exchange_settings *settings,
	struct buffer *in, struct buffer *out)
{
	size_t taken, content;
	const char *bytes = buffer_bytes(in);
	int refusal = body_decode(&exchange->body, bytes, in->size, &taken, &content);
	if (refusal)
		return exchange_refuse(exchange, settings, refusal, false, in, out);
	if (content && !exchange->refusal && exchange->route->takes_body) {
		int r = buffer_append(&exchange->content, bytes + taken - content, content);
		if (r < 0)
			return r;
	}
	buffer_drop(in, taken);
	if (exchange->body.state == BODY_ENDED)
		return exchange_dispatch(exchange, settings, in, out);
	return 0;
}

/* Whether there is anything to be done about what is there. */
static bool can_go_on(const struct exchange *exchange, const struct buffer *in)
{
	switch (exchange->state) {
	case EXCHANGE_IDLE:
		return in->size > 0 && !exchange->is_held;
	case EXCHANGE_HEAD:
		return in->size > exchange->request.scanned && !exchange->is_held;
	case EXCHANGE_BODY:
		return in->size > 0 || exchange->body.state == BODY_ENDED;
	case EXCHANGE_SENDING:
		return exchange->call.answer.produce;
	case EXCHANGE_WAITING:
	case EXCHANGE_PAUSED:
	case EXCHANGE_ENDED:
		break;
	}
	return false;
}

static int run_once(struct exchange *exchange, const struct exchange_settings *settings,
	struct buffer *in, struct buffer *out)
{
	switch (exchange->state) {
	case EXCHANGE_IDLE:
	case EXCHANGE_HEAD:
		return run_head(exchange, settings, in, out);
	case EXCHANGE_BODY:
		return run_body(exchange, settings, in, out);
	case EXCHANGE_SENDING:
		return exchange_send_piece(exchange, settings, out);
	case EXCHANGE_WAITING:
	case EXCHANGE_PAUSED:
	case EXCHANGE_ENDED:
		break;
	}
	return 0;
}

int exchange_run(struct exchange *exchange, const struct exchange_settings *settings,
	struct buffer *in, struct buffer *out, size_t max_out)
{
	while (out->size < max_out && can_go_on(exchange, in)) {
		int r = run_once(exchange, settings, in, out);
		if (r < 0)
			return r;
	}
	if (exchange->state == EXCHANGE_ENDED)
		buffer_clear(in);
	return 0;
}

void exchange_open(struct exchange *exchange, const struct exchange_events *events,
	struct baton_context *parent)
{
	exchange->state = EXCHANGE_IDLE;
	exchange->events = events;
	exchange->parent = parent;
	exchange->goes_on = false;
	exchange->is_held = false;
	exchange_clear_answer(exchange);
}

void exchange_close(struct exchange *exchange, const struct exchange_settings *settings)
{
	switch (exchange->state) {
	case EXCHANGE_BODY:
	case EXCHANGE_WAITING:
	case EXCHANGE_SENDING:
	case EXCHANGE_PAUSED:
		exchange_end_request(exchange, settings, 499);
		break;
	case EXCHANGE_IDLE:
	case EXCHANGE_HEAD:
	case EXCHANGE_ENDED:
		break;
	}
	exchange->state = EXCHANGE_IDLE;
	exchange->request = (struct request){ 0 };
	buffer_clear(&exchange->head);
}

void exchange_finish(struct exchange *exchange)
{
	buffer_release(&exchange->head);
	buffer_release(&exchange->content);
	buffer_release(&exchange->piece);
	buffer_release(&exchange->call.answer.fields);
	buffer_release(&exchange->call.answer.content);
}
