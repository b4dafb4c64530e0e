/* SPDX-License-Identifier: MIT */
/* See root.h. */
#include "support/root.h"

#include <check.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"

int root_fd = -1;
char root_path[64];

void root_make(void)
{
	directory_make();
	(void)snprintf(root_path, sizeof(root_path), "%s/served", directory);
	ck_assert_int_eq(mkdir(root_path, 0755), 0);
	root_fd = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(root_fd, 0);
}

void root_remove(void)
{
	fd_close(root_fd);
	root_fd = -1;
	directory_remove_all();
}

static int create(const char *path)
{
	int fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	return fd;
}

void root_write(const char *path, const char *content)
{
	int fd = create(path);

	ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	fd_close(fd);
}

void root_mkdir(const char *path)
{
	ck_assert_int_eq(mkdirat(root_fd, path, 0755), 0);
}

void root_link(const char *path, const char *target)
{
	ck_assert_int_eq(symlinkat(target, root_fd, path), 0);
}

void root_write_bytes(const char *path, size_t size)
{
	unsigned char *bytes = malloc(size);
	int fd = create(path);

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = root_byte(i);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	free(bytes);
	fd_close(fd);
}

/* Out of the bounding set, so that no program has them; this process, which cleans up, still
 * does. */
bool root_obey_permissions(void)
{
	if (geteuid() != 0)
		return true;
	if (prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) == 0 &&
		prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0) == 0)
		return true;
	fprintf(stderr, "skipped: cannot give up the right to read everything\n");
	return false;
}
