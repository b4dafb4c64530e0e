/* SPDX-License-Identifier: MIT */
/* See run_directory.h. */
#include "run_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"

int run_directory_check_name(const char *name, struct baton_error *error)
{
	if (!*name)
		return error_set(error, -EINVAL, "it is empty");
	if (strlen(name) > RUN_DIRECTORY_NAME_MAX)
		return error_set(
			error, -EINVAL, "longer than %d characters", RUN_DIRECTORY_NAME_MAX);
	if (*name == '.')
		return error_set(error, -EINVAL, "it begins with a dot");
	for (const char *c = name; *c; c++)
		if (*c == '/' || (unsigned char)*c < ' ' || *c == 0x7f)
			return error_set(error, -EINVAL,
				"it has a slash or a control character, and is to be a file's");
	return 0;
}

/* Whoever is told of it may be elsewhere. */
static int make_absolute(const char *path, char **ret)
{
	cleanup_free char *here = *path == '/' ? strdup("") : getcwd(NULL, 0);

	return !here || asprintf(ret, "%s%s%s", here, *here ? "/" : "", path) == -1 ? -ENOMEM : 0;
}

int run_directory_path(char **ret)
{
	const char *ours = getenv("BATON_RUNTIME_DIR");
	const char *user = getenv("XDG_RUNTIME_DIR");
	char *path = NULL;
	int r;

	if (ours && *ours)
		return make_absolute(ours, ret);
	else if (geteuid() == 0)
		r = asprintf(&path, "/run/baton");
	else if (user && *user == '/')
		r = asprintf(&path, "%s/baton", user);
	else
		r = asprintf(&path, "/tmp/baton-%u", (unsigned)geteuid());
	if (r == -1)
		return -ENOMEM;
	*ret = path;
	return 0;
}

/* In a directory like /tmp somebody else may have been there before us. */
static int check_owner(const char *path, struct baton_error *error)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return error_set_errno(error, -errno, "cannot look at directory \"%s\"", path);
	if (!S_ISDIR(st.st_mode))
		return error_set_errno(error, -ENOTDIR, "cannot use \"%s\"", path);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return error_set(error, -EPERM,
			"others could write to directory \"%s\"; set $BATON_RUNTIME_DIR to one of "
			"your own",
			path);
	return 0;
}

int run_directory_make(char **ret, struct baton_error *error)
{
	cleanup_free char *path = NULL;

	if (run_directory_path(&path) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	if (mkdir(path, 0755) == -1 && errno != EEXIST)
		return error_set_errno(error, -errno, "cannot make directory \"%s\"", path);
	int r = check_owner(path, error);
	if (r < 0)
		return r;
	*ret = take_ptr(&path);
	return 0;
}
