/* SPDX-License-Identifier: MIT */
/* "[NAME=]ADDRESS": socket/address_named.c, and the rules for names: socket/name.c. */
#include <baton/address.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "socket/name.h"
#include "support/suite.h"

START_TEST(name_is_told_from_the_address)
{
	static const struct {
		const char *text, *name, *address;
	} rows[] = {
		{ "http=:80", "http", "tcp://:80" },
		{ "80", NULL, "tcp://:80" },
		{ "a=unix:/run/a=b", "a", "unix:/run/a=b" },
		{ "unix:/run/a=b", NULL, "unix:/run/a=b" },
		{ ":80?backlog=9", NULL, "tcp://:80?backlog=9" },
		{ "a.b-c_d=[::1]:80?backlog=9", "a.b-c_d", "tcp://[::1]:80?backlog=9" },
		{ "s=systemd:s", "s", "systemd:s" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_address *address;
		struct baton_error error;
		char *name;

		ck_assert_msg(baton_address_parse_named(rows[i].text, &name, &address, &error) == 0,
			"%s: %s", rows[i].text, error.text);
		ck_assert_pstr_eq(name, rows[i].name);
		ck_assert_str_eq(baton_address_text(address), rows[i].address);
		free(name);
		baton_address_destroy(address);
	}
}
END_TEST

START_TEST(bad_name_or_address_is_refused_and_nothing_written)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ "=:80", "a listener name has 1 to 255 bytes" },
		{ "a b=:80", "listener name \"a b\": only ASCII" },
		{ "a,b=:80", "listener name \"a,b\"" },
		{ "{a}=:80", "listener name \"{a}\"" },
		{ "\xc3\xa4=:80", "listener name" },
		{ "a=", "address \"\": it is empty" },
		{ "a=:99999", "port \"99999\"" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_address *address = NULL;
		struct baton_error error;
		char *name = NULL;

		ck_assert_int_eq(
			baton_address_parse_named(rows[i].text, &name, &address, &error), -EINVAL);
		ck_assert_ptr_nonnull(strstr(error.text, rows[i].reason));
		ck_assert_ptr_null(name);
		ck_assert_ptr_null(address);
	}
}
END_TEST

START_TEST(longest_name_has_255_bytes)
{
	char name[257];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	ck_assert_int_eq(name_check(name, NULL), 0);
	name[255] = 'n';
	name[256] = '\0';
	ck_assert_int_eq(name_check(name, NULL), -EINVAL);
	ck_assert_int_eq(name_check(NULL, NULL), -EINVAL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		name_is_told_from_the_address,
		bad_name_or_address_is_refused_and_nothing_written,
		longest_name_has_255_bytes,
	};

	return SUITE_RUN("address_named", cases);
}
