/* SPDX-License-Identifier: MIT */
/* Which functions answer which paths. Pure. */
#ifndef CHILD_HTTP_ROUTES_H
#define CHILD_HTTP_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"

struct buffer;
struct call;

enum call_progress {
	CALL_ANSWERED, /* the answer is in the call */
	CALL_PENDING,  /* it will be: see call_answered */
};

struct route {
	const char *path;  /* of more than one byte with a '/' at its end: all that is below, too */
	const char *allow; /* the methods it has, as the Allow field says them; HEAD is as GET */
	bool takes_body;   /* the call has the request's body */
	/* Answers. Where that takes time, it is to be done later, from the loop. */
	enum call_progress (*begin)(struct call *call);
	/* The call is over, answered or given up: frees its state. NULL: it has none. */
	void (*end)(struct call *call);
	/*
	 * Both, for an answer that another process can go on with between two of its pieces.
	 * The first adds to out what that process has to know; the second goes on there, where
	 * the call is as for `begin`. 0 or -errno: -EBADMSG for a state that makes no sense.
	 */
	int (*save)(const struct call *call, struct buffer *out);
	int (*resume)(struct call *call, const void *state, size_t size);
};

/* For `allow`. */
#define ROUTE_GET  "GET, HEAD, OPTIONS"
#define ROUTE_POST "POST, OPTIONS"

/* Those of a server. */
struct routes {
	const struct route *routes;
	size_t count;
	void *data; /* in every call */
};

#define ROUTES(table, table_data) \
	{ \
		.routes = (table), .count = sizeof(table) / sizeof((table)[0]), \
		.data = (table_data) \
	}

/* The route of a path; NULL if there is none. */
const struct route *routes_find(const struct routes *routes, const char *path, size_t size);

/* Whether the route has that method. */
bool route_allows(const struct route *route, enum request_method method);

/*
 * The number of name=N in a query, `absent` without it. -EINVAL if N is no
 * number, -ERANGE if it is more than max.
 */
int query_number(const char *query, size_t size, const char *name, int absent, int max);

/* Whether the query has name=value, or name alone if value is NULL. */
bool query_has(const char *query, size_t size, const char *name, const char *value);

#endif
