/* SPDX-License-Identifier: MIT */
/*
 * See waiting.h. Threads first, as that takes a few calls each; every
 * descriptor of the process only if no thread waits.
 */
#include "readiness/waiting.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>

#include "base/container.h"
#include "procfs.h"
#include "readiness/accepted.h"
#include "readiness/syscall_line.h"
#include "task.h"

/* Sets with more than that are looked at in part: the listeners come first in any server. */
#define POLL_MAX 4096
#define BITS_MAX 65536

/* An epoll set that is in an epoll set that is in ...: the kernel allows five. */
#define NESTING_MAX 5

bool waiting_has(const struct waiting_sockets *sockets, ino_t inode)
{
	for (size_t i = 0; i < sockets->count; i++) {
		if (sockets->inodes[i] == inode)
			return true;
	}
	return false;
}

static bool is_wanted_socket(pid_t pid, unsigned long fd, const struct waiting_sockets *sockets)
{
	ino_t inode = fd <= INT32_MAX ? task_fd_socket(pid, (int)fd) : 0;

	return inode && waiting_has(sockets, inode);
}

/* The look at one epoll set. */
struct look {
	pid_t pid;
	const struct waiting_sockets *sockets;
	int depth;
	bool has_found;
};

static bool epoll_has(pid_t pid, int fd, const struct waiting_sockets *sockets, int depth);

/* One that was registered for nothing, or is a spent one-shot, is not waited on. */
static bool look_at_watch(const struct task_watch *watch, void *data)
{
	struct look *look = data;

	if (watch->events & (POLLIN | POLLRDNORM))
		look->has_found = waiting_has(look->sockets, watch->inode) ||
			(look->depth < NESTING_MAX && task_fd_is_epoll(look->pid, watch->fd) &&
				epoll_has(look->pid, watch->fd, look->sockets, look->depth + 1));
	return !look->has_found;
}

/* Whether an epoll set of the process has one of the sockets registered for reading. */
static bool epoll_has(pid_t pid, int fd, const struct waiting_sockets *sockets, int depth)
{
	struct look look = { pid, sockets, depth, false };

	return task_walk_epoll(pid, fd, look_at_watch, &look) == 0 && look.has_found;
}

static bool poll_has(pid_t pid, const struct wait *wait, const struct waiting_sockets *sockets)
{
	struct pollfd entries[64];
	unsigned long total = wait->arguments[1] < POLL_MAX ? wait->arguments[1] : POLL_MAX;

	for (unsigned long done = 0; done < total;) {
		size_t count =
			total - done < array_length(entries) ? total - done : array_length(entries);
		unsigned long address = wait->arguments[0] + done * sizeof(*entries);
		ssize_t size = task_read(pid, address, entries, count * sizeof(*entries));
		size_t got = size < 0 ? 0 : (size_t)size / sizeof(*entries);

		for (size_t i = 0; i < got; i++) {
			if (entries[i].fd >= 0 && entries[i].events & (POLLIN | POLLRDNORM) &&
				is_wanted_socket(pid, (unsigned long)entries[i].fd, sockets))
				return true;
		}
		if (got < count)
			return false;
		done += count;
	}
	return false;
}

static bool select_has(pid_t pid, const struct wait *wait, const struct waiting_sockets *sockets)
{
	enum { WORD_BITS = 8 * sizeof(unsigned long) };
	unsigned long total = wait->arguments[0] < BITS_MAX ? wait->arguments[0] : BITS_MAX;
	unsigned long word;

	if (!wait->arguments[1])
		return false;
	for (unsigned long base = 0; base < total; base += WORD_BITS) {
		unsigned long address = wait->arguments[1] + base / 8;

		if (task_read(pid, address, &word, sizeof(word)) != sizeof(word))
			return false;
		for (unsigned long bit = 0; word && bit < WORD_BITS && base + bit < total; bit++) {
			if (word >> bit & 1 && is_wanted_socket(pid, base + bit, sockets))
				return true;
		}
	}
	return false;
}

static bool thread_waits(pid_t pid, const char *line, const struct waiting_sockets *sockets)
{
	struct wait wait = syscall_line_parse(line);

	switch (wait.kind) {
	case WAIT_NONE:
		return false;
	case WAIT_FD:
		return is_wanted_socket(pid, wait.arguments[0], sockets);
	case WAIT_EPOLL:
		return wait.arguments[0] <= INT32_MAX &&
			epoll_has(pid, (int)wait.arguments[0], sockets, 1);
	case WAIT_POLL:
		return poll_has(pid, &wait, sockets);
	case WAIT_SELECT:
		return select_has(pid, &wait, sockets);
	}
	return false;
}

/* WAITING_NOW, WAITING_NOT, or -errno. */
static int look_at_threads(pid_t pid, const struct waiting_sockets *sockets)
{
	char path[64], line[256];
	struct procfs_dir dir;
	int tid, result = WAITING_NOT;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	int r = procfs_dir_open(&dir, path);
	if (r < 0)
		return r;
	while (result == WAITING_NOT && (r = procfs_dir_next(&dir, &tid)) > 0) {
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)pid, tid);
		ssize_t length = procfs_read(path, line, sizeof(line));

		if (length == -EACCES || length == -EPERM)
			result = -EACCES;
		else if (length > 0 && thread_waits(pid, line, sockets))
			result = WAITING_NOW;
	}
	procfs_dir_close(&dir);
	return result == WAITING_NOT && r < 0 ? r : result;
}

static int look_at_fd(pid_t pid, int fd, void *data)
{
	const struct waiting_sockets *sockets = data;

	return task_fd_is_epoll(pid, fd) && epoll_has(pid, fd, sockets, 1) ? WAITING_REGISTERED
									   : WAITING_NOT;
}

/* WAITING_REGISTERED, WAITING_NOT, or -errno. */
static int look_at_epoll_sets(pid_t pid, const struct waiting_sockets *sockets)
{
	_Static_assert(WAITING_NOT == 0, "which has the walk go on");

	return task_walk_fds(pid, look_at_fd, (void *)(uintptr_t)sockets);
}

int waiting_on(pid_t pid, const struct waiting_sockets *sockets)
{
	int threads = look_at_threads(pid, sockets);
	if (threads == WAITING_NOW)
		return threads;
	/* Where ptrace is forbidden (yama's ptrace_scope 2 and 3) but the user is the same,
	 * the descriptors can still be looked at. */
	int sets = look_at_epoll_sets(pid, sockets);
	if (sets == WAITING_REGISTERED)
		return sets;
	if (accepted_from(pid, sockets))
		return WAITING_ACCEPTED;
	int r = threads < 0 ? threads : sets;
	return r == -ENOENT ? -ESRCH : r == -EPERM ? -EACCES : r;
}
