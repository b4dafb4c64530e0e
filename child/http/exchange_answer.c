/* SPDX-License-Identifier: MIT */
/* Answers: see exchange_internal.h. */
#include <errno.h>
#include <stddef.h>

#include "container.h"
#include "http/exchange_internal.h"
#include "http/response.h"

static void on_answered(struct call *call)
{
	struct exchange *exchange = container_of(call, struct exchange, call);

	exchange->events->on_answered(exchange);
}

static void on_more(struct call *call)
{
	struct exchange *exchange = container_of(call, struct exchange, call);

	exchange->state = EXCHANGE_SENDING;
	exchange->events->on_more(exchange);
}

void exchange_clear_answer(struct exchange *exchange)
{
	struct answer *answer = &exchange->call.answer;
	struct buffer fields = answer->fields, content = answer->content;

	buffer_clear(&fields);
	buffer_clear(&content);
	*answer = (struct answer){ .status = 200,
		.type = "text/plain",
		.fields = fields,
		.content = content,
		.file = -1 };
}

static void end_call(struct exchange *exchange, int status)
{
	if (!exchange->cancel)
		return;
	if (status == 499)
		baton_cancel_now(exchange->cancel, -EPIPE, "the client has left");
	else if (status == 504)
		baton_cancel_now(exchange->cancel, -ETIMEDOUT, "the answer took too long");
	if (exchange->route->end)
		exchange->route->end(&exchange->call);
	baton_cancel_destroy(exchange->cancel);
	exchange->cancel = NULL;
	exchange->call.context = NULL;
	exchange->call.state = NULL;
}

void exchange_forget_request(struct exchange *exchange, int status)
{
	end_call(exchange, status);
	exchange_clear_answer(exchange);
	buffer_clear(&exchange->head);
	buffer_release(&exchange->content);
	exchange->request = (struct request){ 0 };
	exchange->route = NULL;
	exchange->sent = 0;
}

void exchange_end_request(
	struct exchange *exchange, const struct exchange_settings *settings, int status)
{
	static const struct request unknown;
	bool is_known = exchange->head.size > 0;
	const struct exchange_record record = {
		.head = buffer_bytes(&exchange->head),
		.request = is_known ? &exchange->request : &unknown,
		.status = status,
		.sent = exchange->sent,
		.took_us = is_known ? settings->clock_us() - exchange->began_us : 0,
	};

	end_call(exchange, status);
	exchange->events->on_over(exchange, &record);
	exchange_forget_request(exchange, status);
}

static void complete(struct exchange *exchange, const struct exchange_settings *settings)
{
	exchange_end_request(exchange, settings, exchange->call.answer.status);
	exchange->state = exchange->closes ? EXCHANGE_ENDED : EXCHANGE_IDLE;
	exchange->answered++;
}

/* Adds content as it is framed; none is no chunk, which would be the last. */
static int append_content(
	struct exchange *exchange, const struct buffer *content, struct buffer *out)
{
	int r = 0;

	if (!content->size)
		return 0;
	exchange->sent += content->size;
	if (exchange->is_chunked)
		r = buffer_appendf(out, "%zx\r\n", content->size);
	if (r == 0)
		r = buffer_append(out, buffer_bytes(content), content->size);
	if (r == 0 && exchange->is_chunked)
		r = buffer_append_text(out, "\r\n");
	return r;
}

static enum response_framing choose_framing(
	const struct answer *answer, const struct request *request)
{
	if (answer->status == 304)
		return RESPONSE_WITHOUT_CONTENT;
	if (!answer->produce)
		return RESPONSE_COUNTED;
	return request->is_http_1_0 ? RESPONSE_UNTIL_CLOSE : RESPONSE_CHUNKED;
}

/* The answer is in the call: writes its head, and what there is of its content. */
static int write_answer(struct exchange *exchange, const struct exchange_settings *settings,
	bool closes, struct buffer *out)
{
	const struct request *request = &exchange->request;
	const struct answer *answer = &exchange->call.answer;
	enum response_framing framing = choose_framing(answer, request);

	exchange->is_chunked = framing == RESPONSE_CHUNKED;
	exchange->closes = closes || framing == RESPONSE_UNTIL_CLOSE;
	const struct response response = {
		.status = answer->status,
		.date = settings->date,
		.type = answer->type,
		.fields = &answer->fields,
		.framing = framing,
		.length = answer->content.size + answer->file_left,
		.closes = exchange->closes,
		.says_keep_alive = request->is_http_1_0,
	};

	int r = response_append(&response, out);
	if (r == 0 && request->method != REQUEST_HEAD) {
		r = append_content(exchange, &answer->content, out);
		if (r == 0 && (answer->produce || answer->file_left)) {
			exchange->state = EXCHANGE_SENDING;
			return 0;
		}
	}
	complete(exchange, settings);
	return r;
}

int exchange_answer(struct exchange *exchange, const struct exchange_settings *settings,
	const struct buffer *in, struct buffer *out)
{
	/* While draining, a request that has come behind this one shall be answered too. */
	bool ends = settings->is_draining && !exchange->goes_on && in->size == 0;
	bool closes = !exchange->request.keeps_alive || ends;

	exchange->is_clients_wish = !exchange->request.keeps_alive;
	return write_answer(exchange, settings, closes, out);
}

int exchange_refuse(struct exchange *exchange, const struct exchange_settings *settings, int status,
	bool goes_on, const struct buffer *in, struct buffer *out)
{
	end_call(exchange, status);
	exchange_clear_answer(exchange);
	(void)call_answer_status(&exchange->call, status);
	if (goes_on)
		return exchange_answer(exchange, settings, in, out);
	exchange->is_clients_wish = false; /* it may send the rest */
	return write_answer(exchange, settings, true, out);
}

/* Says which methods the path has. */
static int add_methods(struct exchange *exchange)
{
	return buffer_appendf(
		&exchange->call.answer.fields, "Allow: %s\r\n", exchange->route->allow);
}

int exchange_open_call(struct exchange *exchange, const struct exchange_settings *settings)
{
	struct call *call = &exchange->call;
	int r = baton_context_with_cancel(exchange->parent, &exchange->cancel);
	if (r < 0)
		return r;
	call->request = &exchange->request;
	call->head = buffer_bytes(&exchange->head);
	call->body = &exchange->content;
	call->context = baton_cancel_context(exchange->cancel);
	call->data = settings->routes->data;
	call->on_answered = on_answered;
	call->on_more = on_more;
	return 0;
}

static int begin_call(struct exchange *exchange, const struct exchange_settings *settings)
{
	int r = exchange_open_call(exchange, settings);

	if (r == 0 && exchange->route->begin(&exchange->call) == CALL_PENDING)
		exchange->state = EXCHANGE_WAITING;
	return r;
}

int exchange_dispatch(struct exchange *exchange, const struct exchange_settings *settings,
	const struct buffer *in, struct buffer *out)
{
	bool is_about_methods =
		exchange->refusal == 405 || exchange->request.method == REQUEST_OPTIONS;
	int r = 0;

	if (exchange->refusal)
		(void)call_answer_status(&exchange->call, exchange->refusal);
	if (exchange->route && is_about_methods)
		r = add_methods(exchange);
	else if (!exchange->refusal)
		r = begin_call(exchange, settings);
	if (r < 0 || exchange->state == EXCHANGE_WAITING)
		return r;
	return exchange_answer(exchange, settings, in, out);
}

/* There is no other piece. */
static int complete_pieces(
	struct exchange *exchange, const struct exchange_settings *settings, struct buffer *out)
{
	int r = 0;

	if (exchange->is_chunked)
		r = buffer_append_text(out, "0\r\n\r\n");
	buffer_release(&exchange->piece);
	complete(exchange, settings);
	return r;
}

int exchange_end_pieces(
	struct exchange *exchange, const struct exchange_settings *settings, struct buffer *out)
{
	exchange->closes = true; /* the client has not been told, but had it from where to go on */
	return complete_pieces(exchange, settings, out);
}

int exchange_send_piece(
	struct exchange *exchange, const struct exchange_settings *settings, struct buffer *out)
{
	const struct answer *answer = &exchange->call.answer;

	buffer_clear(&exchange->piece);
	int more = answer->produce(answer->source, &exchange->piece);
	if (more < 0 && more != -EAGAIN)
		return more;
	int r = append_content(exchange, &exchange->piece, out);
	if (r < 0)
		return r;
	if (!more)
		return complete_pieces(exchange, settings, out);
	if (answer->is_endless && settings->is_draining && !exchange->goes_on)
		return exchange_end_pieces(exchange, settings, out);
	exchange->state = more == -EAGAIN ? EXCHANGE_PAUSED : EXCHANGE_SENDING;
	return 0;
}

uint64_t exchange_file_left(const struct exchange *exchange)
{
	return exchange->state == EXCHANGE_SENDING ? exchange->call.answer.file_left : 0;
}

void exchange_file_sent(
	struct exchange *exchange, const struct exchange_settings *settings, uint64_t size)
{
	struct answer *answer = &exchange->call.answer;

	answer->file_offset += size;
	answer->file_left -= size;
	exchange->sent += size;
	if (answer->file_left == 0)
		complete(exchange, settings);
}
