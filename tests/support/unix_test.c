/* SPDX-License-Identifier: MIT */
/* See unix_test.h. */
#include "support/unix_test.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

char unix_test_directory[32];
char unix_test_path[64];

void unix_test_setup(void)
{
	strcpy(unix_test_directory, "/tmp/baton-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(unix_test_directory));
	snprintf(unix_test_path, sizeof(unix_test_path), "%s/s", unix_test_directory);
}

void unix_test_teardown(void)
{
	ck_assert_int_eq(rmdir(unix_test_directory), 0);
}

const char *unix_test_address(const char *scheme, const char *options)
{
	static char text[160];

	snprintf(text, sizeof(text), "%s:%s%s", scheme, unix_test_path, options);
	return text;
}

bool unix_test_exists(const char *file)
{
	return faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

struct sockaddr_un unix_test_sockaddr(const char *file)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	strcpy(un.sun_path, file);
	return un;
}

int unix_test_bind(int type)
{
	struct sockaddr_un un = unix_test_sockaddr(unix_test_path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

int unix_test_connect(int type)
{
	struct sockaddr_un un = unix_test_sockaddr(unix_test_path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0 ? 0 : -errno;

	close(fd);
	return r;
}
