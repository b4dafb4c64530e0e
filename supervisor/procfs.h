/* SPDX-License-Identifier: MIT */
/*
 * What /proc says about one process: numbers of its stat line, its children,
 * its first environment. Everything is read into the stack, for the readiness
 * scan does it every few milliseconds. All of it is a picture of a moment: the
 * process may be gone, and its pid somebody else's, when the function returns.
 */
#ifndef SUPERVISOR_PROCFS_H
#define SUPERVISOR_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct procfs_stat {
	pid_t parent;
	pid_t group;
	pid_t session;
	char state; /* R, S, D, T, t, Z, X, ... of proc(5) */
	uint64_t
		start_time; /* clock ticks since boot: with the pid, it names one process for good */
};

/* Reads /proc/PID/stat. 0, -ESRCH if there is no such process (a zombie is one), or -errno. */
int procfs_stat(pid_t pid, struct procfs_stat *ret);

/* Whether it was a zombie, or just about to be gone: it runs no more. */
bool procfs_stat_has_ended(const struct procfs_stat *stat);

/* Whether it is gone, or a zombie, which has no descriptors: only root may look for them. */
bool procfs_has_ended(pid_t pid);

/*
 * Whether entry ("KEY=VALUE") was in the environment that pid, or the process it was forked
 * from, was executed with: 1 or 0, -ESRCH, or -EACCES for a process we may not look into. For
 * a moment amid its exec a process has none. What a program does with its environment later
 * (setenv, unsetenv) does not show; setproctitle may overwrite it.
 */
int procfs_has_env(pid_t pid, const char *entry);

/*
 * The value that key had in that environment, without those of size bytes or more, and entries of
 * 256 or more. 0, -ENOENT, or as procfs_has_env.
 */
int procfs_get_env(pid_t pid, const char *key, char *ret, size_t size);

/* Walks the entries of a directory of /proc whose names are numbers. */
struct procfs_dir {
	int fd; /* -1 if not open */
	size_t offset, length;
	char buffer[2048] __attribute__((aligned(8)));
};

/* Opens path. 0, or -errno (-ENOENT, -ESRCH: the process is gone; -EACCES). */
int procfs_dir_open(struct procfs_dir *dir, const char *path);

/* 1 and the next number; 0 at the end; or -errno. */
int procfs_dir_next(struct procfs_dir *dir, int *ret);

/* Harmless on one that is closed. */
void procfs_dir_close(struct procfs_dir *dir);

/*
 * Reads at most size - 1 bytes of path and ends them with a NUL. Returns the
 * length or -errno; -ENOENT and -ESRCH both mean that the process is gone.
 */
ssize_t procfs_read(const char *path, char *buffer, size_t size);

#endif
