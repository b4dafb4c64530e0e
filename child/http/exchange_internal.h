/* SPDX-License-Identifier: MIT */
/*
 * The inside of an exchange.
 *
 *     exchange.c          requests: their heads and bodies
 *     exchange_answer.c   answers: who gives them, and how they are written
 */
#ifndef CHILD_HTTP_EXCHANGE_INTERNAL_H
#define CHILD_HTTP_EXCHANGE_INTERNAL_H

#include "http/exchange.h"

/* The request is there, body included: begins its answer, unless that is to be waited for. 0 or
 * -errno. */
int exchange_dispatch(struct exchange *exchange, const struct exchange_settings *settings,
	const struct buffer *in, struct buffer *out);

/* In EXCHANGE_SENDING: adds the next piece that the route produces. 0 or -errno. */
int exchange_send_piece(
	struct exchange *exchange, const struct exchange_settings *settings, struct buffer *out);

/* The request is over, its answer sent or not. */
void exchange_end_request(
	struct exchange *exchange, const struct exchange_settings *settings, int status);

/* Makes the answer 200 and empty; its memory stays for the next one. */
void exchange_clear_answer(struct exchange *exchange);

#endif
