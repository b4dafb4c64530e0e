/* SPDX-License-Identifier: MIT */
/* {fd:NAME} and {port:NAME}: substitute.c. */
#include "substitute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

static const struct substitute_value values[] = {
	{ .name = "http", .fd = 3, .port = 8080 },
	{ .name = "admin", .fd = 14, .port = -1 },
	{ .name = "80", .fd = 5, .port = 80 },
};

static void check(const char *text, const char *expected)
{
	struct baton_error error = { "" };
	char *result = NULL;

	ck_assert_int_eq(substitute(text, values, array_length(values), &result, &error), 0);
	ck_assert_str_eq(result, expected);
	free(result);
}

static void check_refused(const char *text, const char *reason)
{
	struct baton_error error = { "" };
	char *result = NULL;

	ck_assert_int_eq(substitute(text, values, array_length(values), &result, &error), -EINVAL);
	ck_assert_ptr_null(result);
	ck_assert_ptr_nonnull(strstr(error.text, reason));
}

START_TEST(placeholders_become_numbers)
{
	check("{fd:http}", "3");
	check("fd@{fd:admin}", "fd@14");
	check("http://localhost:{port:http}/", "http://localhost:8080/");
	check("{fd:http}{fd:admin}{port:80}", "31480");
	check("", "");
}
END_TEST

START_TEST(other_braces_stay)
{
	static const char *const texts[] = {
		"{\"fd\":{\"a\":[1,{}]}}",
		"{fd}",
		"{fd:http",
		"{",
		"}{",
		"{{",
		"${FD}",
		"{port }",
		"s.listen({fd:3})",
		"s.listen({port:8080})",
		"s.listen({port: port, host: 'x'})",
		"{fd:}",
	};

	for (size_t i = 0; i < array_length(texts); i++)
		check(texts[i], texts[i]);
	check("{{fd:http}}", "{3}");
	check("s.listen({fd:{fd:http}})", "s.listen({fd:3})");
}
END_TEST

START_TEST(unknown_name_is_refused)
{
	check_refused("x {fd:https}", "\"{fd:https}\"");
	check_refused("{port:htt}", "no listener");
	check_refused("{port:admin}", "no port");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		placeholders_become_numbers,
		other_braces_stay,
		unknown_name_is_refused,
	};

	return SUITE_RUN("substitute", cases);
}
