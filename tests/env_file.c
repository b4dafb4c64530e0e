/* SPDX-License-Identifier: MIT */
/* Environment files as systemd reads them: env_file.c. */
#include "env_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "support/suite.h"

static struct env env;
static struct baton_error error;

static void setup(void)
{
	env = (struct env)ENV_INIT;
	error.text[0] = '\0';
}

static void teardown(void)
{
	env_finish(&env);
}

static int parse(const char *text)
{
	env_finish(&env);
	return env_file_parse("app.env", text, strlen(text), &env, &error);
}

static void check(const char *text, const char *value)
{
	ck_assert_msg(parse(text) == 0, "%s: %s", text, error.text);
	ck_assert_uint_eq(env.count, 1);
	ck_assert_ptr_nonnull(env_get(&env, "A"));
	ck_assert_str_eq(env_get(&env, "A"), value);
}

static void check_refused(const char *text, const char *reason)
{
	ck_assert_int_eq(parse(text), -EBADMSG);
	ck_assert_msg(strstr(error.text, reason) != NULL, "%s", error.text);
}

START_TEST(plain_values_lose_the_blanks_around_them)
{
	check("A=1", "1");
	check("A=\n", "");
	check("  A = a b \t\n", "a b");
	check("A=1\r\n", "1");
	check("A=x=y#z;", "x=y#z;");
	check("A=$HOME `x` ~\n", "$HOME `x` ~");
	check("A=1\nA=2\n", "2");
}
END_TEST

START_TEST(quotes_keep_everything_within)
{
	check("A=' a # b '\n", " a # b ");
	check("A=\" a ; b \"  \n", " a ; b ");
	check("A='two\nlines'", "two\nlines");
	check("A='back\\slash'", "back\\slash");
	check("A=\"a\\\"b\\\\c\\$d\\`e\\nf\"", "a\"b\\c$d`e\\nf");
	check("A=\"\"", "");
	check("A='a'\"b\" c", "abc");
	check("A=it's", "it's");
	check("A=say \"hi\"", "say \"hi\"");
}
END_TEST

START_TEST(backslash_escapes_and_joins_lines)
{
	check("A=one\\\ntwo\n", "onetwo");
	check("A=\"one\\\ntwo\"\n", "onetwo");
	check("A=a\\ b\\ \\ \n", "a b  ");
	check("A=\\\"x\\\"\n", "\"x\"");
	check("A=x\\", "x\\");
}
END_TEST

START_TEST(comments_and_empty_lines_are_skipped)
{
	check("\n\n# c\n;d\n \t\n  # e=f\nA=1\n#end", "1");
	check("# a comment ends with its line \\\nA=1", "1");
}
END_TEST

START_TEST(several_variables_are_read_in_order)
{
	ck_assert_int_eq(env_set(&env, "OLD", "1"), 0);
	const char *text = "FIRST=1\n_2=two\nOLD=2\n";

	ck_assert_int_eq(env_file_parse("x", text, strlen(text), &env, &error), 0);
	ck_assert_uint_eq(env.count, 3);
	ck_assert_str_eq(env_get(&env, "_2"), "two");
	ck_assert_str_eq(env_get(&env, "OLD"), "2");
}
END_TEST

START_TEST(malformed_line_is_named)
{
	check_refused("A=1\nB\n", "app.env:2: not of the form KEY=VALUE");
	check_refused("export A=1\n", "app.env:1:");
	check_refused("\n\n2A=1", "app.env:3: a key");
	check_refused("=1", "app.env:1: a key");
	check_refused("A=1\\\n2\nB='x\ny\n", "app.env:3: the quote is never closed");
	check_refused("A-B=1", "app.env:1:");
	ck_assert_int_eq(env_file_parse("x", "A=1\nB=\0", 7, &env, &error), -EBADMSG);
	ck_assert_str_eq(error.text, "x:2: a NUL byte");
}
END_TEST

START_TEST(file_is_read_whole)
{
	char path[] = "/tmp/test-env-file.XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	for (int i = 0; i < 1000; i++)
		fprintf(file, "KEY_%d=value %d\n", i, i);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(env_file_read(path, &env, &error), 0);
	ck_assert_uint_eq(env.count, 1000);
	ck_assert_str_eq(env_get(&env, "KEY_999"), "value 999");
	ck_assert_int_eq(truncate(path, 2 << 20), 0);
	ck_assert_int_eq(env_file_read(path, &env, &error), -EFBIG);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(unreadable_file_is_an_error_and_a_pipe_no_wait)
{
	char directory[] = "/tmp/test-env-file.XXXXXX", path[64];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/f", directory);
	ck_assert_int_eq(env_file_read(path, &env, &error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.text, path));
	ck_assert_int_eq(env_file_read(directory, &env, &error), -EISDIR);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(env_file_read(path, &env, &error), 0);
	ck_assert_uint_eq(env.count, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		plain_values_lose_the_blanks_around_them,
		quotes_keep_everything_within,
		backslash_escapes_and_joins_lines,
		comments_and_empty_lines_are_skipped,
		several_variables_are_read_in_order,
		malformed_line_is_named,
		file_is_read_whole,
		unreadable_file_is_an_error_and_a_pipe_no_wait,
	};
	const struct suite suite = {
		.name = "env_file",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
