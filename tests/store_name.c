/* SPDX-License-Identifier: MIT */
/* What sockets are called in the manager's store: supervisor/store_name.c. */
#include "store_name.h"

#include <errno.h>
#include <string.h>

#include "support/suite.h"

static void expect(const char *text, const char *listener, unsigned copy, size_t index)
{
	char name[STORE_NAME_SIZE];
	struct store_name parsed;

	ck_assert_int_eq(store_name_format(listener, copy, index, name), 0);
	ck_assert_str_eq(name, text);
	ck_assert_int_eq(store_name_parse(name, &parsed), 0);
	ck_assert_str_eq(parsed.listener, listener);
	ck_assert_uint_eq(parsed.copy, copy);
	ck_assert_uint_eq(parsed.index, index);
}

START_TEST(name_has_listener_and_index)
{
	expect("baton.http.0", "http", 0, 0);
	expect("baton.http.12", "http", 0, 12);
}
END_TEST

START_TEST(another_of_the_name_is_told_from_it)
{
	expect("baton1.http.0", "http", 1, 0);
	expect("baton2147483647.http.3", "http", 2147483647, 3);
}
END_TEST

START_TEST(name_of_a_listener_may_look_like_the_rest)
{
	expect("baton.a.b.0", "a.b", 0, 0);
	expect("baton.1.2.3", "1.2", 0, 3);
	expect("baton...0", ".", 0, 0);
	expect("baton.%s/\"'[é].7", "%s/\"'[é]", 0, 7);
	expect("baton2.baton.http.0.1", "baton.http.0", 2, 1);
}
END_TEST

START_TEST(name_that_the_manager_would_refuse_is_not_made)
{
	char listener[STORE_NAME_SIZE], name[STORE_NAME_SIZE];
	size_t longest = STORE_NAME_SIZE - 1 - strlen("baton..0");
	struct store_name parsed;

	memset(listener, 'x', sizeof(listener));
	listener[longest] = '\0';
	ck_assert_int_eq(store_name_format(listener, 0, 0, name), 0);
	ck_assert_int_eq(store_name_parse(name, &parsed), 0);
	ck_assert_int_eq(store_name_format(listener, 0, 10, name), -ENAMETOOLONG);
	ck_assert_int_eq(store_name_format(listener, 1, 0, name), -ENAMETOOLONG);
}
END_TEST

START_TEST(other_names_are_told_from_them)
{
	static const char *const others[] = { "", "http", "stored", "baton", "baton.", "baton..0",
		"baton.0", "baton.http", "baton.http.", "baton.http.x", "baton.http.-1",
		"baton.http.00", "baton.http.01", "baton0.http.0", "baton01.http.0",
		"baton-1.http.0", "batonx.http.0", "baton 1.http.0", "xbaton.http.0",
		"Baton.http.0", "baton.http.99999999999", "baton99999999999.http.0",
		"baton.http.123456789012345678901234567890" };
	char long_name[STORE_NAME_SIZE + 8] = "baton.";
	struct store_name name;

	for (size_t i = 0; i < array_length(others); i++)
		ck_assert_msg(store_name_parse(others[i], &name) == -EINVAL, "%s", others[i]);
	memset(long_name + strlen("baton."), 'x', STORE_NAME_SIZE - 8);
	strcat(long_name, ".0");
	ck_assert_int_eq(store_name_parse(long_name, &name), -EINVAL);
}
END_TEST

START_TEST(sockets_of_a_listener_stand_in_their_order)
{
	static const char *const sorted[] = { "baton.a.0", "baton.a.2", "baton.a.10", "baton1.a.1",
		"baton2.a.0", "baton10.a.0", "baton.a.1.0", "baton.b.0" };
	struct store_name left, right;

	for (size_t i = 0; i < array_length(sorted); i++) {
		for (size_t j = 0; j < array_length(sorted); j++) {
			ck_assert_int_eq(store_name_parse(sorted[i], &left), 0);
			ck_assert_int_eq(store_name_parse(sorted[j], &right), 0);
			int order = store_name_compare(&left, &right);

			ck_assert_msg((order > 0) - (order < 0) == (i > j) - (i < j), "%s %s",
				sorted[i], sorted[j]);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		name_has_listener_and_index,
		another_of_the_name_is_told_from_it,
		name_of_a_listener_may_look_like_the_rest,
		name_that_the_manager_would_refuse_is_not_made,
		other_names_are_told_from_them,
		sockets_of_a_listener_stand_in_their_order,
	};
	const struct suite suite = {
		.name = "store_name",
		.cases = cases,
		.count = array_length(cases),
	};

	return suite_run(&suite);
}
