/* SPDX-License-Identifier: MIT */
/* See workdir.h. */
#include "base/workdir.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *workdir_name(void)
{
	const char *pwd = getenv("PWD");
	struct stat named, current;

	if (pwd && pwd[0] == '/' && stat(pwd, &named) == 0 && stat(".", &current) == 0 &&
		named.st_dev == current.st_dev && named.st_ino == current.st_ino)
		return strdup(pwd);
	return getcwd(NULL, 0);
}
