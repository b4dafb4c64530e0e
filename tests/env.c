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

static bool begins_with_a(const char *entry)
{
	return entry[0] == 'A';
}

START_TEST(what_matches_is_removed)
{
	struct env env = ENV_INIT;

	env_remove_if(&env, begins_with_a);
	ck_assert_int_eq(env_copy(&env, source), 0);
	env_remove_if(&env, begins_with_a);
	ck_assert_uint_eq(env.count, 2);
	ck_assert_str_eq(env.entries[0], "PATH=/bin");
	ck_assert_str_eq(env.entries[1], "EMPTY=");
	ck_assert_ptr_null(env.entries[2]);
	env_finish(&env);
}
END_TEST

START_TEST(entry_is_found_by_its_whole_key)
{
	ck_assert_ptr_eq(env_find(source, "A"), source[1]);
	ck_assert_ptr_eq(env_find(source, "AB=other"), source[2]);
	ck_assert_str_eq(env_value(env_find(source, "AB")), "2");
	ck_assert_ptr_null(env_find(source, "PAT"));
	ck_assert_ptr_null(env_find(NULL, "A"));
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
		what_matches_is_removed,
		entry_is_found_by_its_whole_key,
		many_entries_grow_the_list,
	};

	return SUITE_RUN("env", cases);
}
