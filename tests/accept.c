/* SPDX-License-Identifier: MIT */
/* What a client would rather have: child/http/accept.c. */
#include "http/accept.h"

#include <string.h>

#include "support/suite.h"

static bool prefers_json(const char *field)
{
	return accept_prefers_json(field, strlen(field), "text/html");
}

START_TEST(json_that_is_named_wins)
{
	static const char *const fields[] = {
		"application/json",
		"application/x-ndjson",
		"application/problem+JSON",
		"application/json, text/plain, */*",
		"text/html, application/json",
		"text/html;q=0.5, application/json;q=0.5",
		"text/html;q=0.5, application/json;q=0.9",
		"text/*;q=0.5 ,\tapplication/json ; q=0.6",
		"*/*;q=0.1,application/json;Q=0.2",
		"text/html;q=0.1, */*, application/json;q=0.2",
		"application/json;q=1.000",
		"application/json;charset=utf-8;q=0.001",
		"text/html;q=0, application/json;q=0.1",
	};

	for (size_t i = 0; i < array_length(fields); i++)
		ck_assert_msg(prefers_json(fields[i]), "%s", fields[i]);
}
END_TEST

START_TEST(others_do_when_it_is_not_or_weighs_less)
{
	static const char *const fields[] = {
		"",
		",;,",
		"*/*",
		"application/*",
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"application/json;q=0, text/html",
		"application/json;q=0",
		"application/json; q=0.000",
		"application/json;q=0.9, text/html",
		"application/json;q=0.2, text/*;q=0.3",
		"application/json;q=0.2, */*;q=0.3",
		"application/json;q=x",
		"application/json;q=2",
		"application/json;q=0.5555",
		"application/json;q=05",
		"application/json;q=",
	};

	for (size_t i = 0; i < array_length(fields); i++)
		ck_assert_msg(!prefers_json(fields[i]), "%s", fields[i]);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		json_that_is_named_wins,
		others_do_when_it_is_not_or_weighs_less,
	};

	return SUITE_RUN("accept", cases);
}
