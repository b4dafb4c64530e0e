/* SPDX-License-Identifier: MIT */
/* See routes.h. */
#include "http/routes.h"

#include <errno.h>
#include <string.h>

static bool matches(const struct route *route, const char *path, size_t size)
{
	size_t own = strlen(route->path);
	bool is_above = own > 1 && route->path[own - 1] == '/';

	return (is_above ? size >= own : size == own) && memcmp(path, route->path, own) == 0;
}

const struct route *routes_find(const struct routes *routes, const char *path, size_t size)
{
	for (size_t i = 0; i < routes->count; i++)
		if (matches(&routes->routes[i], path, size))
			return &routes->routes[i];
	return NULL;
}

bool route_allows(const struct route *route, enum request_method method)
{
	return strstr(route->allow, request_method_name(method));
}

/* What stands behind the '=' of the first part of that name, *ret_size long; "" if it has
 * none. NULL: there is no such part. */
static const char *find_value(const char *query, size_t size, const char *name, size_t *ret_size)
{
	const char *end = query + size;
	size_t name_size = strlen(name);

	while (query < end) {
		const char *next = memchr(query, '&', (size_t)(end - query));
		const char *part_end = next ? next : end;
		size_t part_size = (size_t)(part_end - query);

		if (part_size >= name_size && memcmp(query, name, name_size) == 0 &&
			(part_size == name_size || query[name_size] == '=')) {
			const char *value = query + name_size + (part_size > name_size ? 1 : 0);

			*ret_size = (size_t)(part_end - value);
			return value;
		}
		query = next ? next + 1 : end;
	}
	return NULL;
}

int query_number(const char *query, size_t size, const char *name, int absent, int max)
{
	size_t digits;
	const char *value = find_value(query, size, name, &digits);
	int number = 0;

	if (!value)
		return absent;
	if (digits == 0)
		return -EINVAL;
	for (size_t i = 0; i < digits; i++) {
		int digit = value[i] - '0';

		if (digit < 0 || digit > 9)
			return -EINVAL;
		if (number > max / 10 || number * 10 > max - digit)
			return -ERANGE;
		number = number * 10 + digit;
	}
	return number;
}

bool query_has(const char *query, size_t size, const char *name, const char *value)
{
	size_t found_size;
	const char *found = find_value(query, size, name, &found_size);

	if (!found)
		return false;
	return !value || (found_size == strlen(value) && memcmp(found, value, found_size) == 0);
}
