/* SPDX-License-Identifier: MIT */
/* Server::Starter's status file: status_file.c. */
#include "status_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "support/directory.h"
#include "support/suite.h"

static char path[80];

static void setup(void)
{
	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR); /* the failures are meant */
	directory_make();
	snprintf(path, sizeof(path), "%s/status", directory);
}

/* Fails if anything is left in it. */
static void teardown(void)
{
	directory_remove();
}

static const char *content(void)
{
	static char text[512];
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	size_t length = fread(text, 1, sizeof(text) - 1, file);

	text[length] = '\0';
	ck_assert_int_eq(fclose(file), 0);
	return text;
}

START_TEST(lines_are_sorted_as_strings)
{
	struct status_entry entries[] = { { 9, 70 }, { 10, 8 }, { 10, 71 }, { 1, 5 } };
	struct status_file file;

	ck_assert_int_eq(status_file_init(&file, path), 0);
	status_file_write(&file, entries, array_length(entries));
	ck_assert_str_eq(content(), "10:71\n10:8\n1:5\n9:70\n");
	status_file_write(&file, entries, 1);
	ck_assert_str_eq(content(), "10:71\n");
	status_file_write(&file, NULL, 0);
	ck_assert_str_eq(content(), "");
	status_file_finish(&file);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(reader_that_has_it_open_keeps_the_old_one_whole)
{
	struct status_entry entry = { 1, 2 };
	struct status_file file;
	char text[16];

	ck_assert_int_eq(status_file_init(&file, path), 0);
	status_file_write(&file, &entry, 1);
	FILE *reader = fopen(path, "r");

	ck_assert_ptr_nonnull(reader);
	entry.generation = 2;
	status_file_write(&file, &entry, 1);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), reader));
	ck_assert_str_eq(text, "1:2\n");
	ck_assert_int_eq(fclose(reader), 0);
	ck_assert_str_eq(content(), "2:2\n");
	status_file_finish(&file);
}
END_TEST

START_TEST(no_path_does_nothing)
{
	struct status_entry entry = { 1, 2 };
	struct status_file file;

	ck_assert_int_eq(status_file_init(&file, NULL), 0);
	status_file_write(&file, &entry, 1);
	status_file_finish(&file);
	status_file_finish(&file);
}
END_TEST

START_TEST(failure_is_survived_and_works_again)
{
	struct status_entry entry = { 1, 2 };
	struct status_file file;

	ck_assert_int_eq(rmdir(directory), 0);
	ck_assert_int_eq(status_file_init(&file, path), 0);
	status_file_write(&file, &entry, 1);
	ck_assert(file.is_failing);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	status_file_write(&file, &entry, 1);
	ck_assert(!file.is_failing);
	ck_assert_str_eq(content(), "1:2\n");
	status_file_finish(&file);
}
END_TEST

START_TEST(file_that_others_put_beside_it_is_not_written_to)
{
	struct status_entry entry = { 1, 2 };
	struct status_file file;
	struct stat st;
	char victim[80], guess[96];

	snprintf(victim, sizeof(victim), "%s/victim", directory);
	snprintf(guess, sizeof(guess), "%s.%d", path, (int)getpid());
	FILE *other = fopen(victim, "w");

	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(fputs("precious", other), 1);
	ck_assert_int_eq(fclose(other), 0);
	ck_assert_int_eq(link(victim, guess), 0);
	ck_assert_int_eq(status_file_init(&file, path), 0);
	status_file_write(&file, &entry, 1);
	ck_assert_str_eq(content(), "1:2\n");
	ck_assert_int_eq(stat(victim, &st), 0);
	ck_assert_int_eq(st.st_size, 8);
	ck_assert_int_eq(unlink(victim), 0);
	ck_assert_int_eq(unlink(guess), 0);
	status_file_finish(&file);
}
END_TEST

START_TEST(file_of_somebody_else_is_not_removed)
{
	struct status_file file;
	FILE *other = fopen(path, "w");

	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(fclose(other), 0);
	ck_assert_int_eq(status_file_init(&file, path), 0);
	status_file_finish(&file);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		lines_are_sorted_as_strings,
		reader_that_has_it_open_keeps_the_old_one_whole,
		no_path_does_nothing,
		failure_is_survived_and_works_again,
		file_that_others_put_beside_it_is_not_written_to,
		file_of_somebody_else_is_not_removed,
	};
	const struct suite suite = {
		.name = "status_file",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
