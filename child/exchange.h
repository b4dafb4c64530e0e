/* SPDX-License-Identifier: MIT */
/*
 * Requests and their answers, one after the other, without the connection:
 * bytes in, bytes out, no I/O and no clock. The connection does what is asked
 * of it in `state`.
 */
#ifndef CHILD_EXCHANGE_H
#define CHILD_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "body.h"
#include "buffer.h"
#include "request.h"
#include "routes.h"

enum exchange_state {
	EXCHANGE_IDLE,    /* between requests: nothing of the next has come */
	EXCHANGE_HEAD,    /* a part of the head has come */
	EXCHANGE_BODY,    /* the head is complete, the body is not */
	EXCHANGE_WAITING, /* to be answered after delay_ms: see exchange_answer */
	EXCHANGE_ENDED,   /* the last answer is written: no more is read */
};

struct exchange {
	enum exchange_state state;
	int delay_ms;
	int status;        /* of the answer in preparation */
	unsigned answered; /* how many answers were given; may wrap */
	struct request request;
	struct body body;
	const struct route *route; /* of the request; NULL: none such */
	struct buffer content;     /* what /echo sends back */
};

/* What all exchanges of a server share. */
struct exchange_context {
	const char *identity; /* "pid=N generation=N" */
	const char *date;     /* as response_date writes it */
	uint64_t max_body;    /* bytes */
	bool is_draining;     /* the next answer of each connection is to be the last */
};

/*
 * Answers what has come whole and takes it off `in`; stops early when out
 * holds max_out bytes. May be called again with nothing new. 0 or -ENOMEM.
 */
int exchange_run(struct exchange *exchange, const struct exchange_context *context,
	struct buffer *in, struct buffer *out, size_t max_out);

/* Gives the answer of EXCHANGE_WAITING now. `in` is what the client has sent beyond the request. */
int exchange_answer(struct exchange *exchange, const struct exchange_context *context,
	const struct buffer *in, struct buffer *out);

/* Answers with an error status and ends: the request being received or waited for is given up. */
int exchange_refuse(struct exchange *exchange, const struct exchange_context *context, int status,
	struct buffer *out);

/* Frees what it holds. */
void exchange_finish(struct exchange *exchange);

#endif
