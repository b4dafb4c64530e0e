/* SPDX-License-Identifier: MIT */
/* See accept.h. */
#include "http/accept.h"

#include <string.h>
#include <strings.h>

#include "http/text.h"

enum { WEIGHT_MAX = 1000 };

static struct text trim(struct text text)
{
	while (text.size && strchr(" \t", *text.data)) {
		text.data++;
		text.size--;
	}
	while (text.size && strchr(" \t", text.data[text.size - 1]))
		text.size--;
	return text;
}

/* What comes before the byte, taken off the front with it. */
static struct text take_until(struct text *rest, char end)
{
	const char *found = memchr(rest->data, end, rest->size);
	struct text part = { rest->data, found ? (size_t)(found - rest->data) : rest->size };
	size_t taken = part.size + (found ? 1 : 0);

	*rest = (struct text){ rest->data + taken, rest->size - taken };
	return trim(part);
}

/* Thousandths of "0.5"; 0 for what is no weight. */
static int parse_weight(struct text text)
{
	int weight = 0, unit = WEIGHT_MAX;

	for (size_t i = 0; i < text.size; i++) {
		if (i == 1 && text.data[i] == '.')
			continue;
		if (i == 1 || i > 4 || text.data[i] < '0' || text.data[i] > '9')
			return 0;
		weight += (text.data[i] - '0') * unit;
		unit /= 10;
	}
	return weight > WEIGHT_MAX ? 0 : weight;
}

/* Of the parameters of one type. */
static int weight_of(struct text parameters)
{
	while (parameters.size) {
		struct text parameter = take_until(&parameters, ';');

		if (parameter.size >= 2 && strncasecmp(parameter.data, "q=", 2) == 0)
			return parse_weight(
				(struct text){ parameter.data + 2, parameter.size - 2 });
	}
	return WEIGHT_MAX;
}

static bool is_json(struct text type)
{
	static const char json[] = "json";

	for (size_t i = 0; i + strlen(json) <= type.size; i++)
		if (strncasecmp(type.data + i, json, strlen(json)) == 0)
			return true;
	return false;
}

/* How much of the type the range names: 3 all, 2 its first part, 1 nothing; 0 if it is another. */
static int match(struct text range, const char *type)
{
	size_t first = strcspn(type, "/") + 1;

	if (range.size == strlen(type) && strncasecmp(range.data, type, range.size) == 0)
		return 3;
	if (range.size == first + 1 && range.data[first] == '*' &&
		strncasecmp(range.data, type, first) == 0)
		return 2;
	return range.size == 3 && memcmp(range.data, "*/*", 3) == 0 ? 1 : 0;
}

bool accept_prefers_json(const char *field, size_t size, const char *other)
{
	struct text rest = { field, size };
	int json = 0, others = 0, matched = 0;

	while (rest.size) {
		struct text parameters = take_until(&rest, ',');
		struct text range = take_until(&parameters, ';');
		int weight = weight_of(parameters);
		int how = match(range, other);

		if (is_json(range) && weight > json)
			json = weight;
		if (how > matched) {
			matched = how;
			others = weight;
		}
	}
	return json > 0 && json >= others;
}
