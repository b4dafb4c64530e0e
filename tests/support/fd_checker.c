/* SPDX-License-Identifier: MIT */
/* A child for tests: exits 0 only if its open descriptors are exactly those named as arguments. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_named(int fd, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (atoi(argv[i]) == fd)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	int named = 0, others = 0;
	DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		return 2;

	for (struct dirent *entry; (entry = readdir(dir));) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(dir))
			continue;
		if (is_named(fd, argc, argv)) {
			named++;
		} else {
			(void)fprintf(stderr, "fd-checker: descriptor %d is open\n", fd);
			others++;
		}
	}
	(void)closedir(dir);
	if (named != argc - 1)
		(void)fprintf(stderr, "fd-checker: %d of %d are open\n", named, argc - 1);
	return named == argc - 1 && others == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
