/* SPDX-License-Identifier: MIT */
/*
 * See waiting.h. Threads first, as that takes a few calls each; every
 * descriptor of the process only if no thread waits. Nothing comes from the heap.
 */
#include "readiness/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "procfs.h"
#include "readiness/syscall_line.h"

/* Sets with more than that are looked at in part: the listeners come first in any server. */
#define POLL_MAX 4096
#define BITS_MAX 65536

/* An epoll set that is in an epoll set that is in ...: the kernel allows five. */
#define NESTING_MAX 5

static bool has_inode(const struct waiting_sockets *sockets, unsigned long long inode)
{
	for (size_t i = 0; i < sockets->count; i++) {
		if (sockets->inodes[i] == inode)
			return true;
	}
	return false;
}

/* What descriptor fd of the process is, as proc(5) names it. 0 or -errno. */
static int read_link(pid_t pid, int fd, char *ret, size_t size)
{
	char path[48];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	ssize_t length = readlink(path, ret, size - 1);
	if (length == -1)
		return -errno;
	ret[length] = '\0';
	return 0;
}

static bool is_wanted_socket(pid_t pid, unsigned long fd, const struct waiting_sockets *sockets)
{
	char link[64];
	unsigned long long inode;

	return fd <= INT32_MAX && read_link(pid, (int)fd, link, sizeof(link)) == 0 &&
		sscanf(link, "socket:[%llu]", &inode) == 1 && has_inode(sockets, inode);
}

static bool is_epoll(pid_t pid, int fd)
{
	char link[64];

	return read_link(pid, fd, link, sizeof(link)) == 0 &&
		strcmp(link, "anon_inode:[eventpoll]") == 0;
}

static bool epoll_has(pid_t pid, int fd, const struct waiting_sockets *sockets, int depth);

/* A line of an epoll set's fdinfo: "tfd: 5 events: 19 data: .. pos:0 ino:1a2b sdev:8". */
static bool registration_fits(
	pid_t pid, const char *line, const struct waiting_sockets *sockets, int depth)
{
	unsigned events;
	unsigned long long inode;
	int target;

	/* Sockets, pipes and their like count their inodes together, so the number is enough.
	 * One that was registered for nothing, or is a spent one-shot, is not waited on. */
	if (sscanf(line, "tfd: %d events: %x data: %*x pos:%*d ino:%llx", &target, &events,
		    &inode) != 3 ||
		!(events & (POLLIN | POLLRDNORM)))
		return false;
	if (has_inode(sockets, inode))
		return true;
	return depth < NESTING_MAX && is_epoll(pid, target) &&
		epoll_has(pid, target, sockets, depth + 1);
}

/* Whether an epoll set of the process has one of the sockets registered for reading. */
static bool epoll_has(pid_t pid, int fd, const struct waiting_sockets *sockets, int depth)
{
	char path[48], buffer[1024];
	size_t length = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	cleanup_fd int info = open(path, O_RDONLY | O_CLOEXEC);
	if (info == -1)
		return false;
	for (;;) {
		ssize_t got = read(info, buffer + length, sizeof(buffer) - 1 - length);
		if (got <= 0)
			return false;
		length += (size_t)got;
		buffer[length] = '\0';
		char *line = buffer;

		for (char *end; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			if (registration_fits(pid, line, sockets, depth))
				return true;
		}
		length -= (size_t)(line - buffer);
		memmove(buffer, line, length);
	}
}

/* Copies from the memory of the process. How much could be had, 0 if nothing. */
static size_t read_memory(pid_t pid, unsigned long address, void *ret, size_t size)
{
	struct iovec local = { ret, size };
	struct iovec remote = { (void *)(uintptr_t)address, size };
	ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	return got < 0 ? 0 : (size_t)got;
}

static bool poll_has(pid_t pid, const struct wait *wait, const struct waiting_sockets *sockets)
{
	struct pollfd entries[64];
	unsigned long total = wait->arguments[1] < POLL_MAX ? wait->arguments[1] : POLL_MAX;

	for (unsigned long done = 0; done < total;) {
		size_t count =
			total - done < array_length(entries) ? total - done : array_length(entries);
		unsigned long address = wait->arguments[0] + done * sizeof(*entries);
		size_t got = read_memory(pid, address, entries, count * sizeof(*entries)) /
			sizeof(*entries);

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

		if (read_memory(pid, address, &word, sizeof(word)) != sizeof(word))
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

/* WAITING_REGISTERED, WAITING_NOT, or -errno. */
static int look_at_epoll_sets(pid_t pid, const struct waiting_sockets *sockets)
{
	char path[32];
	struct procfs_dir dir;
	int fd, result = WAITING_NOT;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	int r = procfs_dir_open(&dir, path);
	if (r < 0)
		return r;
	while (result == WAITING_NOT && (r = procfs_dir_next(&dir, &fd)) > 0) {
		if (is_epoll(pid, fd) && epoll_has(pid, fd, sockets, 1))
			result = WAITING_REGISTERED;
	}
	procfs_dir_close(&dir);
	return result == WAITING_NOT && r < 0 ? r : result;
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
	int r = threads < 0 ? threads : sets;
	return r == -ENOENT ? -ESRCH : r == -EPERM ? -EACCES : r;
}
