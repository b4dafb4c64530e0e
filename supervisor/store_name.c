/* SPDX-License-Identifier: MIT */
/* See store_name.h. */
#include "store_name.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define PREFIX "baton"

int store_name_format(
	const char *listener, unsigned copy, size_t index, char ret[static STORE_NAME_SIZE])
{
	int length = copy == 0
		? snprintf(ret, STORE_NAME_SIZE, PREFIX ".%s.%zu", listener, index)
		: snprintf(ret, STORE_NAME_SIZE, PREFIX "%u.%s.%zu", copy, listener, index);

	return length >= STORE_NAME_SIZE ? -ENAMETOOLONG : 0;
}

/* The number that is written there, which ends at end; "" is 0 if that may be. */
static int parse_number(const char *text, const char *end, int *ret)
{
	char digits[16];
	size_t length = (size_t)(end - text);

	if (length >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, length);
	digits[length] = '\0';
	return parse_int(digits, 0, INT_MAX, ret);
}

int store_name_parse(const char *text, struct store_name *ret)
{
	size_t prefix = strlen(PREFIX);
	char written[STORE_NAME_SIZE];
	struct store_name name;
	int copy = 0, index;

	if (strncmp(text, PREFIX, prefix) != 0 || strlen(text) >= STORE_NAME_SIZE)
		return -EINVAL;
	/* The listener's name has a byte at least, and may have dots of its own. */
	const char *first = strchr(text, '.'), *last = strrchr(text, '.');

	if (!first || last < first + 2)
		return -EINVAL;
	if (first > text + prefix && parse_number(text + prefix, first, &copy) < 0)
		return -EINVAL;
	if (parse_number(last + 1, last + strlen(last), &index) < 0)
		return -EINVAL;
	size_t length = (size_t)(last - first - 1);

	memcpy(name.listener, first + 1, length);
	name.listener[length] = '\0';
	name.copy = (unsigned)copy;
	name.index = (size_t)index;
	/* "00" is no number of ours. */
	if (store_name_format(name.listener, name.copy, name.index, written) < 0 ||
		strcmp(written, text) != 0)
		return -EINVAL;
	*ret = name;
	return 0;
}

int store_name_compare(const struct store_name *a, const struct store_name *b)
{
	int r = strcmp(a->listener, b->listener);

	if (r == 0)
		r = (a->copy > b->copy) - (a->copy < b->copy);
	return r ? r : (a->index > b->index) - (a->index < b->index);
}
