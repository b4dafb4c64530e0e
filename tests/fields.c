/* SPDX-License-Identifier: MIT */
/* Structures as JSON, by tables: supervisor/reexec/fields.c and fields_read.c. */
#include "reexec/fields.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/strbuf.h"
#include "support/suite.h"

enum color { RED, GREEN };

struct point {
	int x;
	int fd;
};

struct all {
	bool is_on;
	int number;
	unsigned count;
	int64_t long_number;
	uint64_t long_count;
	enum color color;
	char *text;
	char chars[8];
	struct strbuf bytes;
	int fd;
	struct point point;
	struct point *list;
	size_t list_count;
	struct point array[2];
	unsigned array_count;
};

static const char *color_name(unsigned value)
{
	return value == RED ? "red" : value == GREEN ? "green" : "?";
}

static const struct field point_fields[] = {
	FIELD(struct point, "x", FIELD_SIGNED, x),
	FIELD(struct point, "fd", FIELD_FD, fd),
};
static const struct point new_point = { .fd = -1 };
static const struct shape point_shape = SHAPE(struct point, point_fields, &new_point);

static const struct field all_fields[] = {
	FIELD(struct all, "is_on", FIELD_BOOL, is_on),
	FIELD(struct all, "number", FIELD_SIGNED, number),
	FIELD(struct all, "count", FIELD_UNSIGNED, count),
	FIELD(struct all, "long_number", FIELD_SIGNED, long_number),
	FIELD(struct all, "long_count", FIELD_UNSIGNED, long_count),
	FIELD_NAMED(struct all, "color", color_name, color),
	FIELD(struct all, "text", FIELD_TEXT, text),
	FIELD(struct all, "chars", FIELD_CHARS, chars),
	FIELD(struct all, "bytes", FIELD_BYTES, bytes),
	FIELD(struct all, "fd", FIELD_FD, fd),
	FIELD_IN(struct all, "point", &point_shape, point),
	FIELD_MANY(struct all, "list", FIELD_LIST, &point_shape, list, list_count),
	FIELD_MANY(struct all, "array", FIELD_ARRAY, &point_shape, array, array_count),
};
static const struct all new_all = { .fd = -1, .point = { .fd = -1 } };
static const struct shape all_shape = SHAPE(struct all, all_fields, &new_all);

static struct all object;
static struct baton_error error;

static void setup(void)
{
	object = new_all;
}

static void teardown(void)
{
	fields_free(&all_shape, &object);
}

/* The object in its place is read from what is written of it. */
static void write_and_read(void)
{
	json_t *json = fields_write(&all_shape, &object);
	char *text = json_dumps(json, JSON_COMPACT);

	ck_assert_ptr_nonnull(text);
	fields_free(&all_shape, &object);
	json_decref(json);
	json = json_loads(text, 0, NULL);
	ck_assert_int_eq(fields_read(&all_shape, json, &object, &error), 0);
	json_decref(json);
	free(text);
}

static int read_text(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	int r;

	ck_assert_ptr_nonnull(json);
	fields_free(&all_shape, &object);
	r = fields_read(&all_shape, json, &object, &error);
	json_decref(json);
	return r;
}

START_TEST(everything_comes_back_as_it_was)
{
	struct point *point = fields_append(&point_shape, &object.list, &object.list_count);

	object.is_on = true;
	object.number = INT_MIN;
	object.count = UINT_MAX;
	object.long_number = INT64_MIN;
	object.long_count = UINT64_MAX;
	object.color = GREEN;
	object.text = strdup("caf\xc3\xa9 \"\n");
	strcpy(object.chars, "seven77");
	strbuf_append_bytes(&object.bytes, "a\0\xff", 3);
	object.fd = 7;
	object.point = (struct point){ 1, 8 };
	*point = (struct point){ 2, 9 };
	(void)fields_append(&point_shape, &object.list, &object.list_count);
	object.array[0] = (struct point){ 3, 10 };
	object.array_count = 1;
	write_and_read();
	ck_assert(object.is_on);
	ck_assert_int_eq(object.number, INT_MIN);
	ck_assert_uint_eq(object.count, UINT_MAX);
	ck_assert_int_eq(object.long_number, INT64_MIN);
	ck_assert_uint_eq(object.long_count, UINT64_MAX);
	ck_assert_int_eq(object.color, GREEN);
	ck_assert_str_eq(object.text, "caf\xc3\xa9 \"\n");
	ck_assert_str_eq(object.chars, "seven77");
	ck_assert_uint_eq(object.bytes.length, 3);
	ck_assert_mem_eq(object.bytes.text, "a\0\xff", 3);
	ck_assert_int_eq(object.fd, 7);
	ck_assert_int_eq(object.point.fd, 8);
	ck_assert_uint_eq(object.list_count, 2);
	ck_assert_int_eq(object.list[0].fd, 9);
	ck_assert_int_eq(object.list[1].fd, -1);
	ck_assert_uint_eq(object.array_count, 1);
	ck_assert_int_eq(object.array[0].x, 3);
}
END_TEST

START_TEST(text_that_is_no_utf8_comes_back_too)
{
	object.text = strdup("/srv/\xff\xfe");
	strcpy(object.chars, "\x80");
	write_and_read();
	ck_assert_str_eq(object.text, "/srv/\xff\xfe");
	ck_assert_str_eq(object.chars, "\x80");
}
END_TEST

START_TEST(no_text_is_not_an_empty_one)
{
	write_and_read();
	ck_assert_ptr_null(object.text);
	object.text = strdup("");
	write_and_read();
	ck_assert_str_eq(object.text, "");
}
END_TEST

START_TEST(what_is_not_there_stays_new_and_what_is_unknown_is_passed_over)
{
	ck_assert_int_eq(read_text("{\"number\":5,\"of_another_version\":[1,{}]}"), 0);
	ck_assert_int_eq(object.number, 5);
	ck_assert_int_eq(object.fd, -1);
	ck_assert_int_eq(object.point.fd, -1);
	ck_assert_uint_eq(object.list_count, 0);
}
END_TEST

static const struct {
	const char *json, *problem;
} bad[] = {
	{ "[]", "it is no object" },
	{ "{\"is_on\":1}", "is_on is no truth value" },
	{ "{\"number\":\"1\"}", "number is no number of its range" },
	{ "{\"number\":2147483648}", "number is no number of its range" },
	{ "{\"count\":-1}", "count is no number of its range" },
	{ "{\"count\":4294967296}", "count is no number of its range" },
	{ "{\"long_count\":-1}", "long_count is no number of its range" },
	{ "{\"long_count\":\"-1\"}", "long_count is no number of its range" },
	{ "{\"long_count\":\"\"}", "long_count is no number of its range" },
	{ "{\"long_count\":\"7x\"}", "long_count is no number of its range" },
	{ "{\"long_count\":\"18446744073709551616\"}", "long_count is no number of its range" },
	{ "{\"count\":\"7\"}", "count is no number of its range" },
	{ "{\"color\":\"blue\"}", "color is no word that is known" },
	{ "{\"color\":\"?\"}", "color is no word that is known" },
	{ "{\"color\":null}", "color is no word that is known" },
	{ "{\"text\":5}", "text is no text" },
	{ "{\"text\":{\"hex\":\"00\"}}", "text is no text" },
	{ "{\"text\":{\"hex\":\"6\"}}", "text is no row of hexadecimal digits" },
	{ "{\"text\":{\"hex\":\"6g\"}}", "text is no row of hexadecimal digits" },
	{ "{\"chars\":\"eight888\"}", "chars is no text of its length" },
	{ "{\"chars\":null}", "chars is no text of its length" },
	{ "{\"bytes\":[]}", "bytes is no row of hexadecimal digits" },
	{ "{\"fd\":-2}", "fd is no descriptor" },
	{ "{\"point\":[]}", "point is no object" },
	{ "{\"point\":{\"x\":true}}", "point.x is no number of its range" },
	{ "{\"list\":{}}", "list is no list" },
	{ "{\"list\":[{},{\"fd\":1.5}]}", "list[1].fd is no descriptor" },
	{ "{\"array\":[{},{},{}]}", "array is longer than 2" },
	{ "{\"array\":[5]}", "array is no object" },
};

START_TEST(what_makes_no_sense_is_named)
{
	for (size_t i = 0; i < array_length(bad); i++) {
		ck_assert_int_eq(read_text(bad[i].json), -EBADMSG);
		ck_assert_str_eq(error.text, bad[i].problem);
	}
}
END_TEST

static int add(int fd, void *data)
{
	*(int *)data += fd;
	return fd == 5 ? -EBADF : 0;
}

START_TEST(each_descriptor_is_met_until_one_is_refused)
{
	struct point *point = fields_append(&point_shape, &object.list, &object.list_count);
	int sum = 0;

	ck_assert_int_eq(fields_each_fd(&all_shape, &object, add, &sum), 0);
	ck_assert_int_eq(sum, 0);
	object.fd = 1;
	object.point.fd = 10;
	point->fd = 100;
	object.array[0].fd = 1000;
	object.array_count = 1;
	ck_assert_int_eq(fields_each_fd(&all_shape, &object, add, &sum), 0);
	ck_assert_int_eq(sum, 1111);
	sum = 0;
	object.point.fd = 5;
	ck_assert_int_eq(fields_each_fd(&all_shape, &object, add, &sum), -EBADF);
	ck_assert_int_eq(sum, 6);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		everything_comes_back_as_it_was,
		text_that_is_no_utf8_comes_back_too,
		no_text_is_not_an_empty_one,
		what_is_not_there_stays_new_and_what_is_unknown_is_passed_over,
		what_makes_no_sense_is_named,
		each_descriptor_is_met_until_one_is_refused,
	};
	const struct suite suite = {
		.name = "fields",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
