/* SPDX-License-Identifier: MIT */
/* Pid files: base/pid_file.c. */
#include "base/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/suite.h"

static char path[96];

static void make_directory(void)
{
	directory_make();
	(void)snprintf(path, sizeof(path), "%s/server.pid", directory);
}

/* Fails if a temporary file is left. */
static void remove_directory(void)
{
	(void)unlink(path);
	directory_remove();
}

static void write_text(const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	fd_close(fd);
}

START_TEST(written_pid_is_read_back)
{
	struct stat status;

	ck_assert_int_eq(pid_file_write(path, 4711), 0);
	ck_assert_int_eq(pid_file_read(path), 4711);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_mode & 0777, 0644);
	ck_assert_int_eq(status.st_size, 5);
}
END_TEST

START_TEST(file_is_replaced_and_not_rewritten)
{
	char text[16] = "";

	write_text("111111\n");
	int old = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(pid_file_write(path, 22), 0);
	ck_assert_int_eq(pid_file_read(path), 22);
	/* who had the old file open still reads it whole */
	ck_assert_int_eq(read(old, text, sizeof(text) - 1), 7);
	ck_assert_str_eq(text, "111111\n");
	fd_close(old);
}
END_TEST

START_TEST(only_our_own_is_removed)
{
	ck_assert_int_eq(pid_file_write(path, 22), 0);
	ck_assert_int_eq(pid_file_remove(path, 21), 0);
	ck_assert_int_eq(pid_file_read(path), 22);
	ck_assert_int_eq(pid_file_remove(path, 22), 0);
	ck_assert_int_eq(pid_file_read(path), -ENOENT);
	ck_assert_int_eq(pid_file_remove(path, 22), 0);
}
END_TEST

START_TEST(what_is_no_pid_is_left_alone)
{
	static const char *const texts[] = { "", "\n", "0\n", "-4\n", "12x\n", "99999999999\n" };

	for (size_t i = 0; i < array_length(texts); i++) {
		write_text(texts[i]);
		ck_assert_int_eq(pid_file_read(path), -EINVAL);
		ck_assert_int_eq(pid_file_remove(path, 4), 0);
		ck_assert_int_eq(access(path, F_OK), 0);
	}
	write_text("17");
	ck_assert_int_eq(pid_file_read(path), 17);
}
END_TEST

START_TEST(missing_directory_is_an_error_and_leaves_nothing)
{
	ck_assert_int_eq(pid_file_write("/nonexistent/directory/pid", 1), -ENOENT);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(pid_file_write(path, 1), -EISDIR);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		written_pid_is_read_back,
		file_is_replaced_and_not_rewritten,
		only_our_own_is_removed,
		what_is_no_pid_is_left_alone,
		missing_directory_is_an_error_and_leaves_nothing,
	};

	return suite_run(&(struct suite){
		.name = "pid_file",
		.cases = cases,
		.count = array_length(cases),
		.setup = make_directory,
		.teardown = remove_directory,
	});
}
