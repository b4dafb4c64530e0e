/* SPDX-License-Identifier: MIT */
/*
 * A request that is being answered, as the functions of its route see it.
 * Its context is below the connection's: it ends when the answer is complete, when
 * the client has left, or when the time for the answer is over. Pure.
 */
#ifndef CHILD_HTTP_CALL_H
#define CHILD_HTTP_CALL_H

#include <baton/context.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/buffer.h"
#include "http/request.h"
#include "http/routes.h"

/* What is to be sent. At first it is 200, text/plain, and empty. */
struct answer {
	int status;
	const char *type;
	struct buffer fields;  /* more header fields, whole lines */
	struct buffer content; /* comes first; its length is told */
	/* Behind it a piece of a file, whose length is told, too. */
	int file; /* -1: none; it is the route's, until its `end` */
	uint64_t file_offset, file_left;
	/* Or behind it what this adds to out, which is empty, a piece each time. Returns 1 if there
	 * is more, -EAGAIN if there will be, see call_more, 0 at the end, or another -errno: then
	 * the connection is cut off. */
	int (*produce)(void *source, struct buffer *out);
	void *source;
	bool is_endless; /* so it ends with its next piece when the connection is to end */
};

struct call {
	const struct request *request;
	const char *head;          /* the bytes that the parts of the request are in */
	const struct buffer *body; /* whole, if its route takes it */
	struct baton_context *context;
	struct answer answer;
	void *data;  /* of the routes */
	void *state; /* the route's own, until its `end` */
	void (*on_answered)(struct call *call);
	void (*on_more)(struct call *call);
};

/* A call that was pending is answered. From the loop, never within `begin`. */
static inline void call_answered(struct call *call)
{
	call->on_answered(call);
}

/* There is another piece of an answer that had none. From the loop, never within `produce`. */
static inline void call_more(struct call *call)
{
	call->on_more(call);
}

/* Makes the answer one that says its status and nothing else; of another one its fields stay. */
enum call_progress call_answer_status(struct call *call, int status);

/* Likewise 400, for a parameter of the query, and says what is wrong with it. */
enum call_progress call_answer_bad_query(struct call *call, const char *name, const char *what);

/* As query_number, of the call's query: if that is negative, call_answer_bad_number is due. */
int call_query_number(const struct call *call, const char *name, int absent, int max);

enum call_progress call_answer_bad_number(struct call *call, const char *name, int max);

/* As query_has, of the call's query. */
bool call_query_has(const struct call *call, const char *name, const char *value);

/*
 * Whether the client would rather have JSON than what is called `other` in a query and has that
 * type: by ?format=json or ?format=OTHER, or else by its Accept field (see accept.h). 1 or 0;
 * -EINVAL for another format, then call_answer_bad_query is due.
 */
int call_wants_json(const struct call *call, const char *other, const char *type);

#endif
