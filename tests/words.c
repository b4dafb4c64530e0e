/* SPDX-License-Identifier: MIT */
/* A command line, split into words: words.c. */
#include "config/words.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "support/suite.h"

static struct baton_error error;

/* The words, each between brackets. */
static void check(const char *text, const char *expected)
{
	struct strbuf buf = STRBUF_INIT;
	char **words;
	int r = words_split(text, &words, &error);

	ck_assert_msg(r == 0, "%s: %s", text, error.text);
	for (char **word = words; *word; word++)
		strbuf_appendf(&buf, "[%s]", *word);
	words_free(words);
	ck_assert_str_eq(buf.text, expected);
	strbuf_finish(&buf);
}

static void check_refused(const char *text, const char *reason)
{
	char **words = NULL;

	ck_assert_int_eq(words_split(text, &words, &error), -EINVAL);
	ck_assert_ptr_null(words);
	ck_assert_msg(strstr(error.text, reason) != NULL, "%s: %s", text, error.text);
}

START_TEST(words_are_split_at_blanks)
{
	check("server", "[server]");
	check("  server \t -p  80 ", "[server][-p][80]");
}
END_TEST

START_TEST(quotes_are_those_of_a_shell)
{
	check("a 'b c' \"d e\"", "[a][b c][d e]");
	check("a'b'\"c\"d", "[abcd]");
	check("'' \"\"", "[][]");
	check("'a\\b\"c'", "[a\\b\"c]");
	check("\"a\\\"b\\\\c\\$d\\`e\\n\"", "[a\"b\\c$d`e\\n]");
	check("a\\ b \\'c\\\"", "[a b]['c\"]");
	check("sh -c 'exec a; b'", "[sh][-c][exec a; b]");
}
END_TEST

START_TEST(nothing_is_expanded)
{
	check("$HOME ~ *.c `x` a|b >c a#b {fd:http}",
		"[$HOME][~][*.c][`x`][a|b][>c][a#b][{fd:http}]");
}
END_TEST

START_TEST(what_is_no_command_is_refused)
{
	check_refused("", "it is empty");
	check_refused(" \t", "it is empty");
	check_refused("a 'b", "the quote ' is never closed");
	check_refused("a \"b\\\"", "the quote \" is never closed");
	check_refused("a \\", "nothing stands after the backslash");
	check_refused("a # b", "a word begins with '#'");
}
END_TEST

START_TEST(copy_is_equal)
{
	char *words[] = { (char *)"a", (char *)"b c", NULL };
	char **copy;

	ck_assert_int_eq(words_copy(words, &copy), 0);
	ck_assert_str_eq(copy[0], "a");
	ck_assert_str_eq(copy[1], "b c");
	ck_assert_ptr_null(copy[2]);
	words_free(copy);
	words_free(NULL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		words_are_split_at_blanks,
		quotes_are_those_of_a_shell,
		nothing_is_expanded,
		what_is_no_command_is_refused,
		copy_is_equal,
	};
	struct suite suite = { .name = "words", .cases = cases, .count = array_length(cases) };

	return suite_run(&suite);
}
