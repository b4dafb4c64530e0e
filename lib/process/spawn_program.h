/* SPDX-License-Identifier: MIT */
/* Which paths a program's name may stand for: the search of execvp(3), done before the fork. */
#ifndef PROCESS_SPAWN_PROGRAM_H
#define PROCESS_SPAWN_PROGRAM_H

/*
 * The paths to try, in order: name itself if it has a '/', otherwise one for
 * each directory of search_path (the system's default if that is NULL). A
 * NULL-terminated array in one block, the caller's to free; NULL: no memory.
 */
char **spawn_program_candidates(const char *name, const char *search_path);

/* The argv with which /bin/sh runs a script without #!, its path still missing
 * at [1]. One block, the caller's to free; NULL: no memory. */
char **spawn_program_shell_argv(char *const *argv);

#endif
