/* SPDX-License-Identifier: MIT */
/* See leaks.h. */
#include "support/leaks.h"

#include <check.h>
#include <stdio.h>

enum { TEXT_SIZE = 256 };

struct baton_leak *leaks_before;

void leaks_look(unsigned kinds)
{
	leaks_forget();
	ck_assert_int_eq(baton_leak_snapshot(kinds, &leaks_before), 0);
}

void leaks_forget(void)
{
	baton_leak_destroy(leaks_before);
	leaks_before = NULL;
}

struct baton_leak *leaks_find(size_t count)
{
	struct baton_leak *left;

	ck_assert_int_eq(baton_leak_since(leaks_before, &left), 0);
	ck_assert_uint_eq(baton_leak_count(left), count);
	return left;
}

void leaks_check_none(void)
{
	baton_leak_destroy(leaks_find(0));
}

struct baton_leak_entry leaks_check_one(enum baton_leak_kind kind)
{
	static char what[TEXT_SIZE], place[TEXT_SIZE];
	struct baton_leak *left = leaks_find(1);
	struct baton_leak_entry entry = *baton_leak_get(left, 0);

	ck_assert_int_eq(entry.kind, kind);
	(void)snprintf(what, sizeof(what), "%s", entry.what);
	(void)snprintf(place, sizeof(place), "%s", entry.place);
	entry.what = what;
	entry.place = place;
	baton_leak_destroy(left);
	return entry;
}
