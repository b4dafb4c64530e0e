/* SPDX-License-Identifier: MIT */
/* See former.h. */
#include "former.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adopt/takeover.h"
#include "base/error.h"
#include "base/parse.h"
#include "fd_store.h"
#include "log.h"
#include "procfs.h"
#include "task.h"

enum { MARKER_SIZE = 64, CGROUP_SIZE = 4096 };

static int is_earlier(pid_t pid, int fd, void *data)
{
	const struct fd_store *store = data;
	ino_t inode = task_fd_socket(pid, fd);

	for (size_t i = 0; inode && i < store->earlier_count; i++)
		if (store->earlier[i] == inode)
			return 1;
	return 0;
}

/* The baton that started the worker which the process belongs to, by its pid; 0: none has. */
static pid_t baton_of(pid_t pid)
{
	char marker[MARKER_SIZE];
	int baton;

	if (procfs_get_env(pid, "BATON_FAMILY", marker, sizeof(marker)) < 0)
		return 0;
	marker[strcspn(marker, ".")] = '\0';
	return parse_int(marker, 1, INT_MAX, &baton) < 0 ? 0 : baton;
}

/* Whether it is in our control group. The manager has one for each service, so another's workers
 * are not, though they have the same socket. */
static bool is_beside_us(pid_t pid)
{
	char path[32], ours[CGROUP_SIZE], its[CGROUP_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (procfs_read("/proc/self/cgroup", ours, sizeof(ours)) < 0)
		return true; /* a kernel without them */
	return procfs_read(path, its, sizeof(its)) >= 0 && strcmp(ours, its) == 0;
}

/* Its parent is neither its baton nor of its worker: it has lost the one, and is the first of the
 * other. */
static bool is_former(pid_t pid, const struct procfs_stat *stat, const struct fd_store *store)
{
	pid_t baton = baton_of(pid);

	return baton && stat->group == pid && stat->parent != baton && !baton_of(stat->parent) &&
		is_beside_us(pid) && task_walk_fds(pid, is_earlier, (void *)store) == 1;
}

int former_find(const struct fd_store *store, struct process_list *list)
{
	struct procfs_stat stat;
	struct procfs_dir dir;
	int pid;

	if (store->earlier_count == 0)
		return 0;
	int r = procfs_dir_open(&dir, "/proc");

	while (r >= 0 && (r = procfs_dir_next(&dir, &pid)) == 1)
		if (pid != getpid() && procfs_stat(pid, &stat) == 0 && is_former(pid, &stat, store))
			r = process_list_add(list, (struct process){ pid, stat.start_time });
	procfs_dir_close(&dir);
	return r < 0 ? r : 0;
}

/* How many those are, or -errno. */
static int add_all(struct takeover *takeover, const struct process_list *workers)
{
	int count = 0;

	for (size_t i = 0; i < workers->count; i++) {
		int r = takeover_add(takeover, workers->items[i]);
		if (r < 0 && r != -ESRCH)
			return r;
		count += r > 0;
	}
	return count;
}

int former_take(const struct fd_store *store, struct takeover *takeover, struct baton_error *error)
{
	struct process_list workers = { 0 };
	int r = former_find(store, &workers);

	if (r == 0)
		r = add_all(takeover, &workers);
	process_list_finish(&workers);
	if (r < 0)
		return error_set_errno(
			error, r, "cannot take over the workers of the baton before this one");
	if (r == 0)
		return 0;
	takeover->is_own = true;
	log_notice(NULL,
		"the baton before this one was killed: its workers (%d) go on until generation 1 "
		"serves",
		r);
	return 0;
}
