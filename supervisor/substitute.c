/* SPDX-License-Identifier: MIT */
/* See substitute.h. */
#include "substitute.h"

#include <errno.h>
#include <string.h>

#include "base/container.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "socket/name.h"

struct placeholder {
	const char *name; /* not terminated */
	size_t name_length;
	const char *end; /* behind the closing brace */
	enum { PLACEHOLDER_FD, PLACEHOLDER_PORT } kind;
};

static const struct {
	const char *opening;
	int kind;
} openings[] = {
	{ "{fd:", PLACEHOLDER_FD },
	{ "{port:", PLACEHOLDER_PORT },
};

static bool is_placeholder(const char *text, struct placeholder *ret)
{
	for (size_t i = 0; i < array_length(openings); i++) {
		size_t length = strlen(openings[i].opening);

		if (strncmp(text, openings[i].opening, length) != 0)
			continue;
		const char *end = text + length;

		while (name_has_byte(*end))
			end++;
		if (*end != '}')
			continue;
		*ret = (struct placeholder){
			.name = text + length,
			.name_length = (size_t)(end - text) - length,
			.end = end + 1,
			.kind = openings[i].kind,
		};
		return true;
	}
	return false;
}

static const struct substitute_value *find_value(
	const struct placeholder *placeholder, const struct substitute_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(values[i].name) == placeholder->name_length &&
			memcmp(values[i].name, placeholder->name, placeholder->name_length) == 0)
			return &values[i];
	return NULL;
}

static bool is_number(const struct placeholder *placeholder)
{
	return strspn(placeholder->name, "0123456789") >= placeholder->name_length;
}

/* Appends what stands for the placeholder, or an error. */
static int append_value(struct strbuf *buf, const char *text, const struct placeholder *placeholder,
	const struct substitute_value *value, struct baton_error *error)
{
	int length = (int)(placeholder->end - text);

	if (value && placeholder->kind == PLACEHOLDER_PORT && value->port < 0)
		return error_set(error, -EINVAL, "\"%.*s\": that listener has no port",
			length > 100 ? 100 : length, text);
	if (value)
		strbuf_appendf(
			buf, "%d", placeholder->kind == PLACEHOLDER_PORT ? value->port : value->fd);
	else if (is_number(placeholder)) /* a program text: listen({fd:3}) */
		strbuf_append_bytes(buf, text, (size_t)length);
	else
		return error_set(error, -EINVAL, "\"%.*s\": there is no listener of that name",
			length > 100 ? 100 : length, text);
	return 0;
}

int substitute(const char *text, const struct substitute_value *values, size_t count, char **ret,
	struct baton_error *error)
{
	struct strbuf buf = STRBUF_INIT;

	while (*text) {
		size_t plain = strcspn(text, "{");
		struct placeholder placeholder;

		strbuf_append_bytes(&buf, text, plain);
		text += plain;
		if (!is_placeholder(text, &placeholder)) {
			strbuf_append_bytes(&buf, text, *text ? 1 : 0);
			text += *text ? 1 : 0;
			continue;
		}
		int r = append_value(
			&buf, text, &placeholder, find_value(&placeholder, values, count), error);
		if (r < 0) {
			strbuf_finish(&buf);
			return r;
		}
		text = placeholder.end;
	}
	char *result = strbuf_take(&buf);

	if (!result)
		return error_set(error, -ENOMEM, "out of memory");
	*ret = result;
	return 0;
}
