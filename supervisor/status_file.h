/* SPDX-License-Identifier: MIT */
/*
 * The status file, in the format of Server::Starter: a line GENERATION:PID for
 * each worker that lives, sorted as strings. `start_server --restart` and
 * scripts written for it read it.
 */
#ifndef SUPERVISOR_STATUS_FILE_H
#define SUPERVISOR_STATUS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct status_file {
	char *path;      /* NULL: there is none and every call does nothing */
	bool is_failing; /* the last write failed, and that was said */
	bool is_written; /* there was a write that worked: the file is ours to remove */
};

struct status_entry {
	unsigned generation;
	pid_t pid;
};

/* path may be NULL; it is copied. 0 or -ENOMEM. */
int status_file_init(struct status_file *file, const char *path);

/*
 * Replaces the file, in one step for those who read it. The service goes on
 * without it: a failure is logged, once until it works again. The entries are
 * put in order.
 */
void status_file_write(struct status_file *file, struct status_entry *entries, size_t count);

/* Removes the file, if this object wrote it, and frees what it holds. */
void status_file_finish(struct status_file *file);

#endif
