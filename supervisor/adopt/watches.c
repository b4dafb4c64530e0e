/* SPDX-License-Identifier: MIT */
/* See watches.h. */
#include "adopt/watches.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "task.h"

struct look {
	struct watches *watches;
	pid_t tid;
	int set; /* the one that is looked at */
	ino_t socket;
};

static bool look_at_watch(const struct task_watch *registered, void *data)
{
	const struct look *look = data;
	struct watches *watches = look->watches;

	if (registered->inode != look->socket)
		return watches->count < WATCHES_MAX;
	int set = task_get_fd(look->tid, look->set);

	if (set >= 0)
		watches->list[watches->count++] = (struct watch){ set, *registered };
	return watches->count < WATCHES_MAX;
}

static int look_at_fd(pid_t tid, int fd, void *data)
{
	struct look *look = data;

	look->set = fd;
	if (task_fd_is_epoll(tid, fd))
		(void)task_walk_epoll(tid, fd, look_at_watch, look); /* gone: fine */
	return look->watches->count == WATCHES_MAX;
}

void watches_find(struct watches *watches, pid_t tid, ino_t socket)
{
	struct look look = { .watches = watches, .tid = tid, .socket = socket };

	watches->count = 0;
	(void)task_walk_fds(tid, look_at_fd, &look); /* what cannot be seen is none */
}

/* In a process that has a descriptor of that number for a moment: a set knows a file by both. */
static int register_as(const struct watch *watch, int ours)
{
	int fd = watch->registered.fd;
	struct epoll_event event = { watch->registered.events, { .u64 = watch->registered.data } };
	int set = fcntl(watch->set, F_DUPFD_CLOEXEC, fd + 1);

	if (set == -1 || (ours != fd && dup2(ours, fd) == -1) ||
		(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == -1 && errno != EEXIST))
		return errno;
	return 0;
}

static int move(const struct watch *watch, int ours)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(register_as(watch, ours));
	if (pid == -1)
		return -errno;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int watches_move(const struct watches *watches, int ours)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < watches->count; i++)
		r = move(&watches->list[i], ours);
	return r;
}

void watches_finish(struct watches *watches)
{
	for (size_t i = 0; i < watches->count; i++)
		fd_close(watches->list[i].set);
	watches->count = 0;
}
