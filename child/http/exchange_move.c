/* SPDX-License-Identifier: MIT */
/* An answer's way from one process to the next: see exchange_internal.h. */
#include <errno.h>

#include "http/exchange_internal.h"

bool exchange_can_move(const struct exchange *exchange)
{
	bool is_between_pieces = exchange->state == EXCHANGE_PAUSED ||
		(exchange->state == EXCHANGE_SENDING && exchange->call.answer.produce);

	return is_between_pieces && exchange->route->save;
}

int exchange_save(struct exchange *exchange, const struct exchange_settings *settings,
	struct exchange_saved *ret)
{
	buffer_clear(&exchange->piece);
	int r = exchange->route->save(&exchange->call, &exchange->piece);
	if (r < 0)
		return r;
	*ret = (struct exchange_saved){
		.head = buffer_bytes(&exchange->head),
		.head_size = exchange->head.size,
		.state = buffer_bytes(&exchange->piece),
		.state_size = exchange->piece.size,
		.sent = exchange->sent,
		.age_us = (uint64_t)(settings->clock_us() - exchange->began_us),
		.is_chunked = exchange->is_chunked,
		.closes = exchange->closes,
	};
	return 0;
}

void exchange_leave(struct exchange *exchange)
{
	exchange_forget_request(exchange, 0);
	exchange->state = EXCHANGE_IDLE;
}

/* Understands the head anew, and finds who goes on with its answer. 0 or -errno. */
static int find_route(struct exchange *exchange, const struct exchange_settings *settings,
	const struct exchange_saved *saved)
{
	struct request *request = &exchange->request;

	if (request_parse(request, saved->head, saved->head_size) != REQUEST_COMPLETE ||
		request->size != saved->head_size)
		return -EBADMSG;
	exchange_choose(exchange, settings, saved->head);
	if (exchange->refusal || !exchange->route->resume || request->method != REQUEST_GET)
		return -EPROTONOSUPPORT;
	return buffer_append(&exchange->head, saved->head, saved->head_size);
}

int exchange_resume(struct exchange *exchange, const struct exchange_settings *settings,
	const struct exchange_saved *saved)
{
	int r = find_route(exchange, settings, saved);

	if (r == 0)
		r = exchange_open_call(exchange, settings);
	if (r == 0)
		r = exchange->route->resume(&exchange->call, saved->state, saved->state_size);
	if (r < 0) {
		exchange_forget_request(exchange, 0);
		return r;
	}
	exchange->sent = saved->sent;
	exchange->began_us = settings->clock_us() - (int64_t)saved->age_us;
	exchange->is_chunked = saved->is_chunked;
	exchange->closes = saved->closes;
	exchange->is_clients_wish = !exchange->request.keeps_alive;
	exchange->state = EXCHANGE_PAUSED;
	return 0;
}
