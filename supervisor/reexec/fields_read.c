/* SPDX-License-Identifier: MIT */
/* From JSON to structures: see fields.h. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "reexec/fields.h"
#include "reexec/fields_internal.h"

enum { NAMES_MAX = 64 };

static int no_memory(struct baton_error *error)
{
	return error_set(error, -ENOMEM, "out of memory");
}

static int is_no(const struct field *field, const char *what, struct baton_error *error)
{
	return error_set(error, -EBADMSG, "%s is no %s", field->name, what);
}

static int digit_value(char digit)
{
	if (isdigit((unsigned char)digit))
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static int read_hex(const struct field *field, const json_t *json, struct strbuf *ret,
	struct baton_error *error)
{
	const char *hex = json_string_value(json);

	if (!hex || json_string_length(json) % 2 != 0)
		return is_no(field, "row of hexadecimal digits", error);
	for (; *hex; hex += 2) {
		int high = digit_value(hex[0]), low = digit_value(hex[1]);
		char byte = (char)(high * 16 + low);

		if (high < 0 || low < 0)
			return is_no(field, "row of hexadecimal digits", error);
		strbuf_append_bytes(ret, &byte, 1);
	}
	return ret->is_broken ? no_memory(error) : 0;
}

/* The caller's; NULL with 0: there is none. */
static int read_text(
	const struct field *field, const json_t *json, char **ret, struct baton_error *error)
{
	struct strbuf text = STRBUF_INIT;
	int r = 0;

	if (json_is_null(json)) {
		*ret = NULL;
		return 0;
	}
	if (json_is_object(json))
		r = read_hex(field, json_object_get(json, "hex"), &text, error);
	else if (json_is_string(json))
		strbuf_append(&text, json_string_value(json));
	else
		r = is_no(field, "text", error);
	if (r == 0 && text.length > 0 && strlen(text.text) != text.length)
		r = is_no(field, "text", error);
	if (r < 0) {
		strbuf_finish(&text);
		return r;
	}
	*ret = strbuf_take(&text);
	return *ret ? 0 : no_memory(error);
}

static int read_chars(
	const struct field *field, const json_t *json, char *member, struct baton_error *error)
{
	char *text;
	int r = read_text(field, json, &text, error);
	if (r < 0)
		return r;
	if (!text || strlen(text) >= field->size)
		r = is_no(field, "text of its length", error);
	else
		memcpy(member, text, strlen(text) + 1);
	free(text);
	return r;
}

/* What is too large for a number of JSON. */
static int read_large(
	const struct field *field, const json_t *json, uint64_t *member, struct baton_error *error)
{
	const char *text = json_string_value(json);
	char *end;

	errno = 0;
	unsigned long long value = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;

	if (!isdigit((unsigned char)*text) || *end || errno)
		return is_no(field, "number of its range", error);
	*member = value;
	return 0;
}

static int read_integer(
	const struct field *field, const json_t *json, void *member, struct baton_error *error)
{
	json_int_t value = json_integer_value(json);
	bool is_short = field->size == sizeof(int32_t);
	json_int_t max = !is_short              ? INT64_MAX
		: field->type == FIELD_UNSIGNED ? UINT32_MAX
						: INT32_MAX;
	json_int_t min = field->type == FIELD_UNSIGNED ? 0 : is_short ? INT32_MIN : INT64_MIN;

	if (json_is_string(json) && field->type == FIELD_UNSIGNED && !is_short)
		return read_large(field, json, member, error);
	if (field->type == FIELD_FD)
		min = -1;
	if (!json_is_integer(json) || value < min || value > max)
		return is_no(field, field->type == FIELD_FD ? "descriptor" : "number of its range",
			error);
	if (is_short)
		*(uint32_t *)member = (uint32_t)value;
	else
		*(int64_t *)member = value;
	return 0;
}

static int read_name(
	const struct field *field, const json_t *json, unsigned *member, struct baton_error *error)
{
	const char *name = json_string_value(json);

	for (unsigned i = 0; name && i < NAMES_MAX; i++)
		if (strcmp(field->name_of(i), name) == 0 && strcmp(name, "?") != 0) {
			*member = i;
			return 0;
		}
	return is_no(field, "word that is known", error);
}

/* That of the index, in a list or an array. What is wrong in it begins with where that is. */
static int read_object(const struct field *field, size_t index, const json_t *json, void *object,
	struct baton_error *error)
{
	struct baton_error inner;

	if (!json_is_object(json))
		return is_no(field, "object", error);
	int r = fields_read(field->shape, json, object, &inner);
	if (r >= 0)
		return r;
	return field->type == FIELD_OBJECT
		? error_set(error, r, "%s.%s", field->name, inner.text)
		: error_set(error, r, "%s[%zu].%s", field->name, index, inner.text);
}

static int read_list(
	const struct field *field, const json_t *json, void *object, struct baton_error *error)
{
	size_t count = json_array_size(json);
	char *items = calloc(count + 1, field->shape->size);

	if (!items)
		return no_memory(error);
	for (size_t i = 0; i < count; i++)
		fields_init(field->shape, items + i * field->shape->size);
	*(char **)fields_member(field, object) = items;
	fields_set_count(field, object, count);
	return 0;
}

static int read_array(
	const struct field *field, const json_t *json, void *object, struct baton_error *error)
{
	size_t count = json_array_size(json);

	if (count > field->size / field->shape->size)
		return error_set(error, -EBADMSG, "%s is longer than %zu", field->name,
			field->size / field->shape->size);
	fields_set_count(field, object, count);
	return 0;
}

/* Each is a new one by now. */
static int read_items(
	const struct field *field, const json_t *json, void *object, struct baton_error *error)
{
	if (!json_is_array(json))
		return is_no(field, "list", error);
	int r = field->type == FIELD_LIST ? read_list(field, json, object, error)
					  : read_array(field, json, object, error);
	if (r < 0)
		return r;
	struct fields_items items = fields_items(field, object);

	for (size_t i = 0; i < items.count; i++) {
		r = read_object(field, i, json_array_get(json, i),
			items.first + i * field->shape->size, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_member(
	const struct field *field, const json_t *json, void *object, struct baton_error *error)
{
	void *member = fields_member(field, object);

	switch (field->type) {
	case FIELD_BOOL:
		*(bool *)member = json_is_true(json);
		return json_is_boolean(json) ? 0 : is_no(field, "truth value", error);
	case FIELD_SIGNED:
	case FIELD_UNSIGNED:
	case FIELD_FD:
		return read_integer(field, json, member, error);
	case FIELD_NAME:
		return read_name(field, json, member, error);
	case FIELD_TEXT:
		return read_text(field, json, member, error);
	case FIELD_CHARS:
		return read_chars(field, json, member, error);
	case FIELD_BYTES:
		return read_hex(field, json, member, error);
	case FIELD_OBJECT:
		return read_object(field, 0, json, member, error);
	case FIELD_LIST:
	case FIELD_ARRAY:
		return read_items(field, json, object, error);
	}
	return -EINVAL;
}

int fields_read(const struct shape *shape, const json_t *json, void *ret, struct baton_error *error)
{
	int r = 0;

	fields_init(shape, ret);
	if (!json_is_object(json))
		return error_set(error, -EBADMSG, "it is no object");
	for (size_t i = 0; r == 0 && i < shape->count; i++) {
		const json_t *member = json_object_get(json, shape->fields[i].name);

		if (member)
			r = read_member(&shape->fields[i], member, ret, error);
	}
	return r;
}
