/* SPDX-License-Identifier: MIT */
/* Users and groups by name or number: base/user.c. */
#include "base/user.h"

#include <errno.h>

#include "support/suite.h"

START_TEST(name_and_number_of_root_are_the_same_user)
{
	const char *const texts[] = { "root", "0" };

	for (size_t i = 0; i < array_length(texts); i++) {
		struct user user;

		ck_assert_int_eq(user_find(texts[i], &user), 0);
		ck_assert_str_eq(user.name, "root");
		ck_assert_uint_eq(user.uid, 0);
		ck_assert_uint_eq(user.gid, 0);
		user_finish(&user);
	}
}
END_TEST

START_TEST(number_without_an_entry_is_a_user_without_name_and_group)
{
	struct user user;

	ck_assert_int_eq(user_find("4294967294", &user), 0);
	ck_assert_ptr_null(user.name);
	ck_assert_uint_eq(user.uid, 4294967294);
	ck_assert_uint_eq(user.gid, (gid_t)-1);
	user_finish(&user);
}
END_TEST

START_TEST(group_is_found_by_name_and_by_number)
{
	gid_t group;

	ck_assert_int_eq(user_find_group("root", &group), 0);
	ck_assert_uint_eq(group, 0);
	ck_assert_int_eq(user_find_group("4294967294", &group), 0);
	ck_assert_uint_eq(group, 4294967294);
}
END_TEST

START_TEST(what_is_neither_name_nor_number_is_not_found)
{
	/* The last is what chown(2) takes for "leave it as it is". */
	const char *const texts[] = { "no-such-name", "", "-1", "0x0", "1 ", "4294967295" };

	for (size_t i = 0; i < array_length(texts); i++) {
		struct user user = { .uid = 42 };
		gid_t group = 42;

		ck_assert_int_eq(user_find(texts[i], &user), -ESRCH);
		ck_assert_uint_eq(user.uid, 42);
		ck_assert_int_eq(user_find_group(texts[i], &group), -ESRCH);
		ck_assert_uint_eq(group, 42);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		name_and_number_of_root_are_the_same_user,
		number_without_an_entry_is_a_user_without_name_and_group,
		group_is_found_by_name_and_by_number,
		what_is_neither_name_nor_number_is_not_found,
	};

	return SUITE_RUN("user", cases);
}
