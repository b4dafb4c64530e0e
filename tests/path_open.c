/* SPDX-License-Identifier: MIT */
/*
 * What is opened below a directory, and what is not to be reached: child/app/path.c.
 * Each case once with openat2(2), where the kernel follows what is allowed, and
 * once without it, as on older kernels and in some containers.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/path.h"
#include "base/fd.h"
#include "support/directory.h"
#include "support/suite.h"

enum { CONTENT_SIZE = 32 };

/* What opening a path must give. */
struct row {
	const char *path;
	const char *content; /* of a file; NULL: it is a directory, if it can be opened */
	int error;           /* -errno with openat2(2) */
	int error_without;   /* and without it: symbolic links are not followed then */
};

static int root = -1;

static void write_file(const char *name, const char *content)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	fd_close(fd);
}

static void link_to(const char *name, const char *target)
{
	ck_assert_int_eq(symlinkat(target, root, name), 0);
}

static void make_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/served/socket", directory);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fd_close(fd);
}

static void setup(void)
{
	char path[64], absolute[64];

	directory_make();
	(void)snprintf(path, sizeof(path), "%s/served", directory);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(root, 0);
	write_file("file", "file");
	write_file("../outside", "outside");
	ck_assert_int_eq(mkdirat(root, "dir", 0755), 0);
	write_file("dir/file", "dir/file");
	link_to("in", "dir/file");
	link_to("in-dir", "dir");
	link_to("dir/up", "../file");
	link_to("chain", "in");
	link_to("out", "../outside");
	link_to("out-dir", "..");
	link_to("far", "dir/../../served/file");
	(void)snprintf(absolute, sizeof(absolute), "%s/served/file", directory);
	link_to("absolute", absolute);
	link_to("absolute-root", "/");
	link_to("loop", "loop");
	link_to("dangling", "nowhere");
	ck_assert_int_eq(mkfifoat(root, "fifo", 0644), 0);
	make_socket();
}

static void teardown(void)
{
	fd_close(root);
	directory_remove_all();
}

/* From now on openat2(2) fails so. */
static void forbid_openat2(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = array_length(filter), .filter = filter };
	struct open_how how = { .flags = O_PATH };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
	ck_assert_int_eq(syscall(SYS_openat2, root, ".", &how, sizeof(how)), -1);
}

static bool has_openat2(void)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC };
	int fd = (int)syscall(SYS_openat2, root, ".", &how, sizeof(how));

	fd_close(fd);
	return fd != -1;
}

static void check_opened(const struct row *row, int fd)
{
	char content[CONTENT_SIZE] = "";
	struct stat stat;

	ck_assert_int_eq(fstat(fd, &stat), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_msg(S_ISDIR(stat.st_mode) == !row->content, "\"%s\"", row->path);
	if (!row->content)
		return;
	ck_assert_int_ge(read(fd, content, sizeof(content) - 1), 0);
	ck_assert_str_eq(content, row->content);
}

static void check_row(const struct row *row, int error)
{
	int fd = path_open(root, row->path);

	ck_assert_msg(error ? fd == error : fd >= 0, "%d (%s) instead of %d for \"%s\"", fd,
		fd < 0 ? strerror(-fd) : "opened", error, row->path);
	if (fd < 0)
		return;
	check_opened(row, fd);
	fd_close(fd);
}

/* Both ways: the one that cannot be taken back comes last. */
static void check(const struct row *rows, size_t count)
{
	if (has_openat2())
		for (size_t i = 0; i < count; i++)
			check_row(&rows[i], rows[i].error);
	forbid_openat2(ENOSYS);
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i], rows[i].error_without);
}

START_TEST(files_and_directories_below_are_opened)
{
	static const struct row rows[] = {
		{ "file", "file", 0, 0 },
		{ "dir/file", "dir/file", 0, 0 },
		{ "dir//file", "dir/file", 0, 0 },
		{ "./dir/./file", "dir/file", 0, 0 },
		{ "", NULL, 0, 0 },
		{ ".", NULL, 0, 0 },
		{ "dir", NULL, 0, 0 },
		{ "dir/", NULL, 0, 0 },
		{ "dir//", NULL, 0, 0 },
		{ "dir/.", NULL, 0, 0 },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	char long_name[300] = "";
	const struct row rows[] = {
		{ "nowhere", NULL, -ENOENT, -ENOENT },
		{ "nowhere/file", NULL, -ENOENT, -ENOENT },
		{ "dir/nowhere", NULL, -ENOENT, -ENOENT },
		{ "file/", NULL, -ENOENT, -ENOENT },
		{ "file/.", NULL, -ENOENT, -ENOENT },
		{ "file/x", NULL, -ENOENT, -ENOENT },
		{ long_name, NULL, -ENOENT, -ENOENT },
	};

	memset(long_name, 'a', sizeof(long_name) - 1);
	check(rows, array_length(rows));
}
END_TEST

START_TEST(links_that_stay_below_are_followed)
{
	static const struct row rows[] = {
		{ "in", "dir/file", 0, -ENOENT },
		{ "chain", "dir/file", 0, -ENOENT },
		{ "dir/up", "file", 0, -ENOENT },
		{ "in-dir", NULL, 0, -ENOENT },
		{ "in-dir/", NULL, 0, -ENOENT },
		{ "in-dir/file", "dir/file", 0, -ENOENT },
		{ "in-dir/up", "file", 0, -ENOENT },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(links_that_lead_out_are_not)
{
	static const struct row rows[] = {
		{ "out", NULL, -ENOENT, -ENOENT },
		{ "out-dir", NULL, -ENOENT, -ENOENT },
		{ "out-dir/", NULL, -ENOENT, -ENOENT },
		{ "out-dir/outside", NULL, -ENOENT, -ENOENT },
		{ "out-dir/served/file", NULL, -ENOENT, -ENOENT },
		{ "far", NULL, -ENOENT, -ENOENT },
		{ "absolute", NULL, -ENOENT, -ENOENT },
		{ "absolute-root", NULL, -ENOENT, -ENOENT },
		{ "absolute-root/", NULL, -ENOENT, -ENOENT },
		{ "absolute-root/etc", NULL, -ENOENT, -ENOENT },
		{ "loop", NULL, -ENOENT, -ENOENT },
		{ "loop/x", NULL, -ENOENT, -ENOENT },
		{ "dangling", NULL, -ENOENT, -ENOENT },
	};

	check(rows, array_length(rows));
}
END_TEST

/* path_decode refuses them before: here they would be as bad. */
START_TEST(two_dots_lead_nowhere)
{
	static const struct row rows[] = {
		{ "..", NULL, -ENOENT, -ENOENT },
		{ "../", NULL, -ENOENT, -ENOENT },
		{ "../outside", NULL, -ENOENT, -ENOENT },
		{ "../served/file", NULL, -ENOENT, -ENOENT },
		{ "dir/../../outside", NULL, -ENOENT, -ENOENT },
		{ "dir/..", NULL, -ENOENT, -ENOENT },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(what_is_no_file_does_not_block)
{
	static const struct row rows[] = {
		{ "fifo", "", 0, 0 },
		{ "fifo/", NULL, -ENOENT, -ENOENT },
		{ "socket", NULL, -ENOENT, -ENOENT },
		{ "socket/", NULL, -ENOENT, -ENOENT },
	};

	check(rows, array_length(rows));
}
END_TEST

/* Links that the kernel does not resolve by their text. */
START_TEST(links_of_proc_are_not_followed)
{
	char fd_path[32];
	const struct row rows[] = {
		{ fd_path, NULL, -ENOENT, -ENOENT },
		{ "cwd", NULL, -ENOENT, -ENOENT },
		{ "cwd/.", NULL, -ENOENT, -ENOENT },
		{ "exe", NULL, -ENOENT, -ENOENT },
		{ "root/etc", NULL, -ENOENT, -ENOENT },
		{ "fd", NULL, 0, 0 },
	};
	int tree = root;
	int fd = openat(tree, "file", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	(void)snprintf(fd_path, sizeof(fd_path), "fd/%d", fd);
	root = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(root, 0);
	check(rows, array_length(rows));
	fd_close(fd);
	fd_close(root);
	root = tree;
}
END_TEST

/* As some containers do, whose filter is older than the call. */
START_TEST(call_that_is_forbidden_is_done_without)
{
	static const struct row row = { "dir/file", "dir/file", 0, 0 };

	forbid_openat2(EPERM);
	check_row(&row, 0);
}
END_TEST

START_TEST(file_that_may_not_be_read_is_told_apart)
{
	static const struct row rows[] = {
		{ "secret", NULL, -EACCES, -EACCES },
		{ "closed/file", NULL, -EACCES, -EACCES },
	};

	write_file("secret", "secret");
	ck_assert_int_eq(mkdirat(root, "closed", 0755), 0);
	write_file("closed/file", "secret");
	ck_assert_int_eq(fchmodat(root, "secret", 0, 0), 0);
	ck_assert_int_eq(fchmodat(root, "closed", 0, 0), 0);
	/* Root may read them all the same. */
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	check(rows, array_length(rows));
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(fchmodat(root, "closed", 0755, 0), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		files_and_directories_below_are_opened,
		what_is_not_there_is_not_found,
		links_that_stay_below_are_followed,
		links_that_lead_out_are_not,
		two_dots_lead_nowhere,
		what_is_no_file_does_not_block,
		links_of_proc_are_not_followed,
		call_that_is_forbidden_is_done_without,
		file_that_may_not_be_read_is_told_apart,
	};

	return suite_run(&(struct suite){
		.name = "path_open",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
