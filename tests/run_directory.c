/* SPDX-License-Identifier: MIT */
/* Where services are found by name: supervisor/run_directory.c. */
#include "run_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/suite.h"

static char root[] = "/tmp/baton-test.XXXXXX";

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
	unsetenv("BATON_RUNTIME_DIR");
	unsetenv("XDG_RUNTIME_DIR");
}

static void teardown(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/run", root);
	(void)unlink(path);
	(void)rmdir(path);
	ck_assert_int_eq(rmdir(root), 0);
}

static void check_path(const char *expected)
{
	char *path;

	ck_assert_int_eq(run_directory_path(&path), 0);
	ck_assert_str_eq(path, expected);
	free(path);
}

START_TEST(path_is_ours_then_the_users_then_a_temporary_one)
{
	char expected[64];

	if (geteuid() == 0) {
		check_path("/run/baton");
	} else {
		(void)snprintf(expected, sizeof(expected), "/tmp/baton-%u", (unsigned)geteuid());
		check_path(expected);
		setenv("XDG_RUNTIME_DIR", "run/user", 1);
		check_path(expected); /* not absolute: the specification says to ignore it */
		setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
		check_path("/run/user/7/baton");
	}
	setenv("BATON_RUNTIME_DIR", "/run/mine", 1);
	check_path("/run/mine");
	setenv("BATON_RUNTIME_DIR", "mine", 1);
	ck_assert_int_eq(chdir("/tmp"), 0);
	check_path("/tmp/mine");
	unsetenv("BATON_RUNTIME_DIR");
	unsetenv("XDG_RUNTIME_DIR");
}
END_TEST

static int make(const char *path, struct baton_error *error)
{
	char *made = NULL;

	setenv("BATON_RUNTIME_DIR", path, 1);
	int r = run_directory_make(&made, error);

	if (r == 0)
		ck_assert_str_eq(made, path);
	else
		ck_assert_ptr_null(made);
	free(made);
	unsetenv("BATON_RUNTIME_DIR");
	return r;
}

START_TEST(directory_is_made_once_and_found_again)
{
	struct baton_error error;
	struct stat st;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/run", root);
	ck_assert_int_eq(make(path, &error), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(make(path, &error), 0);
}
END_TEST

START_TEST(what_others_could_write_to_is_refused)
{
	struct baton_error error;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/run", root);
	ck_assert_int_eq(make(path, &error), 0);
	ck_assert_int_eq(chmod(path, 0777), 0);
	ck_assert_int_eq(make(path, &error), -EPERM);
	ck_assert_ptr_nonnull(strstr(error.text, "others could write"));
	ck_assert_int_eq(rmdir(path), 0);

	ck_assert_int_eq(symlink("/", path), 0); /* to where, another might have said */
	ck_assert_int_eq(make(path, &error), -ENOTDIR);
}
END_TEST

START_TEST(directory_below_nothing_is_not_made)
{
	struct baton_error error;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/none/run", root);
	ck_assert_int_eq(make(path, &error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.text, path));
}
END_TEST

START_TEST(names_are_those_of_files)
{
	static const char *const good[] = { "a", "nginx", "my service", "a.b-c_d@1",
		"123456789012345678901234567890123456789012345678" };
	static const struct {
		const char *name;
		const char *why;
	} bad[] = {
		{ "", "empty" },
		{ ".", "dot" },
		{ "..", "dot" },
		{ ".hidden", "dot" },
		{ "a/b", "slash" },
		{ "a\nb", "control" },
		{ "a\177", "control" },
		{ "1234567890123456789012345678901234567890123456789", "longer than 48" },
	};
	struct baton_error error;

	for (size_t i = 0; i < array_length(good); i++)
		ck_assert_int_eq(run_directory_check_name(good[i], &error), 0);
	for (size_t i = 0; i < array_length(bad); i++) {
		ck_assert_int_eq(run_directory_check_name(bad[i].name, &error), -EINVAL);
		ck_assert_ptr_nonnull(strstr(error.text, bad[i].why));
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		path_is_ours_then_the_users_then_a_temporary_one,
		directory_is_made_once_and_found_again,
		what_others_could_write_to_is_refused,
		directory_below_nothing_is_not_made,
		names_are_those_of_files,
	};

	const struct suite suite = {
		.name = "run_directory",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
