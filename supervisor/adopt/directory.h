/* SPDX-License-Identifier: MIT */
/* Directories as a thread sees them, which may have another root. */
#ifndef SUPERVISOR_ADOPT_DIRECTORY_H
#define SUPERVISOR_ADOPT_DIRECTORY_H

#include <sys/types.h>

/*
 * Opens the directory of what a path names to the thread, which need not exist, and
 * points *ret_name to the last component in path. directory is the argument of its call,
 * AT_FDCWD also for calls that have none. An O_PATH descriptor, or -errno.
 */
int directory_open(pid_t tid, int directory, const char *path, const char **ret_name);

#endif
