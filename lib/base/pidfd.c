/* SPDX-License-Identifier: MIT */
/* See pidfd.h. */
#include "base/pidfd.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"

#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446 /* linux/magic.h, from Linux 6.9 */
#endif

int pidfd_open_pid(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd == -1 ? -errno : fd;
}

int pidfd_error(struct baton_error *error, int code, const char *what)
{
	if (code == -ENOSYS || code == -EPERM)
		return error_set_errno(error, code,
			"%s: pidfd_open(2) needs Linux 5.3, and a sandbox that allows it", what);
	return error_set_errno(error, code, "%s", what);
}

int pidfd_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == -1 ? -errno : 0;
}

int pidfd_identity(int pidfd, uint64_t *ret)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(pidfd, &fs) == -1 || fstat(pidfd, &st) == -1)
		return -errno;
	if ((unsigned long)fs.f_type != PID_FS_MAGIC)
		return -EOPNOTSUPP; /* an anonymous inode that all pidfds share */
	*ret = st.st_ino;
	return 0;
}

int pidfd_own_identity(uint64_t *ret)
{
	cleanup_fd int pidfd = pidfd_open_pid(getpid());

	return pidfd < 0 ? pidfd : pidfd_identity(pidfd, ret);
}
