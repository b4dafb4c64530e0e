/* SPDX-License-Identifier: MIT */
/* See json.h. Each function takes what it is named for off the front, if that is there. */
#include "support/json.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

enum { DEPTH_MAX = 32 };

struct text {
	const char *data;
	size_t size;
};

static bool take_value(struct text *text, int depth);

static void skip(struct text *text, size_t size)
{
	text->data += size;
	text->size -= size;
}

static void skip_space(struct text *text)
{
	while (text->size && *text->data && strchr(" \t\r\n", *text->data))
		skip(text, 1);
}

static bool take(struct text *text, const char *word)
{
	size_t size = strlen(word);

	if (text->size < size || memcmp(text->data, word, size) != 0)
		return false;
	skip(text, size);
	return true;
}

static bool take_one_of(struct text *text, const char *bytes)
{
	if (!text->size || !*text->data || !strchr(bytes, *text->data))
		return false;
	skip(text, 1);
	return true;
}

static bool take_digits(struct text *text)
{
	if (!take_one_of(text, "0123456789"))
		return false;
	while (take_one_of(text, "0123456789"))
		;
	return true;
}

static bool take_number(struct text *text)
{
	(void)take(text, "-");
	if (!take(text, "0") && !take_digits(text))
		return false;
	if (take(text, ".") && !take_digits(text))
		return false;
	if (!take_one_of(text, "eE"))
		return true;
	(void)take_one_of(text, "+-");
	return take_digits(text);
}

static bool take_escape(struct text *text)
{
	if (!take(text, "u"))
		return take_one_of(text, "\"\\/bfnrt");
	for (int i = 0; i < 4; i++)
		if (!take_one_of(text, "0123456789abcdefABCDEF"))
			return false;
	return true;
}

static bool take_string(struct text *text)
{
	uint32_t point;
	size_t size;

	if (!take(text, "\""))
		return false;
	while (!take(text, "\"")) {
		if (take(text, "\\")) {
			if (!take_escape(text))
				return false;
			continue;
		}
		size = utf8_decode(text->data, text->size, &point);
		if (size == 0 || point < ' ')
			return false;
		skip(text, size);
	}
	return true;
}

static bool take_member(struct text *text, int depth)
{
	skip_space(text);
	if (!take_string(text))
		return false;
	skip_space(text);
	return take(text, ":") && take_value(text, depth);
}

/* What stands behind the opening bracket. */
static bool take_list(
	struct text *text, const char *end, bool (*take_item)(struct text *, int), int depth)
{
	skip_space(text);
	if (take(text, end))
		return true;
	do {
		if (depth == DEPTH_MAX || !take_item(text, depth + 1))
			return false;
	} while (take(text, ","));
	return take(text, end);
}

static bool take_value(struct text *text, int depth)
{
	bool is_value;

	skip_space(text);
	if (take(text, "{"))
		is_value = take_list(text, "}", take_member, depth);
	else if (take(text, "["))
		is_value = take_list(text, "]", take_value, depth);
	else if (text->size && *text->data == '"')
		is_value = take_string(text);
	else
		is_value = take(text, "true") || take(text, "false") || take(text, "null") ||
			take_number(text);
	skip_space(text);
	return is_value;
}

bool json_is_valid(const char *data, size_t size)
{
	struct text text = { data, size };

	return take_value(&text, 0) && text.size == 0;
}
