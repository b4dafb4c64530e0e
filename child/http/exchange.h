/* SPDX-License-Identifier: MIT */
/*
 * Requests and their answers, one after the other, without the connection:
 * bytes in, bytes out. Pure but for what the routes do. The connection does
 * what is asked of it in `state`.
 */
#ifndef CHILD_HTTP_EXCHANGE_H
#define CHILD_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "http/body.h"
#include "http/buffer.h"
#include "http/call.h"
#include "http/request.h"
#include "http/routes.h"

enum exchange_state {
	EXCHANGE_IDLE,    /* between requests: nothing of the next has come */
	EXCHANGE_HEAD,    /* a part of the head has come */
	EXCHANGE_BODY,    /* the head is complete, the body is not */
	EXCHANGE_WAITING, /* for the route: see on_answered */
	EXCHANGE_SENDING, /* the answer is begun: run again, or a file is to be sent */
	EXCHANGE_PAUSED,  /* it is begun, and waits for its next piece: see on_more */
	EXCHANGE_ENDED,   /* the last answer is written: no more is read */
};

/* What all exchanges of a server share. */
struct exchange_settings {
	const struct routes *routes;
	const char *date;          /* as response_date writes it */
	uint64_t max_body;         /* bytes */
	int64_t now_ms;            /* of this turn of the loop, for deadlines */
	int64_t (*clock_us)(void); /* for how long a request took: much less than a turn, mostly */
	bool is_draining;          /* the next answer of each connection is to be the last */
};

/* A request that was answered, or given up: for logs and counts. */
struct exchange_record {
	const char *head;              /* of the request; what its parts are in */
	const struct request *request; /* zeroed if it was not understood */
	int status;                    /* 499: the client did not get all of it */
	uint64_t sent;                 /* bytes of content */
	int64_t took_us;
};

struct exchange;

struct exchange_events {
	/* A route that was pending has answered: exchange_answer is due. */
	void (*on_answered)(struct exchange *exchange);
	/* A paused answer goes on: exchange_run is due, once what is before it is sent. */
	void (*on_more)(struct exchange *exchange);
	/* A request is over. */
	void (*on_over)(struct exchange *exchange, const struct exchange_record *record);
};

/* An answer between two of its pieces, as another process goes on with it. What it points to is
 * the exchange's, until the next call. */
struct exchange_saved {
	const char *head; /* of the request */
	size_t head_size;
	const char *state; /* of the route, as its `save` has it */
	size_t state_size;
	uint64_t sent;   /* bytes of content so far */
	uint64_t age_us; /* since the request came */
	bool is_chunked, closes;
};

/* Zeroed at first, then exchange_open. */
struct exchange {
	enum exchange_state state;
	unsigned answered; /* how many answers were given; may wrap */
	struct request request;
	struct body body;
	struct buffer head;        /* of the request, whole */
	struct buffer content;     /* of the request, if the route takes it */
	const struct route *route; /* of the request; NULL: none such */
	int refusal;               /* a status that needs no route; 0: none */
	struct call call;
	struct baton_context *parent; /* of the calls' contexts */
	struct baton_cancel *cancel;  /* of the call's; NULL: no call */
	bool closes;                  /* the answer being sent is the last */
	bool is_clients_wish;         /* and the client has said that it sends nothing more */
	bool is_chunked;              /* it is sent in chunks */
	uint64_t sent;                /* bytes of content so far */
	int64_t began_us;
	/* Of the connection, set before any of the calls: */
	bool goes_on;        /* though the server drains, it does not end with the next answer,
			      * nor an endless one with its next piece */
	bool is_held;        /* no request is begun, for somebody else is to answer it */
	struct buffer piece; /* of content, not framed yet */
	const struct exchange_events *events;
};

/* Begins for a connection with that context, both borrowed. */
void exchange_open(struct exchange *exchange, const struct exchange_events *events,
	struct baton_context *parent);

/*
 * Answers what has come whole and takes it off `in`; stops early when out
 * holds max_out bytes. May be called again with nothing new. 0, or -errno: the
 * connection is to be cut off.
 */
int exchange_run(struct exchange *exchange, const struct exchange_settings *settings,
	struct buffer *in, struct buffer *out, size_t max_out);

/* Begins the answer of EXCHANGE_WAITING. `in` is what the client has sent beyond the request. */
int exchange_answer(struct exchange *exchange, const struct exchange_settings *settings,
	const struct buffer *in, struct buffer *out);

/*
 * Answers with an error status instead of what is received or waited for, not in
 * EXCHANGE_SENDING. The connection ends with it, unless `goes_on`, in EXCHANGE_WAITING.
 */
int exchange_refuse(struct exchange *exchange, const struct exchange_settings *settings, int status,
	bool goes_on, const struct buffer *in, struct buffer *out);

/* In EXCHANGE_PAUSED: ends the answer where it is, and the connection with it. 0 or -errno. */
int exchange_end_pieces(
	struct exchange *exchange, const struct exchange_settings *settings, struct buffer *out);

/* In EXCHANGE_SENDING with out empty: how much of call.answer's file is to be sent; 0: none. */
uint64_t exchange_file_left(const struct exchange *exchange);

/* So much of it was sent. */
void exchange_file_sent(
	struct exchange *exchange, const struct exchange_settings *settings, uint64_t size);

/* Whether another process can go on with the answer that is being sent. */
bool exchange_can_move(const struct exchange *exchange);

/* Such an answer, of which `out` may have some to be sent still. 0 or -errno. */
int exchange_save(struct exchange *exchange, const struct exchange_settings *settings,
	struct exchange_saved *ret);

/* Another process goes on with it: here it was neither answered nor given up. */
void exchange_leave(struct exchange *exchange);

/* Goes on with it, after exchange_open: it is EXCHANGE_PAUSED. 0; or it is as before and
 * -EPROTONOSUPPORT for an answer that its route does not go on with, -EBADMSG, or -ENOMEM. */
int exchange_resume(struct exchange *exchange, const struct exchange_settings *settings,
	const struct exchange_saved *saved);

/* Gives up what is under way, as the connection ends. */
void exchange_close(struct exchange *exchange, const struct exchange_settings *settings);

/* Frees what it holds; it was closed. */
void exchange_finish(struct exchange *exchange);

#endif
