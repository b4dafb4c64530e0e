/* SPDX-License-Identifier: MIT */
/* Text for JSON, HTML and URLs: child/http/escape.c. */
#include "http/escape.h"

#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define REPLACED "\xef\xbf\xbd" /* U+FFFD */

typedef int (*escape_fn)(struct buffer *out, const char *text);

struct row {
	const char *text, *escaped;
};

/* The text in memory of just its length, so that a sanitizer sees a read behind it. */
static void check_row(escape_fn escape, const struct row *row)
{
	struct buffer out = { 0 };
	char *text = strdup(row->text);

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(buffer_append_text(&out, "<"), 0);
	ck_assert_int_eq(escape(&out, text), 0);
	ck_assert_msg(out.size == strlen(row->escaped) + 1 &&
			memcmp(buffer_bytes(&out) + 1, row->escaped, out.size - 1) == 0,
		"%.*s instead of %s", (int)out.size - 1, buffer_bytes(&out) + 1, row->escaped);
	free(text);
	buffer_release(&out);
}

static void check(escape_fn escape, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(escape, &rows[i]);
}

START_TEST(json_is_a_string_with_its_quotes)
{
	static const struct row rows[] = {
		{ "", "\"\"" },
		{ "a b", "\"a b\"" },
		{ "a/b<c>&'", "\"a/b<c>&'\"" },
		{ "\"", "\"\\\"\"" },
		{ "\\", "\"\\\\\"" },
		{ "\\n", "\"\\\\n\"" },
		{ "a\"b\\c\"", "\"a\\\"b\\\\c\\\"\"" },
	};

	check(escape_json, rows, array_length(rows));
}
END_TEST

START_TEST(json_has_no_control_byte)
{
	static const struct row rows[] = {
		{ "\n\t", "\"\\n\\t\"" },
		{ "\x01\x08\x0c\r", "\"\\u0001\\u0008\\u000c\\u000d\"" },
		{ "\x1b[31m\x1f", "\"\\u001b[31m\\u001f\"" },
		{ "\x7f", "\"\\u007f\"" },
	};

	check(escape_json, rows, array_length(rows));
}
END_TEST

START_TEST(html_has_no_markup_of_the_text)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "a b/c", "a b/c" },
		{ "<script>alert(\"&\")</script>",
			"&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;" },
		{ "&lt;", "&amp;lt;" },
		{ "a\nb\t\x1b\x7f", "a" REPLACED "b" REPLACED REPLACED REPLACED },
	};

	check(escape_html, rows, array_length(rows));
}
END_TEST

START_TEST(characters_of_any_length_stay)
{
	static const struct row rows[] = {
		{ "\xc2\x80", "\xc2\x80" },
		{ "\xdf\xbf", "\xdf\xbf" },
		{ "\xe0\xa0\x80", "\xe0\xa0\x80" },
		{ "\xed\x9f\xbf", "\xed\x9f\xbf" },
		{ "\xee\x80\x80", "\xee\x80\x80" },
		{ "\xef\xbf\xbf", "\xef\xbf\xbf" },
		{ "\xf0\x90\x80\x80", "\xf0\x90\x80\x80" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z",
			"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z" },
	};

	check(escape_html, rows, array_length(rows));
}
END_TEST

/* RFC 3629. A byte that begins nothing is replaced, and the next looked at anew. */
START_TEST(what_is_not_utf8_is_replaced_byte_by_byte)
{
	static const struct row rows[] = {
		{ "a\x80z", "a" REPLACED "z" },
		{ "\xff\xfe", REPLACED REPLACED },
		/* Overlong. */
		{ "\xc0\xaf", REPLACED REPLACED },
		{ "\xc1\xbf", REPLACED REPLACED },
		{ "\xe0\x80\xaf", REPLACED REPLACED REPLACED },
		{ "\xe0\x9f\xbf", REPLACED REPLACED REPLACED },
		{ "\xf0\x80\x80\xaf", REPLACED REPLACED REPLACED REPLACED },
		{ "\xf0\x8f\xbf\xbf", REPLACED REPLACED REPLACED REPLACED },
		/* Surrogates, and what is past the last character. */
		{ "\xed\xa0\x80", REPLACED REPLACED REPLACED },
		{ "\xed\xbf\xbf", REPLACED REPLACED REPLACED },
		{ "\xf4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED },
		{ "\xf5\x80\x80\x80", REPLACED REPLACED REPLACED REPLACED },
		/* Broken off, at the end and before another character. */
		{ "\xc3", REPLACED },
		{ "\xe2\x82", REPLACED REPLACED },
		{ "\xf0\x9f\x98", REPLACED REPLACED REPLACED },
		{ "\xe2\x82z", REPLACED REPLACED "z" },
		{ "\xe2\xc3\xa9", REPLACED "\xc3\xa9" },
		{ "\xc3<", REPLACED "&lt;" },
	};

	check(escape_html, rows, array_length(rows));
}
END_TEST

START_TEST(json_is_utf8_whatever_the_text_is)
{
	static const struct row rows[] = {
		{ "\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "\xc3", "\"" REPLACED "\"" },
		{ "\xc3\"", "\"" REPLACED "\\\"\"" },
		{ "\xe2\x82\n", "\"" REPLACED REPLACED "\\n\"" },
		{ "\xed\xa0\x80\\", "\"" REPLACED REPLACED REPLACED "\\\\\"" },
	};

	check(escape_json, rows, array_length(rows));
}
END_TEST

START_TEST(path_keeps_what_may_stand_in_a_url)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "/a/b.c-d_e~f", "/a/b.c-d_e~f" },
		{ "AZaz09", "AZaz09" },
		{ "!$()*+,;=@", "!$()*+,;=@" },
	};

	check(escape_path, rows, array_length(rows));
}
END_TEST

START_TEST(everything_else_of_a_path_is_encoded)
{
	static const struct row rows[] = {
		{ "a b", "a%20b" },
		{ "100%", "100%25" },
		{ "%41", "%2541" },
		{ "a?b#c", "a%3fb%23c" },
		{ "\"<>'&", "%22%3c%3e%27%26" },
		{ "\\^`{|}[]", "%5c%5e%60%7b%7c%7d%5b%5d" },
		{ "javascript:x", "javascript%3ax" },
		{ "\n\x01\x7f", "%0a%01%7f" },
		{ "\xc3\xa9\xff\x80", "%c3%a9%ff%80" },
	};

	check(escape_path, rows, array_length(rows));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		json_is_a_string_with_its_quotes,
		json_has_no_control_byte,
		html_has_no_markup_of_the_text,
		characters_of_any_length_stay,
		what_is_not_utf8_is_replaced_byte_by_byte,
		json_is_utf8_whatever_the_text_is,
		path_keeps_what_may_stand_in_a_url,
		everything_else_of_a_path_is_encoded,
	};

	return SUITE_RUN("escape", cases);
}
