/* SPDX-License-Identifier: MIT */
/* See exchange.h. */
#include "exchange.h"

#include <stdio.h>

#include "response.h"

/* Writes the answer: text, then the content to be echoed. */
static int append_answer(struct exchange *exchange, const struct exchange_context *context,
	const char *text, size_t size, bool closes, struct buffer *out)
{
	const struct request *request = &exchange->request;
	bool says_methods =
		exchange->route && (exchange->status == 405 || request->method == REQUEST_OPTIONS);
	struct response response = {
		.status = exchange->status,
		.date = context->date,
		.allow = says_methods ? exchange->route->allow : NULL,
		.length = size + exchange->content.size,
		.closes = closes,
		.says_keep_alive = request->is_http_1_0,
	};

	int r = response_append(&response, out);
	if (r == 0 && request->method != REQUEST_HEAD) {
		r = buffer_append(out, text, size);
		if (r == 0 && exchange->content.size)
			r = buffer_append(
				out, buffer_bytes(&exchange->content), exchange->content.size);
	}
	buffer_release(&exchange->content);
	exchange->state = closes ? EXCHANGE_ENDED : EXCHANGE_IDLE;
	exchange->answered++;
	exchange->request = (struct request){ 0 };
	exchange->route = NULL;
	return r;
}

static int append_error(struct exchange *exchange, const struct exchange_context *context,
	bool closes, struct buffer *out)
{
	char text[ROUTE_TEXT_SIZE];
	int size = snprintf(text, sizeof(text), "%s\n", response_reason(exchange->status));

	buffer_release(&exchange->content);
	return append_answer(exchange, context, text, (size_t)size, closes, out);
}

int exchange_answer(struct exchange *exchange, const struct exchange_context *context,
	const struct buffer *in, struct buffer *out)
{
	char text[ROUTE_TEXT_SIZE];
	int size = 0;
	/* While draining, a request that has come behind this one shall be answered too. */
	bool closes = !exchange->request.keeps_alive || (context->is_draining && in->size == 0);

	if (exchange->status != 200)
		return append_error(exchange, context, closes, out);
	if (exchange->request.method != REQUEST_OPTIONS)
		size = exchange->route->write(exchange->request.method, context->identity, text);
	return append_answer(exchange, context, text, (size_t)size, closes, out);
}

int exchange_refuse(struct exchange *exchange, const struct exchange_context *context, int status,
	struct buffer *out)
{
	exchange->status = status;
	return append_error(exchange, context, true, out);
}

/* Settles what the answer will be, now that the head is complete. */
static void choose(struct exchange *exchange, const char *head)
{
	const struct request *request = &exchange->request;
	const struct request_part query = request->query;

	/* The path of "http://host" and of "*" is empty. */
	exchange->route = request->path.size == 0
		? route_find("/", 1)
		: route_find(head + request->path.offset, request->path.size);
	exchange->status = 200;
	exchange->delay_ms = 0;
	if (!exchange->route)
		exchange->status = 404;
	else if (!route_allows(exchange->route, request->method))
		exchange->status = 405;
	else if (exchange->route->has_delay && request->method != REQUEST_OPTIONS)
		exchange->delay_ms = route_delay_ms(head + query.offset, query.size);
	if (exchange->delay_ms < 0) {
		exchange->status = 400;
		exchange->delay_ms = 0;
	}
}

/* The request is there, body included. */
static int finish_request(struct exchange *exchange, const struct exchange_context *context,
	const struct buffer *in, struct buffer *out)
{
	if (exchange->delay_ms == 0)
		return exchange_answer(exchange, context, in, out);
	exchange->state = EXCHANGE_WAITING;
	return 0;
}

static int run_head(struct exchange *exchange, const struct exchange_context *context,
	struct buffer *in, struct buffer *out)
{
	struct request *request = &exchange->request;
	const char *head = buffer_bytes(in);
	enum request_status status = request_parse(request, head, in->size);
	int refusal;

	if (status == REQUEST_INCOMPLETE) {
		exchange->state = EXCHANGE_HEAD;
		return 0;
	}
	if (status == REQUEST_REFUSED)
		return exchange_refuse(exchange, context, request->refusal, out);
	choose(exchange, head);
	buffer_drop(in, request->size);
	refusal =
		body_init(&exchange->body, request->is_chunked, request->length, context->max_body);
	/* A client that waits for leave to send a body that nobody wants gets its answer at
	 * once; as it may send the body all the same, this is the end. */
	if (!refusal && request->expects_continue && exchange->status != 200)
		refusal = exchange->status;
	if (refusal)
		return exchange_refuse(exchange, context, refusal, out);
	exchange->state = EXCHANGE_BODY;
	if (request->expects_continue && in->size == 0)
		return response_append_interim(100, out);
	return 0;
}

static int run_body(struct exchange *exchange, const struct exchange_context *context,
	struct buffer *in, struct buffer *out)
{
	size_t taken, content;
	const char *bytes = buffer_bytes(in);
	int refusal = body_decode(&exchange->body, bytes, in->size, &taken, &content);
	if (refusal)
		return exchange_refuse(exchange, context, refusal, out);
	if (content && exchange->status == 200 && exchange->route->echoes) {
		int r = buffer_append(&exchange->content, bytes + taken - content, content);
		if (r < 0)
			return r;
	}
	buffer_drop(in, taken);
	if (exchange->body.state == BODY_ENDED)
		return finish_request(exchange, context, in, out);
	return 0;
}

/* Whether run_head or run_body could get any further. */
static bool can_go_on(const struct exchange *exchange, const struct buffer *in)
{
	switch (exchange->state) {
	case EXCHANGE_IDLE:
		return in->size > 0;
	case EXCHANGE_HEAD:
		return in->size > exchange->request.scanned;
	case EXCHANGE_BODY:
		return in->size > 0 || exchange->body.state == BODY_ENDED;
	case EXCHANGE_WAITING:
	case EXCHANGE_ENDED:
		break;
	}
	return false;
}

int exchange_run(struct exchange *exchange, const struct exchange_context *context,
	struct buffer *in, struct buffer *out, size_t max_out)
{
	while (out->size < max_out && can_go_on(exchange, in)) {
		int r = exchange->state == EXCHANGE_BODY ? run_body(exchange, context, in, out)
							 : run_head(exchange, context, in, out);
		if (r < 0)
			return r;
	}
	if (exchange->state == EXCHANGE_ENDED)
		buffer_release(in);
	return 0;
}

void exchange_finish(struct exchange *exchange)
{
	buffer_release(&exchange->content);
}
