/* SPDX-License-Identifier: MIT */
/* Paths of requests, decoded: child/app/path.c. How they are opened is in path_open.c. */
#include "app/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

static char path[PATH_SIZE];

/* The bytes in memory of just their length, as a sanitizer sees a read behind it. */
static int decode_bytes(const char *bytes, size_t size)
{
	char *copy = malloc(size ? size : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, size);
	int r = path_decode(copy, size, path);

	free(copy);
	return r;
}

static int decode(const char *text)
{
	return decode_bytes(text, strlen(text));
}

START_TEST(plain_path_stays_as_it_is)
{
	static const char *const rows[] = { "", "a", "a/b", "a/", "a//b", "a b", "~a", "a+b", "a?b",
		"\xc3\xa9\xff\x01" };

	for (size_t i = 0; i < array_length(rows); i++) {
		ck_assert_int_eq(decode(rows[i]), 0);
		ck_assert_str_eq(path, rows[i]);
	}
}
END_TEST

START_TEST(escapes_are_decoded_once)
{
	static const struct {
		const char *encoded, *path;
	} rows[] = {
		{ "%61", "a" },
		{ "a%20b", "a b" },
		{ "%c3%a9", "\xc3\xa9" },
		{ "%C3%A9", "\xc3\xa9" },
		{ "%fF%01%7f", "\xff\x01\x7f" },
		{ "a%2Fb", "a/b" },
		{ "%25", "%" },
		{ "%2541", "%41" },
		{ "%25%34%31", "%41" },
		{ "%252e%252e", "%2e%2e" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		ck_assert_int_eq(decode(rows[i].encoded), 0);
		ck_assert_str_eq(path, rows[i].path);
	}
}
END_TEST

START_TEST(broken_escapes_are_refused)
{
	static const char *const rows[] = { "%", "a%", "%4", "%4/", "%g1", "%1g", "%%41", "%-1",
		"% 1", "%+1", "%0x41", "%u0041", "%4%31", "%\x01\x01" };

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_msg(decode(rows[i]) == -EINVAL, "%s", rows[i]);
}
END_TEST

START_TEST(slashes_at_the_front_are_taken_off)
{
	static const char *const rows[] = { "/a", "//a", "///a", "%2fa", "/%2F/a", "%2f%2fa" };

	for (size_t i = 0; i < array_length(rows); i++) {
		ck_assert_int_eq(decode(rows[i]), 0);
		ck_assert_str_eq(path, "a");
	}
	ck_assert_int_eq(decode("//"), 0);
	ck_assert_str_eq(path, "");
}
END_TEST

START_TEST(part_that_is_two_dots_is_refused_however_it_is_written)
{
	static const char *const rows[] = { "..", "../", "/..", "../a", "a/..", "a/../b", "a/b/..",
		"a//../b", "..//a", "%2e%2e", "%2E.", ".%2e/a", "a%2f..", "a%2f%2e%2e%2fb",
		"a/%2e%2e", "/%2f../a", "a/.../.." };

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_msg(decode(rows[i]) == -EINVAL, "%s", rows[i]);
}
END_TEST

START_TEST(other_dots_are_names)
{
	static const char *const rows[] = { ".", "./a", "a/.", "...", "a/...", "..a", "a..", "a..b",
		".. /a", "a/..b/c", "..\\a" };

	for (size_t i = 0; i < array_length(rows); i++) {
		ck_assert_int_eq(decode(rows[i]), 0);
		ck_assert_str_eq(path, rows[i]);
	}
}
END_TEST

START_TEST(zero_byte_is_refused)
{
	ck_assert_int_eq(decode("%00"), -EINVAL);
	ck_assert_int_eq(decode("a%00"), -EINVAL);
	ck_assert_int_eq(decode("a%00/b"), -EINVAL);
	ck_assert_int_eq(decode("a.txt%00.html"), -EINVAL);
}
END_TEST

/* A head of a request has none, but that is not ours to rely on. */
START_TEST(zero_byte_that_is_not_encoded_is_refused_too)
{
	ck_assert_int_eq(decode_bytes("", 1), -EINVAL);
	ck_assert_int_eq(decode_bytes("a\0b", 3), -EINVAL);
	ck_assert_int_eq(decode_bytes("a\0/../b", 7), -EINVAL);
}
END_TEST

/* Repeats the piece, and returns what it was decoded to. */
static int decode_many(const char *piece, size_t count)
{
	size_t size = strlen(piece);
	char *bytes = malloc(size * count);

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < count; i++)
		memcpy(bytes + i * size, piece, size);
	int r = decode_bytes(bytes, size * count);

	free(bytes);
	return r;
}

START_TEST(decoded_length_is_what_is_limited)
{
	ck_assert_int_eq(decode_many("a", PATH_SIZE - 1), 0);
	ck_assert_uint_eq(strlen(path), PATH_SIZE - 1);
	ck_assert_int_eq(decode_many("a", PATH_SIZE), -ENAMETOOLONG);
	ck_assert_int_eq(decode_many("%61", PATH_SIZE - 1), 0);
	ck_assert_uint_eq(strlen(path), PATH_SIZE - 1);
	ck_assert_int_eq(decode_many("%61", PATH_SIZE), -ENAMETOOLONG);
	ck_assert_int_eq(decode_many("/", 3 * PATH_SIZE), 0);
	ck_assert_str_eq(path, "");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		plain_path_stays_as_it_is,
		escapes_are_decoded_once,
		broken_escapes_are_refused,
		slashes_at_the_front_are_taken_off,
		part_that_is_two_dots_is_refused_however_it_is_written,
		other_dots_are_names,
		zero_byte_is_refused,
		zero_byte_that_is_not_encoded_is_refused_too,
		decoded_length_is_what_is_limited,
	};

	return SUITE_RUN("path", cases);
}
