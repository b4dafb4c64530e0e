/* SPDX-License-Identifier: MIT */
/* See directory.h. */
#include "support/directory.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char directory[32];

void directory_make(void)
{
	strcpy(directory, "/tmp/baton-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

void directory_remove(void)
{
	ck_assert_int_eq(rmdir(directory), 0);
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
	(void)status;
	(void)flag;
	(void)walk;
	return remove(path);
}

void directory_remove_all(void)
{
	ck_assert_int_eq(nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}
