/* SPDX-License-Identifier: MIT */
/* See fake_routes.h. */
#include "support/fake_routes.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct call *fake_pending;
unsigned fake_ended;

static int piece; /* of /stream, from 0; of /events and /counted the last one */

static enum call_progress answer(struct call *call, const char *text)
{
	return buffer_append_text(&call->answer.content, text) < 0 ? call_answer_status(call, 503)
								   : CALL_ANSWERED;
}

static enum call_progress begin_hello(struct call *call)
{
	return answer(call, "hello\n");
}

static enum call_progress begin_echo(struct call *call)
{
	(void)answer(call, request_method_name(call->request->method));
	(void)answer(call, "\n");
	if (buffer_append(&call->answer.content, buffer_bytes(call->body), call->body->size) < 0)
		return call_answer_status(call, 503);
	return CALL_ANSWERED;
}

static enum call_progress begin_slow(struct call *call)
{
	fake_pending = call;
	(void)answer(call, "slow\n");
	return CALL_PENDING;
}

static void end(struct call *call)
{
	(void)call;
	fake_pending = NULL;
	fake_ended++;
}

static int produce(void *source, struct buffer *out)
{
	static const char *const pieces[] = { "one\n", "two\n", "three\n" };
	int *at = source;
	int r = buffer_append_text(out, pieces[*at]);

	return r < 0 ? r : ++*at < 3;
}

static int produce_and_fail(void *source, struct buffer *out)
{
	int *at = source;

	return ++*at > 1 ? -EIO : buffer_append_text(out, "one\n") == 0;
}

static enum call_progress begin_stream(struct call *call)
{
	piece = 0;
	call->answer.produce = produce;
	call->answer.source = &piece;
	return CALL_ANSWERED;
}

static int produce_number(void *source, struct buffer *out)
{
	const struct call *call = source;
	int r = buffer_appendf(out, "%d\n", ++piece);

	if (r < 0)
		return r;
	return call->answer.is_endless || piece < 3 ? -EAGAIN : 0;
}

static void set_numbers(struct call *call, bool is_endless)
{
	call->answer.produce = produce_number;
	call->answer.source = call;
	call->answer.is_endless = is_endless;
	fake_pending = call;
}

static enum call_progress begin_events(struct call *call)
{
	piece = 0;
	set_numbers(call, true);
	return CALL_ANSWERED;
}

static enum call_progress begin_counted(struct call *call)
{
	piece = 0;
	set_numbers(call, false);
	return CALL_ANSWERED;
}

static int save_events(const struct call *call, struct buffer *out)
{
	(void)call;
	return buffer_append(out, &piece, sizeof(piece));
}

static int resume_events(struct call *call, const void *state, size_t size)
{
	if (size != sizeof(piece))
		return -EBADMSG;
	memcpy(&piece, state, sizeof(piece));
	set_numbers(call, true);
	return 0;
}

static enum call_progress begin_broken(struct call *call)
{
	(void)begin_stream(call);
	call->answer.produce = produce_and_fail;
	return CALL_ANSWERED;
}

static enum call_progress begin_file(struct call *call)
{
	call->answer.file = 9;
	call->answer.file_offset = 100;
	call->answer.file_left = 3;
	return answer(call, "head");
}

#define GET "GET, HEAD, OPTIONS"

static const struct route table[] = {
	{ .path = "/", .allow = GET, .begin = begin_hello },
	{
		.path = "/echo",
		.allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
		.takes_body = true,
		.begin = begin_echo,
	},
	{ .path = "/slow", .allow = GET, .begin = begin_slow, .end = end },
	{ .path = "/stream", .allow = GET, .begin = begin_stream, .end = end },
	{
		.path = "/events",
		.allow = GET,
		.begin = begin_events,
		.end = end,
		.save = save_events,
		.resume = resume_events,
	},
	{ .path = "/counted", .allow = GET, .begin = begin_counted, .end = end },
	{ .path = "/broken", .allow = GET, .begin = begin_broken, .end = end },
	{ .path = "/file", .allow = GET, .begin = begin_file, .end = end },
};

const struct routes fake_routes = ROUTES(table, NULL);
