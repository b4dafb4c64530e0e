/* SPDX-License-Identifier: MIT */
/*
 * What baton-httpd has to say, by path. Pure.
 *
 *     /              hello pid=N generation=N
 *     /slow?ms=N     the same kind of line, after N milliseconds
 *     /echo          the method on a line, then the body of the request
 */
#ifndef CHILD_ROUTES_H
#define CHILD_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "request.h"

enum {
	ROUTE_DELAY_MAX_MS = 10 * 60 * 1000,
	ROUTE_TEXT_SIZE = 128, /* enough for what any route writes */
};

struct route {
	const char *path;
	const char *allow; /* the methods it has, as the Allow field says them */
	bool has_delay;    /* answers only after the delay that the query asks for */
	bool echoes;       /* its answer ends with the request's body */
	/* Writes the answer's text, identity being "pid=N generation=N". */
	int (*write)(enum request_method method, const char *identity, char text[ROUTE_TEXT_SIZE]);
};

/* The route of a request; NULL if there is none. */
const struct route *route_find(const char *path, size_t size);

/* Whether the route has that method. */
bool route_allows(const struct route *route, enum request_method method);

/* The delay of ?ms=N in milliseconds, 0 without it; -EINVAL if N is no number, -ERANGE if it is too long. */
int route_delay_ms(const char *query, size_t size);

#endif
