/* SPDX-License-Identifier: MIT */
/* Routes, and what stands in a query: child/http/routes.c. */
#include "http/routes.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

static const struct route table[] = {
	{ .path = "/", .allow = "GET, HEAD, OPTIONS" },
	{ .path = "/a", .allow = "POST" },
	{ .path = "/files/", .allow = "PUT, DELETE" },
	{ .path = "/files/x", .allow = "PATCH" },
};
static const struct routes routes = ROUTES(table, NULL);

/* The index of the route that has the path; -1: none. */
static int find(const char *path)
{
	size_t size = strlen(path);
	char *copy = malloc(size ? size : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, path, size); /* no NUL behind it, as in a head */
	const struct route *route = routes_find(&routes, copy, size);

	free(copy);
	return route ? (int)(route - table) : -1;
}

START_TEST(path_is_that_of_the_route_to_the_byte)
{
	ck_assert_int_eq(find("/"), 0);
	ck_assert_int_eq(find("/a"), 1);
	ck_assert_int_eq(find(""), -1);
	ck_assert_int_eq(find("a"), -1);
	ck_assert_int_eq(find("/A"), -1);
	ck_assert_int_eq(find("/ab"), -1);
	ck_assert_int_eq(find("/a/"), -1);
	ck_assert_int_eq(find("//"), -1);
	ck_assert_int_eq(find("//a"), -1);
	ck_assert_int_eq(find("/%61"), -1);
}
END_TEST

START_TEST(route_with_a_slash_at_its_end_has_what_is_below)
{
	ck_assert_int_eq(find("/files/"), 2);
	ck_assert_int_eq(find("/files/a/b"), 2);
	ck_assert_int_eq(find("/files//"), 2);
	ck_assert_int_eq(find("/files"), -1);
	ck_assert_int_eq(find("/file"), -1);
	ck_assert_int_eq(find("/files-x"), -1);
	ck_assert_int_eq(find("/Files/a"), -1);
}
END_TEST

START_TEST(first_route_that_has_the_path_is_taken)
{
	ck_assert_int_eq(find("/files/x"), 2);
}
END_TEST

START_TEST(without_routes_there_is_none)
{
	static const struct routes none = { 0 };

	ck_assert_ptr_null(routes_find(&none, "/", 1));
}
END_TEST

START_TEST(route_has_the_methods_that_it_lists)
{
	static const struct route all = { .allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" };
	static const struct route none = { .allow = "" };

	for (int i = 0; i < REQUEST_METHOD_COUNT; i++) {
		enum request_method method = (enum request_method)i;
		struct route one = { .allow = request_method_name(method) };

		ck_assert(route_allows(&all, method));
		ck_assert(!route_allows(&none, method));
		for (int j = 0; j < REQUEST_METHOD_COUNT; j++)
			ck_assert(route_allows(&one, (enum request_method)j) == (i == j));
	}
}
END_TEST

static int number(const char *query, int max)
{
	size_t size = strlen(query);
	char *copy = malloc(size ? size : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, query, size);
	int r = query_number(copy, size, "n", 42, max);

	free(copy);
	return r;
}

START_TEST(number_is_found_by_its_name)
{
	ck_assert_int_eq(number("n=7", 100), 7);
	ck_assert_int_eq(number("a=1&n=7", 100), 7);
	ck_assert_int_eq(number("n=7&a=1", 100), 7);
	ck_assert_int_eq(number("&&n=7&&", 100), 7);
	ck_assert_int_eq(number("nn=1&n=7", 100), 7);
	ck_assert_int_eq(number("n=7&n=8", 100), 7);
	ck_assert_int_eq(number("n=007", 100), 7);
}
END_TEST

START_TEST(absent_number_has_a_value_too)
{
	ck_assert_int_eq(number("", 100), 42);
	ck_assert_int_eq(number("m=1", 100), 42);
	ck_assert_int_eq(number("nn=1", 100), 42);
	ck_assert_int_eq(number("N=1", 100), 42);
	ck_assert_int_eq(number("a=n=1", 100), 42);
	ck_assert_int_eq(number("%6e=1", 100), 42);
}
END_TEST

START_TEST(malformed_number_is_invalid)
{
	static const char *const rows[] = { "n", "n=", "n&a=1", "n=&a=1", "n=x", "n=1x", "n=x1",
		"n=-1", "n=+1", "n= 1", "n=1 ", "n=0x1", "n=1.0", "n=1e1", "n=%31", "n==1", "n=1;",
		"n=&n=1", "n=:", "n=/" };

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_msg(number(rows[i], 100) == -EINVAL, "%s", rows[i]);
}
END_TEST

START_TEST(number_is_the_largest_at_most)
{
	ck_assert_int_eq(number("n=0", 100), 0);
	ck_assert_int_eq(number("n=99", 100), 99);
	ck_assert_int_eq(number("n=100", 100), 100);
	ck_assert_int_eq(number("n=101", 100), -ERANGE);
	ck_assert_int_eq(number("n=109", 100), -ERANGE);
	ck_assert_int_eq(number("n=1000", 100), -ERANGE);
	ck_assert_int_eq(number("n=99999999999999999999", 100), -ERANGE);
	ck_assert_int_eq(number("n=2147483647", INT_MAX), INT_MAX);
	ck_assert_int_eq(number("n=2147483648", INT_MAX), -ERANGE);
	ck_assert_int_eq(number("n=2147483650", INT_MAX), -ERANGE);
	ck_assert_int_eq(number("n=4294967297", INT_MAX), -ERANGE);
}
END_TEST

START_TEST(largest_may_be_of_one_digit)
{
	for (int max = 0; max <= 9; max++)
		for (int value = 0; value <= 9; value++) {
			char query[] = { 'n', '=', (char)('0' + value), '\0' };

			ck_assert_msg(number(query, max) == (value > max ? -ERANGE : value),
				"%d of %d", value, max);
		}
}
END_TEST

static bool has(const char *query, const char *name, const char *value)
{
	return query_has(query, strlen(query), name, value);
}

START_TEST(query_has_what_stands_in_it)
{
	ck_assert(has("a", "a", NULL));
	ck_assert(has("a=", "a", NULL));
	ck_assert(has("a=b", "a", NULL));
	ck_assert(has("x&a&y", "a", NULL));
	ck_assert(has("a=b", "a", "b"));
	ck_assert(has("x=y&a=b", "a", "b"));
	ck_assert(has("a=", "a", ""));
	ck_assert(has("a", "a", ""));
	ck_assert(has("a=b=c", "a", "b=c"));
}
END_TEST

START_TEST(query_has_nothing_else)
{
	ck_assert(!has("", "a", NULL));
	ck_assert(!has("ab", "a", NULL));
	ck_assert(!has("b=a", "a", NULL));
	ck_assert(!has("A", "a", NULL));
	ck_assert(!has("a=b", "a", "B"));
	ck_assert(!has("a=bc", "a", "b"));
	ck_assert(!has("a=b", "a", "bc"));
	ck_assert(!has("a=b&x", "a", "b&x"));
	ck_assert(!has("a=x&a=b", "a", "b")); /* the first counts */
	ck_assert(!has("a", "a", "b"));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		path_is_that_of_the_route_to_the_byte,
		route_with_a_slash_at_its_end_has_what_is_below,
		first_route_that_has_the_path_is_taken,
		without_routes_there_is_none,
		route_has_the_methods_that_it_lists,
		number_is_found_by_its_name,
		absent_number_has_a_value_too,
		malformed_number_is_invalid,
		number_is_the_largest_at_most,
		largest_may_be_of_one_digit,
		query_has_what_stands_in_it,
		query_has_nothing_else,
	};

	return SUITE_RUN("routes", cases);
}
