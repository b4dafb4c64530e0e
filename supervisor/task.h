/* SPDX-License-Identifier: MIT */
/*
 * A process or a thread seen from outside: its memory and its descriptors. Needs the
 * right to trace it (ptrace(2): the same user, or CAP_SYS_PTRACE); -EPERM or -EACCES
 * otherwise. All of it is a picture of a moment, as in procfs.h.
 */
#ifndef SUPERVISOR_TASK_H
#define SUPERVISOR_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Copies from its memory. How much could be had, or -errno. */
ssize_t task_read(pid_t tid, uint64_t address, void *ret, size_t size);

/* Copies a string. 0; -ENAMETOOLONG if it does not fit; -EFAULT; or -errno. */
int task_read_string(pid_t tid, uint64_t address, char *ret, size_t size);

/* The inode of the socket that its descriptor is; 0 if it is none. */
ino_t task_fd_socket(pid_t tid, int fd);

/* Whether its descriptor is an epoll set. */
bool task_fd_is_epoll(pid_t tid, int fd);

/* A pidfd by which its descriptors can be reached, for task_copy_fd; or -errno. */
int task_open(pid_t tid);

/* A duplicate of its descriptor, close-on-exec (pidfd_getfd(2), Linux 5.6); or -errno. */
int task_copy_fd(int pidfd, int fd);

/* Both, for one descriptor. */
int task_get_fd(pid_t tid, int fd);

/* What is done with a descriptor of it: 0 to go on, anything else ends the walk. */
typedef int (*task_fd_fn)(pid_t tid, int fd, void *data);

/* Calls fn for each. What ended the walk, 0 at the end, or -errno. */
int task_walk_fds(pid_t tid, task_fd_fn fn, void *data);

/* An open descriptor of it. */
struct task_fd {
	int fd;
	bool is_cloexec;
};

/* Lists its descriptors that are the socket of that inode, max at most. Their count, or -errno. */
int task_find_socket(pid_t tid, ino_t inode, struct task_fd *ret, size_t max);

/* One entry of an epoll set. */
struct task_watch {
	int fd; /* the number that was registered */
	uint32_t events;
	uint64_t data;
	ino_t inode; /* sockets, pipes and their like count theirs together */
};

/* Whether the walk goes on. */
typedef bool (*task_watch_fn)(const struct task_watch *watch, void *data);

/* Calls fn for what is registered in its epoll set. 0 or -errno. */
int task_walk_epoll(pid_t tid, int fd, task_watch_fn fn, void *data);

#endif
