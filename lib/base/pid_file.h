/* SPDX-License-Identifier: MIT */
/* A file that holds one pid, in decimal with a newline: replaced whole, so that a reader sees the old
 * pid or the new one and never none. */
#ifndef BASE_PID_FILE_H
#define BASE_PID_FILE_H

#include <sys/types.h>

/* Writes pid under a name of its own beside path, and renames that into place. 0 or -errno. */
int pid_file_write(const char *path, pid_t pid);

/* The pid that the file holds; -ENOENT, -EINVAL if it holds none, ... */
pid_t pid_file_read(const char *path);

/* Removes the file if it still holds this pid. 0, also when it holds another or is not there; or
 * -errno. */
int pid_file_remove(const char *path, pid_t pid);

#endif
