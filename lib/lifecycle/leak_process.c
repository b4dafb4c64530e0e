/* SPDX-License-Identifier: MIT */
/* Descriptors and threads in a snapshot: see leak.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "lifecycle/leak.h"
#include "lifecycle/thread.h"
#include "socket/bound.h"

enum {
	WHAT_SIZE = PATH_MAX + 2 * BOUND_SIZE + 64,
	FLAG_EXITING = 0x4, /* PF_EXITING of the kernel's sched.h */
};

static int get_option(int fd, int option)
{
	int value;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == -1 ? -1 : value;
}

static const char *type_name(int domain, int type)
{
	bool is_unix = domain == AF_UNIX;

	if (!is_unix && domain != AF_INET && domain != AF_INET6)
		return "socket";
	switch (type) {
	case SOCK_STREAM:
		return is_unix ? "unix" : "tcp";
	case SOCK_DGRAM:
		return is_unix ? "unix-dgram" : "udp";
	case SOCK_SEQPACKET:
		return is_unix ? "unix-seqpacket" : "seqpacket";
	}
	return "socket";
}

/* "tcp 127.0.0.1:80, listening", "tcp 127.0.0.1:80, from 127.0.0.1:5000". */
static void describe_socket(int fd, const char *link, char *what)
{
	const char *type = type_name(get_option(fd, SO_DOMAIN), get_option(fd, SO_TYPE));
	char own[BOUND_SIZE], peer[BOUND_SIZE];
	bool has_own = bound_format(fd, own, sizeof(own)) == 0 && own[0];
	bool has_peer = bound_format_peer(fd, peer, sizeof(peer)) == 0 && peer[0];

	(void)snprintf(what, WHAT_SIZE, "%s %s%s%s%s", type, has_own ? own : link,
		get_option(fd, SO_ACCEPTCONN) == 1 ? ", listening" : "", has_peer ? ", peer " : "",
		has_peer ? peer : "");
}

static int add_fd(int fd, void *data)
{
	char path[64], link[PATH_MAX], what[WHAT_SIZE];
	struct leak_file file = { 0, 0 };
	struct stat stat;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t size = readlink(path, link, sizeof(link) - 1);
	if (size == -1)
		return errno == ENOENT ? 0 : -errno; /* another thread has closed it */
	if (fstat(fd, &stat) == -1)
		return errno == EBADF ? 0 : -errno; /* likewise */

	link[size] = '\0';
	if (strncmp(link, "socket:", 7) == 0)
		describe_socket(fd, link, what);
	else
		memcpy(what, link, (size_t)size + 1);
	/* Those share one inode. */
	if (strncmp(link, "anon_inode:", 11) != 0)
		file = (struct leak_file){ stat.st_dev, stat.st_ino };
	return leak_add_file(data,
		&(struct baton_leak_entry){
			.kind = BATON_LEAK_FD,
			.number = (uint64_t)fd,
			.age_ms = -1,
			.what = what,
			.place = "",
		},
		&file);
}

int leak_add_fds(struct baton_leak *leak)
{
	return fd_walk(add_fd, leak);
}

/* Of a thread that ends meanwhile procfs says ENOENT or ESRCH, to open(2) as to read(2). */
static int stat_error(int error)
{
	return error == ESRCH ? -ENOENT : -error;
}

/*
 * The name; -ENOENT if the thread has ended, or is about to: who joins it is told
 * before it is off the kernel's lists, but not before it is marked.
 */
static int read_name(int tid, char *name, size_t size)
{
	char path[64], stat[512]; /* the name and the flags are among the first */
	unsigned flags;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return stat_error(errno);
	ssize_t count = read(fd, stat, sizeof(stat) - 1);
	if (count == -1)
		return stat_error(errno);
	stat[count] = '\0';
	/* "42 (the name) S ...": the name may have parentheses, what follows has none. */
	const char *begin = strchr(stat, '('), *end = strrchr(stat, ')');
	if (!begin || !end || sscanf(end, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return -EPROTO;
	if (flags & FLAG_EXITING)
		return -ENOENT;
	(void)snprintf(name, size, "%.*s", (int)(end - begin - 1), begin + 1);
	return 0;
}

static int add_thread(struct baton_leak *leak, const char *text)
{
	char name[64];
	int tid, r;

	if (parse_int(text, 1, INT_MAX, &tid) < 0)
		return 0; /* "." and ".." */
	r = read_name(tid, name, sizeof(name));
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	const char *place = thread_place(tid);

	return leak_add(leak,
		&(struct baton_leak_entry){
			.kind = BATON_LEAK_THREAD,
			.number = (uint64_t)tid,
			.age_ms = -1,
			.what = name,
			.place = place ? place : "",
		});
}

int leak_add_threads(struct baton_leak *leak)
{
	DIR *dir = opendir("/proc/self/task");
	int r = 0;

	if (!dir)
		return -errno;
	for (struct dirent *entry; r == 0 && (errno = 0, entry = readdir(dir));)
		r = add_thread(leak, entry->d_name);
	if (r == 0)
		r = -errno; /* of readdir; 0 at the end */
	(void)closedir(dir);
	return r;
}
