/* SPDX-License-Identifier: MIT */
/* See fields.h. */
#include "reexec/fields.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "reexec/fields_internal.h"

void fields_init(const struct shape *shape, void *object)
{
	if (shape->new)
		memcpy(object, shape->new, shape->size);
	else
		memset(object, 0, shape->size);
}

void *fields_member(const struct field *field, const void *object)
{
	return (char *)object + field->offset;
}

void fields_set_count(const struct field *field, void *object, size_t count)
{
	void *member = (char *)object + field->count_offset;

	if (field->type == FIELD_LIST)
		*(size_t *)member = count;
	else
		*(unsigned *)member = (unsigned)count;
}

struct fields_items fields_items(const struct field *field, const void *object)
{
	char *member = fields_member(field, object);
	const void *count = (const char *)object + field->count_offset;

	if (field->type == FIELD_LIST)
		return (struct fields_items){ *(char **)(void *)member, *(const size_t *)count };
	if (field->type == FIELD_ARRAY)
		return (struct fields_items){ member, *(const unsigned *)count };
	return (struct fields_items){ member, 1 };
}

static json_t *write_hex(const char *bytes, size_t length)
{
	struct strbuf hex = STRBUF_INIT;

	for (size_t i = 0; i < length; i++)
		strbuf_appendf(&hex, "%02x", (unsigned char)bytes[i]);
	json_t *json = hex.is_broken ? NULL : json_string(hex.text ? hex.text : "");

	strbuf_finish(&hex);
	return json;
}

/* JSON has no text that is not UTF-8. */
static json_t *write_text(const char *text)
{
	json_t *json = text ? json_string(text) : json_null();

	return json ? json : json_pack("{so}", "hex", write_hex(text, strlen(text)));
}

static json_t *write_integer(const struct field *field, const void *member)
{
	bool is_signed = field->type != FIELD_UNSIGNED;

	if (field->size == sizeof(int64_t) && !is_signed && *(const uint64_t *)member > INT64_MAX)
		return json_sprintf("%" PRIu64, *(const uint64_t *)member);
	if (field->size == sizeof(int64_t))
		return json_integer(*(const int64_t *)member);
	if (!is_signed)
		return json_integer(*(const uint32_t *)member);
	return json_integer(*(const int32_t *)member);
}

static json_t *write_items(const struct field *field, const void *object)
{
	struct fields_items items = fields_items(field, object);
	json_t *list = json_array();

	for (size_t i = 0; i < items.count; i++)
		if (json_array_append_new(list,
			    fields_write(field->shape, items.first + i * field->shape->size)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *write_member(const struct field *field, const void *object)
{
	const void *member = fields_member(field, object);
	const struct strbuf *bytes = member;

	switch (field->type) {
	case FIELD_BOOL:
		return json_boolean(*(const bool *)member);
	case FIELD_SIGNED:
	case FIELD_UNSIGNED:
	case FIELD_FD:
		return write_integer(field, member);
	case FIELD_NAME:
		return json_string(field->name_of(*(const unsigned *)member));
	case FIELD_TEXT:
		return write_text(*(char *const *)member);
	case FIELD_CHARS:
		return write_text(member);
	case FIELD_BYTES:
		return write_hex(bytes->text, bytes->length);
	case FIELD_OBJECT:
		return fields_write(field->shape, member);
	case FIELD_LIST:
	case FIELD_ARRAY:
		return write_items(field, object);
	}
	return NULL;
}

json_t *fields_write(const struct shape *shape, const void *object)
{
	json_t *json = json_object();

	for (size_t i = 0; json && i < shape->count; i++) {
		const struct field *field = &shape->fields[i];

		if (json_object_set_new(json, field->name, write_member(field, object)) < 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

static void free_items(const struct field *field, void *object)
{
	struct fields_items items = fields_items(field, object);

	for (size_t i = 0; i < items.count; i++)
		fields_free(field->shape, items.first + i * field->shape->size);
	if (field->type == FIELD_LIST)
		free(items.first);
}

static void free_member(const struct field *field, void *object)
{
	switch (field->type) {
	case FIELD_TEXT:
		free(*(char **)fields_member(field, object));
		break;
	case FIELD_BYTES:
		strbuf_finish(fields_member(field, object));
		break;
	case FIELD_OBJECT:
	case FIELD_LIST:
	case FIELD_ARRAY:
		free_items(field, object);
		break;
	case FIELD_BOOL:
	case FIELD_SIGNED:
	case FIELD_UNSIGNED:
	case FIELD_NAME:
	case FIELD_CHARS:
	case FIELD_FD:
		break;
	}
}

void fields_free(const struct shape *shape, void *object)
{
	for (size_t i = 0; i < shape->count; i++)
		free_member(&shape->fields[i], object);
	fields_init(shape, object);
}

static int each_fd_of_items(
	const struct field *field, const void *object, int (*fn)(int fd, void *data), void *data)
{
	struct fields_items items = fields_items(field, object);
	int r = 0;

	for (size_t i = 0; r == 0 && i < items.count; i++)
		r = fields_each_fd(field->shape, items.first + i * field->shape->size, fn, data);
	return r;
}

int fields_each_fd(
	const struct shape *shape, const void *object, int (*fn)(int fd, void *data), void *data)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		const int *fd = fields_member(field, object);

		if (field->shape)
			r = each_fd_of_items(field, object, fn, data);
		else if (field->type == FIELD_FD && *fd >= 0)
			r = fn(*fd, data);
	}
	return r;
}

void *fields_append(const struct shape *shape, void *list_member, size_t *count)
{
	char **list = list_member;
	char *grown = reallocarray(*list, *count + 1, shape->size);

	if (!grown)
		return NULL;
	*list = grown;
	fields_init(shape, grown + *count * shape->size);
	return grown + (*count)++ * shape->size;
}
