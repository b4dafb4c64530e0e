/* SPDX-License-Identifier: MIT */
/*
 * The inside of an exchange.
 *
 *     exchange.c          requests: their heads and bodies
 *     exchange_answer.c   answers: who gives them, and how they are written
 *     exchange_move.c     an answer's way from one process to the next
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

/* Settles who answers, now that the head is complete. */
void exchange_choose(
	struct exchange *exchange, const struct exchange_settings *settings, const char *head);

/* The call of the request's route, which is not begun yet. 0 or -errno. */
int exchange_open_call(struct exchange *exchange, const struct exchange_settings *settings);

/* The request is over, its answer sent or not. */
void exchange_end_request(
	struct exchange *exchange, const struct exchange_settings *settings, int status);

/* Nothing of the request is left. The status is that of its end, 0 for none. */
void exchange_forget_request(struct exchange *exchange, int status);

/* Makes the answer 200 and empty; its memory stays for the next one. */
void exchange_clear_answer(struct exchange *exchange);

#endif
