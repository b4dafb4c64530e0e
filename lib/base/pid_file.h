/* SPDX-License-Identifier: MIT */
/* A file that holds one pid, in decimal with a newline. */
#ifndef BASE_PID_FILE_H
#define BASE_PID_FILE_H

#include <sys/types.h>

/* Replaces the file, as replace_file does. 0 or -errno. */
int pid_file_write(const char *path, pid_t pid);

/* The pid that the file holds; -ENOENT, -EINVAL if it holds none, ... */
pid_t pid_file_read(const char *path);

/* Removes the file if it still holds this pid. 0, also when it holds another or is not there; or
 * -errno. */
int pid_file_remove(const char *path, pid_t pid);

#endif
