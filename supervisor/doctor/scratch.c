/* SPDX-License-Identifier: MIT */
/* See scratch.h. */
#include "doctor/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/wait_status.h"

enum { MAP_SIZE = 64 };

static int write_file(const char *path, const char *text, struct baton_error *error)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd == -1)
		return error_set_errno(error, -errno, "cannot open \"%s\"", path);
	if (write(fd, text, strlen(text)) == -1)
		return error_set_errno(error, -errno, "cannot write to \"%s\"", path);
	return 0;
}

/* The user and the group are the same inside and outside; there are no others. */
static int map_ids(uid_t uid, gid_t gid, struct baton_error *error)
{
	char map[MAP_SIZE];

	(void)snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
	int r = write_file("/proc/self/uid_map", map, error);
	if (r == 0)
		r = write_file("/proc/self/setgroups", "deny", error);
	if (r < 0)
		return r;
	(void)snprintf(map, sizeof(map), "%u %u 1\n", gid, gid);
	return write_file("/proc/self/gid_map", map, error);
}

static int raise_loopback(struct baton_error *error)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || ioctl(fd, SIOCSIFFLAGS, &request) == -1)
		return error_set_errno(error, -errno, "cannot raise the loopback");
	return 0;
}

static int enter(struct baton_error *error)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	/* With the right to, no other user has to vanish: the server may want to become one. */
	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	if (errno != EPERM)
		return error_set_errno(error, -errno, "cannot make a network namespace");
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
		return error_set_errno(error, -errno, "cannot make a user namespace");
	return map_ids(uid, gid, error);
}

static int enter_and_raise(struct baton_error *error)
{
	int r = enter(error);

	return r < 0 ? r : raise_loopback(error);
}

/*
 * There is no way back from a user namespace, and some systems let everybody make
 * one but grant no rights in it (AppArmor): so a child goes ahead.
 */
static int send_ahead(struct baton_error *error)
{
	pid_t pid = fork();
	int status;

	if (pid == -1)
		return error_set_errno(error, -errno, "cannot fork");
	if (pid == 0)
		_exit(-enter_and_raise(NULL));
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return error_set_errno(error, -errno, "cannot wait for a child");
	int code = wait_status_code(status);

	return code ? error_set_errno(error, -code, "cannot make a network namespace") : 0;
}

int scratch_enter(struct baton_error *error)
{
	int r = send_ahead(error);

	return r < 0 ? r : enter_and_raise(error);
}
