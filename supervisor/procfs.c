/* SPDX-License-Identifier: MIT */
/* See procfs.h; the formats are proc(5)'s. */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#define CHUNK 4096

/* Of an entry of an environment whose value is asked for: longer ones count as none. */
#define ENTRY_SIZE 256

/* What getdents64(2) writes; no libc before glibc 2.30 declares it. */
struct dirent_record {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_RDONLY | O_CLOEXEC);

	return fd == -1 ? -errno : fd;
}

static ssize_t read_some(int fd, char *buffer, size_t size)
{
	ssize_t got;

	do
		got = read(fd, buffer, size);
	while (got == -1 && errno == EINTR);
	return got == -1 ? -errno : got;
}

ssize_t procfs_read(const char *path, char *buffer, size_t size)
{
	cleanup_fd int fd = open_file(path, 0);
	if (fd < 0)
		return fd;
	size_t length = 0;

	while (length < size - 1) {
		ssize_t got = read_some(fd, buffer + length, size - 1 - length);
		if (got < 0)
			return got;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	buffer[length] = '\0';
	return (ssize_t)length;
}

int procfs_stat(pid_t pid, struct procfs_stat *ret)
{
	char path[32], buffer[1024];
	struct procfs_stat stat;
	int parent, group, session;
	unsigned long long start_time;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	ssize_t length = procfs_read(path, buffer, sizeof(buffer));
	if (length < 0)
		return length == -ENOENT ? -ESRCH : (int)length;
	/* The name of the program stands in parentheses and may itself contain some, or
	 * spaces; no field after it can. */
	const char *rest = strrchr(buffer, ')');
	if (!rest)
		return -ESRCH;
	/* Fields 3 to 6, and 22: the fifteen between them are of no use here. */
	if (sscanf(rest,
		    ") %c %d %d %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		    "%*s %llu",
		    &stat.state, &parent, &group, &session, &start_time) != 5)
		return -ESRCH;
	stat.parent = parent;
	stat.group = group;
	stat.session = session;
	stat.start_time = start_time;
	*ret = stat;
	return 0;
}

bool procfs_stat_has_ended(const struct procfs_stat *stat)
{
	return stat->state == 'Z' || stat->state == 'X';
}

bool procfs_has_ended(pid_t pid)
{
	struct procfs_stat stat;

	return procfs_stat(pid, &stat) < 0 || procfs_stat_has_ended(&stat);
}

/*
 * Whether one of the NUL-terminated strings in the stream is entry, which is
 * length bytes long. *matched is how many bytes of entry the current string
 * has had so far, or -1 once it differs: it survives from chunk to chunk.
 */
static bool find_entry(
	const char *chunk, size_t size, const char *entry, size_t length, ssize_t *matched)
{
	for (size_t i = 0; i < size; i++) {
		if (chunk[i] == '\0') {
			if (*matched == (ssize_t)length)
				return true;
			*matched = 0;
		} else if (*matched >= 0 && (size_t)*matched < length &&
			chunk[i] == entry[*matched]) {
			(*matched)++;
		} else {
			*matched = -1;
		}
	}
	return false;
}

/* The environment of pid, opened; or -errno. */
static int open_environment(pid_t pid)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	int fd = open_file(path, 0);
	return fd == -ENOENT ? -ESRCH : fd;
}

int procfs_has_env(pid_t pid, const char *entry)
{
	char chunk[CHUNK];
	size_t length = strlen(entry);
	ssize_t matched = 0;
	cleanup_fd int fd = open_environment(pid);
	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t got = read_some(fd, chunk, sizeof(chunk));
		if (got < 0)
			return (int)got;
		if (got == 0)
			return 0;
		if (find_entry(chunk, (size_t)got, entry, length, &matched))
			return 1;
	}
}

/* The entry that is being read, from chunk to chunk: as much of it as fits. */
struct entry {
	char text[ENTRY_SIZE];
	size_t length;
};

/* The value, if the entry, which is complete, has the key; NULL if not. */
static const char *value_of(struct entry *entry, const char *key)
{
	size_t length = strlen(key);

	if (entry->length >= sizeof(entry->text))
		return NULL;
	entry->text[entry->length] = '\0';
	return strncmp(entry->text, key, length) == 0 && entry->text[length] == '='
		? entry->text + length + 1
		: NULL;
}

/* Goes through a chunk. The value of key, borrowed from entry, or NULL. */
static const char *find_value(struct entry *entry, const char *chunk, size_t size, const char *key)
{
	for (size_t i = 0; i < size; i++) {
		const char *value = chunk[i] == '\0' ? value_of(entry, key) : NULL;

		if (value)
			return value;
		if (chunk[i] == '\0')
			entry->length = 0;
		else if (entry->length < sizeof(entry->text))
			entry->text[entry->length++] = chunk[i];
	}
	return NULL;
}

int procfs_get_env(pid_t pid, const char *key, char *ret, size_t size)
{
	struct entry entry = { .length = 0 };
	char chunk[CHUNK];
	cleanup_fd int fd = open_environment(pid);
	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t got = read_some(fd, chunk, sizeof(chunk));
		if (got <= 0)
			return got < 0 ? (int)got : -ENOENT;
		const char *value = find_value(&entry, chunk, (size_t)got, key);
		if (!value)
			continue;
		if (strlen(value) >= size)
			return -ENOENT;
		memcpy(ret, value, strlen(value) + 1);
		return 0;
	}
}

int procfs_dir_open(struct procfs_dir *dir, const char *path)
{
	dir->offset = dir->length = 0;
	dir->fd = -1;
	int fd = open_file(path, O_DIRECTORY);
	if (fd < 0)
		return fd;
	dir->fd = fd;
	return 0;
}

/* A name of digits alone is its number; anything else is -1. */
static int number_of(const char *name)
{
	long number = 0;

	if (*name == '\0')
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9')
			return -1;
		number = number * 10 + (*name - '0');
		if (number > INT_MAX)
			return -1;
	}
	return (int)number;
}

int procfs_dir_next(struct procfs_dir *dir, int *ret)
{
	for (;;) {
		if (dir->offset == dir->length) {
			/* readdir(3) would do, at the price of 32 KiB from the heap. */
			long got =
				syscall(SYS_getdents64, dir->fd, dir->buffer, sizeof(dir->buffer));
			if (got == -1)
				return -errno;
			if (got == 0)
				return 0;
			dir->length = (size_t)got;
			dir->offset = 0;
		}
		const struct dirent_record *record = (const void *)(dir->buffer + dir->offset);

		dir->offset += record->length;
		int number = number_of(record->name);
		if (number >= 0) {
			*ret = number;
			return 1;
		}
	}
}

void procfs_dir_close(struct procfs_dir *dir)
{
	fd_close(dir->fd);
	dir->fd = -1;
}
