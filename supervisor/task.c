/* SPDX-License-Identifier: MIT */
/* See task.h; the formats are proc(5)'s. Nothing comes from the heap. */
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/pidfd.h"
#include "procfs.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* Linux 6.9 */
#endif

enum { PAGE_BYTES_MIN = 4096, LINK_SIZE = 64 };

ssize_t task_read(pid_t tid, uint64_t address, void *ret, size_t size)
{
	struct iovec local = { ret, size };
	struct iovec remote = { (void *)(uintptr_t)address, size };
	ssize_t got = process_vm_readv(tid, &local, 1, &remote, 1, 0);

	return got == -1 ? -errno : got;
}

/* Page by page: the one behind the string may not be there. */
int task_read_string(pid_t tid, uint64_t address, char *ret, size_t size)
{
	size_t length = 0;

	while (length < size) {
		size_t piece = PAGE_BYTES_MIN - (address + length) % PAGE_BYTES_MIN;

		if (piece > size - length)
			piece = size - length;
		ssize_t got = task_read(tid, address + length, ret + length, piece);
		if (got < 0)
			return (int)got;
		if (memchr(ret + length, '\0', (size_t)got))
			return 0;
		if ((size_t)got < piece)
			return -EFAULT;
		length += piece;
	}
	return -ENAMETOOLONG;
}

/* What its descriptor is, as proc(5) names it. */
static bool read_link(pid_t tid, int fd, char ret[LINK_SIZE])
{
	char path[48];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)tid, fd);
	ssize_t length = readlink(path, ret, LINK_SIZE - 1);
	if (length == -1)
		return false;
	ret[length] = '\0';
	return true;
}

ino_t task_fd_socket(pid_t tid, int fd)
{
	char link[LINK_SIZE];
	unsigned long long inode;

	return read_link(tid, fd, link) && sscanf(link, "socket:[%llu]", &inode) == 1 ? inode : 0;
}

bool task_fd_is_epoll(pid_t tid, int fd)
{
	char link[LINK_SIZE];

	return read_link(tid, fd, link) && strcmp(link, "anon_inode:[eventpoll]") == 0;
}

/* The process of a thread; or -errno. */
static pid_t process_of(pid_t tid)
{
	char path[40], text[512];
	int pid;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	ssize_t length = procfs_read(path, text, sizeof(text));
	if (length < 0)
		return (pid_t)length;
	const char *line = strstr(text, "\nTgid:");

	return line && sscanf(line, "\nTgid: %d", &pid) == 1 ? pid : -ESRCH;
}

int task_open(pid_t tid)
{
	int fd = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	if (fd != -1)
		return fd;
	if (errno != EINVAL)
		return -errno;
	/* Before Linux 6.9: the threads of all but the oddest programs share their descriptors. */
	pid_t pid = process_of(tid);

	return pid < 0 ? pid : pidfd_open_pid(pid);
}

int task_copy_fd(int pidfd, int fd)
{
	int got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	return got == -1 ? -errno : got;
}

int task_get_fd(pid_t tid, int fd)
{
	cleanup_fd int pidfd = task_open(tid);

	return pidfd < 0 ? pidfd : task_copy_fd(pidfd, fd);
}

static bool is_cloexec(pid_t tid, int fd)
{
	char path[48], text[256];
	unsigned flags;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)tid, fd);
	if (procfs_read(path, text, sizeof(text)) < 0)
		return false;
	const char *line = strstr(text, "flags:");

	return line && sscanf(line, "flags: %o", &flags) == 1 && flags & O_CLOEXEC;
}

int task_walk_fds(pid_t tid, task_fd_fn fn, void *data)
{
	char path[32];
	struct procfs_dir dir;
	int fd, result = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)tid);
	int r = procfs_dir_open(&dir, path);
	if (r < 0)
		return r;
	while (result == 0 && (r = procfs_dir_next(&dir, &fd)) > 0)
		result = fn(tid, fd, data);
	procfs_dir_close(&dir);
	return result ? result : r;
}

struct finding {
	ino_t inode;
	struct task_fd *list;
	size_t count, max;
};

static int note_socket(pid_t tid, int fd, void *data)
{
	struct finding *finding = data;

	if (task_fd_socket(tid, fd) != finding->inode)
		return 0;
	finding->list[finding->count++] = (struct task_fd){ fd, is_cloexec(tid, fd) };
	return finding->count == finding->max;
}

int task_find_socket(pid_t tid, ino_t inode, struct task_fd *ret, size_t max)
{
	struct finding finding = { inode, ret, 0, max };
	int r = task_walk_fds(tid, note_socket, &finding);

	return r < 0 ? r : (int)finding.count;
}

/* "tfd: 5 events: 19 data: .. pos:0 ino:1a2b sdev:8" */
static bool parse_watch(const char *line, struct task_watch *ret)
{
	unsigned long long data, inode;
	unsigned events;
	int fd;

	if (sscanf(line, "tfd: %d events: %x data: %llx pos:%*d ino:%llx", &fd, &events, &data,
		    &inode) != 4)
		return false;
	*ret = (struct task_watch){ fd, events, data, inode };
	return true;
}

/* Tells of the lines that are there as a whole. Their bytes; *ret says whether to go on. */
static size_t tell_lines(char *buffer, task_watch_fn fn, void *data, bool *ret)
{
	char *line = buffer;
	struct task_watch watch;

	*ret = true;
	for (char *end; *ret && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		*ret = !parse_watch(line, &watch) || fn(&watch, data);
	}
	return (size_t)(line - buffer);
}

int task_walk_epoll(pid_t tid, int fd, task_watch_fn fn, void *data)
{
	char path[48], buffer[1024];
	size_t taken;
	off_t offset = 0;
	bool goes_on;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)tid, fd);
	cleanup_fd int info = open(path, O_RDONLY | O_CLOEXEC);
	if (info == -1)
		return -errno;
	do {
		ssize_t got = pread(info, buffer, sizeof(buffer) - 1, offset);
		if (got == -1)
			return -errno;
		buffer[got] = '\0';
		taken = tell_lines(buffer, fn, data, &goes_on);
		offset += (off_t)taken;
	} while (goes_on && taken > 0);
	return 0;
}
