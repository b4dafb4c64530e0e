/* SPDX-License-Identifier: MIT */
/*
 * What clients might send on a connection to baton-httpd. However the bytes
 * are split, the answers must be the same; and behind a refusal comes nothing.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/exchange.h"
#include "support/fake_routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static int64_t clock_us(void)
{
	return 0;
}

static const struct exchange_settings context = {
	.clock_us = clock_us,
	.routes = &fake_routes,
	.date = "Sun, 06 Nov 1994 08:49:37 GMT",
	.max_body = 4096,
};

static void on_answered(struct exchange *exchange)
{
	(void)exchange; /* run looks at the state */
}

/* The parts of a request that was understood lie within its head. */
static void on_over(struct exchange *exchange, const struct exchange_record *record)
{
	const struct request *request = record->request;

	if (request->line.offset + request->line.size > exchange->head.size)
		abort();
	for (size_t i = 0; i < REQUEST_KEPT_COUNT; i++)
		if ((size_t)request->kept[i].offset + request->kept[i].size > exchange->head.size)
			abort();
}

static const struct exchange_events events = { .on_answered = on_answered, .on_over = on_over };

/* Whether the connection goes on: /broken cuts it. */
static bool run(struct exchange *exchange, struct buffer *in, struct buffer *out)
{
	int r = exchange_run(exchange, &context, in, out, SIZE_MAX);

	while (r == 0 && (exchange->state == EXCHANGE_WAITING || exchange_file_left(exchange))) {
		if (exchange->state == EXCHANGE_WAITING)
			r = exchange_answer(exchange, &context, in, out);
		else
			exchange_file_sent(exchange, &context, exchange_file_left(exchange));
		if (r == 0)
			r = exchange_run(exchange, &context, in, out, SIZE_MAX);
	}
	if (r < 0 && r != -EIO)
		abort();
	return r == 0;
}

/*
 * Whether the body is asked for depends on whether it has come already: such
 * an interim response, alone, may be there or not.
 */
static void remove_interim(struct buffer *out)
{
	static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
	size_t size = sizeof(interim) - 1;
	char *found;

	while (out->size && (found = memmem(buffer_bytes(out), out->size, interim, size))) {
		char *rest = found + size;

		memmove(found, rest, (size_t)(buffer_bytes(out) + out->size - rest));
		out->size -= size;
	}
}

/* Feeds the bytes in pieces of step bytes and returns what was answered. */
static struct buffer answer(const uint8_t *bytes, size_t length, size_t step)
{
	struct exchange exchange = { 0 };
	struct buffer in = { 0 }, out = { 0 };
	bool goes_on = true;

	exchange_open(&exchange, &events, baton_context_background());
	while (length && goes_on) {
		size_t piece = step < length ? step : length;

		if (buffer_append(&in, bytes, piece) < 0)
			abort();
		goes_on = run(&exchange, &in, &out);
		if (exchange.state == EXCHANGE_ENDED && in.size)
			abort();
		bytes += piece;
		length -= piece;
	}
	exchange_close(&exchange, &context);
	exchange_finish(&exchange);
	buffer_release(&in);
	remove_interim(&out);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct buffer whole = answer(bytes, length, SIZE_MAX);

	for (size_t step = 1; step < 8; step += 3) {
		struct buffer pieces = answer(bytes, length, step);

		if (pieces.size != whole.size ||
			(whole.size &&
				memcmp(buffer_bytes(&pieces), buffer_bytes(&whole), whole.size)))
			abort();
		buffer_release(&pieces);
	}
	buffer_release(&whole);
	return 0;
}
