/* SPDX-License-Identifier: MIT */
/* See routes.h. */
#include "routes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int write_hello(enum request_method method, const char *identity, char text[ROUTE_TEXT_SIZE])
{
	(void)method;
	return snprintf(text, ROUTE_TEXT_SIZE, "hello %s\n", identity);
}

static int write_slow(enum request_method method, const char *identity, char text[ROUTE_TEXT_SIZE])
{
	(void)method;
	return snprintf(text, ROUTE_TEXT_SIZE, "slow %s\n", identity);
}

static int write_method(
	enum request_method method, const char *identity, char text[ROUTE_TEXT_SIZE])
{
	(void)identity;
	return snprintf(text, ROUTE_TEXT_SIZE, "%s\n", request_method_name(method));
}

static const struct route routes[] = {
	{
		.path = "/",
		.allow = "GET, HEAD, OPTIONS",
		.write = write_hello,
	},
	{
		.path = "/echo",
		.allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
		.echoes = true,
		.write = write_method,
	},
	{
		.path = "/slow",
		.allow = "GET, HEAD, OPTIONS",
		.has_delay = true,
		.write = write_slow,
	},
};

const struct route *route_find(const char *path, size_t size)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (size == strlen(routes[i].path) && memcmp(path, routes[i].path, size) == 0)
			return &routes[i];
	return NULL;
}

bool route_allows(const struct route *route, enum request_method method)
{
	return strstr(route->allow, request_method_name(method));
}

int route_delay_ms(const char *query, size_t size)
{
	const char *end = query + size;
	int delay = 0;

	while (query < end && (end - query < 3 || memcmp(query, "ms=", 3) != 0)) {
		const char *next = memchr(query, '&', (size_t)(end - query));
		query = next ? next + 1 : end;
	}
	if (query == end)
		return 0;
	query += 3;
	if (query == end || *query == '&')
		return -EINVAL;
	for (; query < end && *query != '&'; query++) {
		if (*query < '0' || *query > '9')
			return -EINVAL;
		delay = delay * 10 + (*query - '0');
		if (delay > ROUTE_DELAY_MAX_MS)
			return -ERANGE;
	}
	return delay;
}
