/* SPDX-License-Identifier: MIT */
/* Files that are replaced whole: base/replace_file.c. */
#include "base/replace_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/directory.h"
#include "support/suite.h"

static char path[96];

static void setup(void)
{
	directory_make();
	(void)snprintf(path, sizeof(path), "%s/file", directory);
}

/* Fails if anything is left but the file. */
static void teardown(void)
{
	(void)unlink(path);
	directory_remove();
}

static const char *content(void)
{
	static char text[64];
	FILE *file = fopen(path, "re");

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	ck_assert_int_eq(fclose(file), 0);
	return text;
}

START_TEST(text_replaces_what_was_there)
{
	struct stat st;

	ck_assert_int_eq(replace_file(path, "the first\n"), 0);
	ck_assert_str_eq(content(), "the first\n");
	ck_assert_int_eq(replace_file(path, "2\n"), 0);
	ck_assert_str_eq(content(), "2\n");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0644);
}
END_TEST

START_TEST(symbolic_link_is_replaced_and_not_followed)
{
	struct stat st;

	ck_assert_int_eq(symlink("/dev/full", path), 0);
	ck_assert_int_eq(replace_file(path, "x"), 0);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
}
END_TEST

START_TEST(failure_leaves_nothing_behind)
{
	char inside[128];

	(void)snprintf(inside, sizeof(inside), "%s/none/file", directory);
	ck_assert_int_eq(replace_file(inside, "x"), -ENOENT);
	/* The last step fails: a directory is there. */
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(replace_file(path, "x"), -EISDIR);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		text_replaces_what_was_there,
		symbolic_link_is_replaced_and_not_followed,
		failure_leaves_nothing_behind,
	};

	return suite_run(&(struct suite){
		.name = "replace_file",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
