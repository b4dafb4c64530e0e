/* SPDX-License-Identifier: MIT */
/* See spawning.h. */
#include "support/spawning.h"

#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/process.h"

char spawning_output[4096];

void spawning_write_file(const char *name, const char *text, mode_t mode)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	fd_close(fd);
}

const char *spawning_shell(const char *command, struct baton_spawn_options options)
{
	char *argv[] = { "sh", "-c", (char *)(uintptr_t)command, NULL };

	options.size = sizeof(options);
	options.argv = argv;
	ck_assert_int_eq(process_capture(&options, spawning_output, sizeof(spawning_output)), 0);
	return spawning_output;
}

int spawning_start(char *const *argv, struct baton_error *error)
{
	struct baton_spawn_options options = { .size = sizeof(options), .argv = argv };
	int pidfd;
	int r = baton_spawn(&options, NULL, &pidfd, error);

	return r < 0 ? r : process_wait(pidfd);
}
