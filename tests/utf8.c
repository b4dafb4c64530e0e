/* SPDX-License-Identifier: MIT */
/* Which bytes are UTF-8: base/utf8.c. */
#include "base/utf8.h"

#include <string.h>

#include "support/suite.h"

START_TEST(characters_of_each_length_are_decoded)
{
	static const struct {
		const char *text;
		uint32_t point;
	} rows[] = {
		{ "a", 'a' },
		{ "\x7f", 0x7f },
		{ "\xc2\x80", 0x80 },
		{ "\xdf\xbf", 0x7ff },
		{ "\xe0\xa0\x80", 0x800 },
		{ "\xed\x9f\xbf", 0xd7ff },
		{ "\xee\x80\x80", 0xe000 },
		{ "\xf0\x90\x80\x80", 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 0x10ffff },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		size_t length = strlen(rows[i].text);
		uint32_t point;

		ck_assert_uint_eq(utf8_decode(rows[i].text, length, &point), length);
		ck_assert_uint_eq(point, rows[i].point);
		ck_assert_uint_eq(utf8_decode(rows[i].text, length + 1, &point), length);
		ck_assert_uint_eq(utf8_decode(rows[i].text, length - 1, &point), 0);
	}
}
END_TEST

START_TEST(what_is_not_well_formed_is_refused)
{
	static const char *const rows[] = {
		"\x80",             /* a byte that follows comes first */
		"\xc1\xbf",         /* overlong */
		"\xe0\x9f\xbf",     /* overlong */
		"\xf0\x8f\xbf\xbf", /* overlong */
		"\xed\xa0\x80",     /* a surrogate */
		"\xf4\x90\x80\x80", /* beyond U+10FFFF */
		"\xf8\x88\x80\x80\x80",
		"\xff",
		"\xc3(",
		"\xe2\x82(",
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		uint32_t point = 42;

		ck_assert_uint_eq(utf8_decode(rows[i], strlen(rows[i]), &point), 0);
		ck_assert_uint_eq(point, 42);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		characters_of_each_length_are_decoded,
		what_is_not_well_formed_is_refused,
	};

	return SUITE_RUN("utf8", cases);
}
