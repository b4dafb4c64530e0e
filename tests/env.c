/* SPDX-License-Identifier: MIT */
/* The environment of a child: base/env.c. */
#include "base/env.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"

static char *const source[] = { "PATH=/bin", "A=1", "AB=2", "EMPTY=", NULL };

START_TEST(copy_holds_all_and_ends_with_null)
{
	struct env env = ENV_INIT;

	ck_assert_int_eq(env_copy(&env, source), 0);
	ck_assert_uint_eq(env.count, 4);
	ck_assert_ptr_null(env.entries[4]);
	ck_assert_str_eq(env_get(&env, "A"), "1");
	ck_assert_str_eq(env_get(&env, "EMPTY"), "");
	ck_assert_ptr_null(env_get(&env, "B"));
	env_finish(&env);
}
END_TEST

START_TEST(set_replaces_only_its_own_key)
{
	struct env env = ENV_INIT;

	ck_assert_int_eq(env_copy(&env, source), 0);
	ck_assert_int_eq(env_setf(&env, "A", "%d", 3), 0);
	ck_assert_int_eq(env_set(&env, "NEW", "x=y"), 0);
	ck_assert_str_eq(env_get(&env, "A"), "3");
	ck_assert_str_eq(env_get(&env, "AB"), "2");
	ck_assert_str_eq(env_get(&env, "NEW"), "x=y");
	ck_assert_uint_eq(env.count, 5);
	ck_assert_int_eq(env_set(&env, "", "x"), -EINVAL);
	ck_assert_int_eq(env_set(&env, "A=B", "x"), -EINVAL);
	env_finish(&env);
}
END_TEST

START_TEST(unset_removes_a_key_or_a_prefix)
{
	struct env env = ENV_INIT;

	ck_assert_int_eq(env_copy(&env, source), 0);
	env_unset(&env, "PATH");
	env_unset(&env, "PATH");
	ck_assert_uint_eq(env.count, 3);
	env_unset_prefix(&env, "A");
	ck_assert_uint_eq(env.count, 1);
	ck_assert_str_eq(env.entries[0], "EMPTY=");
	ck_assert_ptr_null(env.entries[1]);
	env_finish(&env);
}
END_TEST

START_TEST(many_entries_grow_the_list)
{
	struct env env = ENV_INIT;
	char key[16];

	for (int i = 0; i < 200; i++) {
		(void)snprintf(key, sizeof(key), "K%d", i);
		ck_assert_int_eq(env_setf(&env, key, "%d", i), 0);
	}
	ck_assert_uint_eq(env.count, 200);
	ck_assert_str_eq(env_get(&env, "K199"), "199");
	ck_assert_ptr_null(env.entries[200]);
	env_finish(&env);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		copy_holds_all_and_ends_with_null,
		set_replaces_only_its_own_key,
		unset_removes_a_key_or_a_prefix,
		many_entries_grow_the_list,
	};

	return SUITE_RUN("env", cases);
}
