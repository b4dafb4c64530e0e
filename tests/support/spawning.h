/* SPDX-License-Identifier: MIT */
/* What the suites about started processes share: files, and what a child says. */
#ifndef TESTS_SUPPORT_SPAWNING_H
#define TESTS_SUPPORT_SPAWNING_H

#include <baton/spawn.h>
#include <sys/types.h>

/* What spawning_shell has read last; cases may use it for the like. */
extern char spawning_output[4096];

/* A file in the directory of directory.h, with this content and mode, whatever the umask. */
void spawning_write_file(const char *name, const char *text, mode_t mode);

/* The output of a shell command started with these options. */
const char *spawning_shell(const char *command, struct baton_spawn_options options);

/* Starts the program; its status as process_wait says, or the -errno of the spawn. */
int spawning_start(char *const *argv, struct baton_error *error);

#endif
