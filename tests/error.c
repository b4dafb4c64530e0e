/* SPDX-License-Identifier: MIT */
/* The text beside a -errno: base/error.c. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "support/suite.h"

static char long_text[1000];

static void setup(void)
{
	memset(long_text, 'x', sizeof(long_text) - 1);
}

START_TEST(code_is_returned_and_text_is_formatted)
{
	struct baton_error error;

	ck_assert_int_eq(error_set(&error, -EINVAL, "port \"%s\"", "x"), -EINVAL);
	ck_assert_str_eq(error.text, "port \"x\"");
	ck_assert_int_eq(error_set_errno(&error, -ENOENT, "cannot open \"%s\"", "/x"), -ENOENT);
	ck_assert_str_eq(error.text, "cannot open \"/x\": No such file or directory");
	ck_assert_int_eq(error_set_errno(&error, -4000, "no"), -4000);
	ck_assert_str_eq(error.text, "no: error 4000");
	ck_assert_int_eq(error_set(NULL, -EINVAL, "x"), -EINVAL);
	ck_assert_int_eq(error_set_errno(NULL, -EINVAL, "x"), -EINVAL);
}
END_TEST

START_TEST(control_characters_are_replaced)
{
	struct baton_error error;

	(void)error_set(&error, -EINVAL, "a\n\x1b[2J\x7f");
	ck_assert_str_eq(error.text, "a??[2J?");
}
END_TEST

START_TEST(long_text_is_cut_and_keeps_the_words_for_the_errno)
{
	static const char words[] = "x: Permission denied";
	struct baton_error error;

	(void)error_set(&error, -EACCES, "%s", long_text);
	ck_assert_uint_eq(strlen(error.text), BATON_ERROR_SIZE - 1);
	(void)error_set_errno(&error, -EACCES, "%s", long_text);
	ck_assert_uint_eq(strlen(error.text), BATON_ERROR_SIZE - 1);
	ck_assert_str_eq(error.text + strlen(error.text) - strlen(words), words);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		code_is_returned_and_text_is_formatted,
		control_characters_are_replaced,
		long_text_is_cut_and_keeps_the_words_for_the_errno,
	};

	return suite_run(&(struct suite){
		.name = "error",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	});
}
