/* SPDX-License-Identifier: MIT */
/* See process_tree.h. */
#include "process_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/pidfd.h"
#include "procfs.h"

/* No chain of parents is as long; a picture of parents that changes while we
 * look could hold a ring. */
#define DEPTH_MAX 65536

/* After that many looks a tree that still grows is left to the next call. */
#define ROUNDS_MAX 64

void process_list_clear(struct process_list *list)
{
	list->count = 0;
}

void process_list_finish(struct process_list *list)
{
	free(list->items);
	*list = (struct process_list){ 0 };
}

static struct process *find(const struct process_list *list, pid_t pid)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].pid == pid)
			return &list->items[i];
	}
	return NULL;
}

const struct process *process_list_find(const struct process_list *list, pid_t pid)
{
	return find(list, pid);
}

bool process_list_has(const struct process_list *list, struct process process)
{
	const struct process *found = process_list_find(list, process.pid);

	return found && found->start_time == process.start_time;
}

int process_list_add(struct process_list *list, struct process process)
{
	struct process *old = find(list, process.pid);

	if (old) {
		bool is_other = old->start_time != process.start_time;

		*old = process;
		return is_other;
	}
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 8;
		struct process *items = realloc(list->items, capacity * sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = process;
	return 1;
}

int process_list_add_pid(struct process_list *list, pid_t pid)
{
	struct procfs_stat stat;
	int r = procfs_stat(pid, &stat);
	if (r < 0)
		return r;
	return process_list_add(list, (struct process){ pid, stat.start_time });
}

bool process_is_running(struct process process)
{
	struct procfs_stat stat;

	return procfs_stat(process.pid, &stat) == 0 && stat.start_time == process.start_time &&
		!procfs_stat_has_ended(&stat);
}

bool process_is_alive(struct process process)
{
	struct procfs_stat stat;

	return procfs_stat(process.pid, &stat) == 0 && stat.start_time == process.start_time;
}

/* Adds a process that may end while we look: that is no failure. */
static int add_if_there(struct process_list *list, pid_t pid)
{
	int r = find(list, pid) ? 0 : process_list_add_pid(list, pid);

	return r == -ESRCH || r > 0 ? 0 : r;
}

/* Adds the pids of a "children" file. The numbers are separated by blanks and
 * may be cut anywhere by the end of a read. */
static int add_children_of_thread(pid_t pid, int tid, struct process_list *list)
{
	char path[64], chunk[512];
	pid_t child = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, tid);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	for (;;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -errno;
		if (got == 0)
			return 0;
		for (ssize_t i = 0; i < got; i++) {
			if (chunk[i] >= '0' && chunk[i] <= '9') {
				child = child * 10 + (chunk[i] - '0');
				continue;
			}
			int r = child ? add_if_there(list, child) : 0;
			if (r < 0)
				return r;
			child = 0;
		}
	}
}

static bool has_children_files(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	return access(path, R_OK) == 0;
}

int process_tree_children(pid_t pid, struct process_list *list)
{
	char path[32];
	struct procfs_dir dir;
	int tid, found;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	int r = procfs_dir_open(&dir, path);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	while ((found = procfs_dir_next(&dir, &tid)) > 0) {
		r = add_children_of_thread(pid, tid, list);
		if (r == -ENOENT && !has_children_files()) {
			procfs_dir_close(&dir);
			return process_tree_children_by_scan(pid, list);
		}
		if (r == -ENOENT || r == -ESRCH)
			r = 0; /* that thread has ended; its children are another's now */
		if (r < 0)
			break;
	}
	procfs_dir_close(&dir);
	return r < 0 ? r : found == -ENOENT ? -ESRCH : found;
}

int process_tree_children_by_scan(pid_t pid, struct process_list *list)
{
	struct procfs_dir dir;
	struct procfs_stat stat;
	int other, found;
	int r = procfs_dir_open(&dir, "/proc");
	if (r < 0)
		return r;
	while ((found = procfs_dir_next(&dir, &other)) > 0) {
		if (procfs_stat(other, &stat) < 0 || stat.parent != pid)
			continue;
		r = process_list_add(list, (struct process){ other, stat.start_time });
		if (r < 0)
			break;
	}
	procfs_dir_close(&dir);
	return r < 0 ? r : found;
}

int process_tree_close(struct process_list *list, size_t first)
{
	for (size_t i = first; i < list->count; i++) {
		int r = process_tree_children(list->items[i].pid, list);
		if (r < 0 && r != -ESRCH)
			return r;
	}
	return 0;
}

int process_tree_collect(pid_t root, struct process_list *ret)
{
	process_list_clear(ret);
	int r = process_list_add_pid(ret, root);
	return r < 0 ? r : process_tree_close(ret, 0);
}

int process_tree_find(pid_t pid, bool (*is_root)(pid_t pid, void *data), void *data, pid_t *ret)
{
	struct procfs_stat stat;

	for (int depth = 0; depth < DEPTH_MAX && pid > 0; depth++) {
		if (is_root(pid, data)) {
			*ret = pid;
			return 0;
		}
		int r = procfs_stat(pid, &stat);
		if (r < 0)
			return r;
		pid = stat.parent;
	}
	return -ESRCH;
}

int process_signal(struct process process, int signal)
{
	/* Neither init nor we ourselves are ever meant, whatever a list says. */
	if (process.pid <= 1 || process.pid == getpid())
		return -EINVAL;
	cleanup_fd int pidfd = pidfd_open_pid(process.pid);
	if (pidfd < 0 && pidfd != -ENOSYS && pidfd != -EPERM)
		return pidfd;
	/* It lived before the pidfd was opened (it is in our list) and lives now: so it is the
	 * one that the pidfd names. Had its pid passed to another, the time would differ. */
	if (!process_is_running(process))
		return -ESRCH;
	/* Without pidfds (a sandbox, valgrind) the look just taken has to do. */
	if (pidfd < 0)
		return kill(process.pid, signal) == -1 ? -errno : 0;
	return pidfd_signal(pidfd, signal);
}

static bool is_self(pid_t pid, void *data)
{
	(void)data;
	return pid == getpid();
}

bool process_is_below_us(pid_t pid)
{
	pid_t self;

	return process_tree_find(pid, is_self, NULL, &self) == 0;
}

static bool is_spared(struct process process, const struct process *spared)
{
	return spared && process.pid == spared->pid && process.start_time == spared->start_time;
}

int process_tree_kill_below(pid_t root, const struct process *spared)
{
	struct process_list below = { 0 }, hit = { 0 };
	int r = process_is_below_us(root) ? 0 : -EPERM;
	bool is_growing = true;

	for (int round = 0; round < ROUNDS_MAX && is_growing && r >= 0; round++) {
		is_growing = false;
		r = process_tree_collect(root, &below);
		for (size_t i = 1; i < below.count && r >= 0; i++) {
			/* Once it has been sent SIGKILL no thread of it can fork any more. */
			if (is_spared(below.items[i], spared) ||
				process_list_has(&hit, below.items[i]) ||
				process_signal(below.items[i], SIGKILL) < 0)
				continue;
			is_growing = true;
			r = process_list_add(&hit, below.items[i]);
		}
	}
	int count = (int)hit.count;

	process_list_finish(&below);
	process_list_finish(&hit);
	return r < 0 ? r : count;
}
