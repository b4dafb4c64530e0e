/* SPDX-License-Identifier: MIT */
/*
 * See spawn_child.h. The child shares the parent's memory (CLONE_VM) while
 * the thread that made it waits and the other threads go on. Hence:
 *
 * - Every signal is blocked on entry and unblocked only once no handler is
 *   installed, or a handler would run twice in one memory.
 * - Changes of user and group are raw system calls: the wrappers of libc also
 *   signal every other thread to do the same, and those are the parent's.
 * - No sanitizer instruments this file's functions: their shadow memory is the
 *   parent's too, and its bookkeeping would miss the return that never comes.
 */
#include "process/spawn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/close_range.h>
#include <linux/seccomp.h>

#include "base/fd.h"

#if defined(__clang__)
#define child_code __attribute__((no_sanitize("address", "thread", "undefined", "memory")))
#else
#define child_code __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

enum {
	KERNEL_SIGSET_BYTES = _NSIG / 8,
	EXIT_NOT_STARTED = 127, /* as shells say it; nobody reads it */
};

child_code static int failed(struct spawn_plan *plan, enum spawn_step step, int detail)
{
	plan->report = (struct spawn_report){ .step = step, .code = errno, .detail = detail };
	return -1;
}

child_code static void write_decimal(char *text, uint64_t value)
{
	char digits[20];
	int count = 0;

	do
		digits[count++] = (char)('0' + value % 10);
	while (value /= 10);
	while (count)
		*text++ = digits[--count];
	*text = '\0';
}

/*
 * Before `at` becomes the target of entry i, moves the descriptor there out
 * of the way if a later entry still has to duplicate it: swaps and cycles come
 * out right, and the usual map costs no call more than it has entries.
 */
child_code static int save_source(struct spawn_plan *plan, size_t i, int at)
{
	int saved = -1;

	for (size_t k = i + 1; k < plan->fd_count; k++) {
		if (plan->fds[k].from != at)
			continue;
		if (saved == -1) {
			saved = fcntl(at, F_DUPFD_CLOEXEC, plan->fd_floor);
			if (saved == -1)
				return failed(plan, SPAWN_STEP_FDS, at);
		}
		plan->fds[k].from = saved;
	}
	return 0;
}

child_code static int map_fds(struct spawn_plan *plan)
{
	for (size_t i = 0; i < plan->fd_count; i++) {
		struct baton_spawn_fd *fd = &plan->fds[i];
		int r;

		if (save_source(plan, i, fd->to) < 0)
			return -1;
		/* dup2 leaves a descriptor alone, and close-on-exec set, if both are the same. */
		if (fd->from == fd->to)
			r = fcntl(fd->to, F_SETFD, 0);
		else
			r = dup2(fd->from, fd->to);
		if (r == -1)
			return failed(plan, SPAWN_STEP_FDS, fd->from);
	}
	return 0;
}

/* Marks first..last close-on-exec, so that the report still gets through should exec fail. */
child_code static void hide_range(const struct spawn_plan *plan, unsigned first, unsigned last)
{
	if (first > last || syscall(SYS_close_range, first, last, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	/* Before Linux 5.11, or forbidden. Not up to the limit, which may be 10^9 while the parent
	 * waits, and below a descriptor that was opened before the limit was lowered. */
	for (unsigned fd = first; fd <= last && fd <= (unsigned)plan->fd_highest; fd++)
		(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

/* Standard streams are the child's, also those that the caller opened close-on-exec; whatever else
 * is not in the map is not. */
child_code static void hide_other_fds(const struct spawn_plan *plan)
{
	unsigned next = FD_FIRST;

	for (int fd = 0; fd < FD_FIRST; fd++)
		(void)fcntl(fd, F_SETFD, 0); /* one that is closed stays so */
	for (size_t i = 0; i < plan->fd_count; i++) {
		if (plan->fds[i].to < FD_FIRST)
			continue;
		unsigned to = (unsigned)plan->fds[i].to;

		if (to > next)
			hide_range(plan, next, to - 1);
		next = to + 1;
	}
	hide_range(plan, next, UINT_MAX);
}

/* Sends the descriptor to the parent: memory may be shared, descriptors are not. */
child_code static int send_fd(int socket, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS } };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	const struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	*(int *)(void *)CMSG_DATA(&control.header) = fd;
	return sendmsg(socket, &message, MSG_NOSIGNAL) == -1 ? -1 : 0;
}

/* The listener of the filter, or -1. */
child_code static int set_filter(const struct sock_fprog *filter)
{
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	/* From Linux 5.19 on: without it a process that gets signals all the time never gets an
	 * answer, as each of them begins the call anew. */
	int fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, filter);
	if (fd == -1 && errno == EINVAL)
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, filter);
	return fd;
}

/* With the rights of the parent: those of the new user would not do without no_new_privs. */
child_code static int install_filter(struct spawn_plan *plan)
{
	if (!plan->filter)
		return 0;
	int fd = set_filter(plan->filter);

	if (fd == -1 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		fd = set_filter(plan->filter);
	if (fd == -1 || send_fd(plan->filter_fd, fd) == -1)
		return failed(plan, SPAWN_STEP_FILTER, 0);
	return 0;
}

child_code static int change_ids(struct spawn_plan *plan)
{
	if (plan->user.change_groups &&
		syscall(SYS_setgroups, plan->user.group_count, plan->user.groups) == -1)
		return failed(plan, SPAWN_STEP_GROUPS, 0);
	if (plan->user.change_group &&
		syscall(SYS_setresgid, plan->user.gid, plan->user.gid, plan->user.gid) == -1)
		return failed(plan, SPAWN_STEP_GROUP, 0);
	if (plan->user.change_user &&
		syscall(SYS_setresuid, plan->user.uid, plan->user.uid, plan->user.uid) == -1)
		return failed(plan, SPAWN_STEP_USER, 0);
	return 0;
}

/* After the change of user, which the kernel makes clear the death signal. */
child_code static int die_with_parent(struct spawn_plan *plan)
{
	if (!plan->parent_death_signal)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, plan->parent_death_signal) == -1)
		return failed(plan, SPAWN_STEP_DEATH_SIGNAL, 0);
	if (getppid() != plan->parent) /* it died before: nobody will tell */
		(void)kill((pid_t)syscall(SYS_getpid), plan->parent_death_signal);
	return 0;
}

child_code static int write_identity(struct spawn_plan *plan)
{
	pid_t pid = (pid_t)syscall(SYS_getpid);

	if (plan->pid_text)
		write_decimal(plan->pid_text, (uint64_t)pid);
	if (!plan->pidfdid_text)
		return 0;
	struct stat status;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by nature */

	if (pidfd == -1 || fstat(pidfd, &status) == -1)
		return failed(plan, SPAWN_STEP_PIDFDID, 0);
	(void)close(pidfd);
	write_decimal(plan->pidfdid_text, status.st_ino);
	return 0;
}

/*
 * Ignored signals would stay ignored over exec. The structure that the kernel
 * takes differs from libc's and between architectures, but all zero it says
 * SIG_DFL, no flags and an empty mask in each.
 */
child_code static void reset_signals(void)
{
	static const uint64_t default_action[8];
	static const uint64_t no_signals[(_NSIG + 63) / 64];

	for (int signal = 1; signal < _NSIG; signal++) /* fails for KILL and STOP: no matter */
		(void)syscall(SYS_rt_sigaction, signal, default_action, NULL, KERNEL_SIGSET_BYTES);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, no_signals, NULL, KERNEL_SIGSET_BYTES);
}

/* As execvp(3): what it goes on after, what it hands to the shell, and which error counts. */
child_code static int execute(struct spawn_plan *plan)
{
	int denied = -1, i;

	for (i = 0; plan->candidates[i]; i++) {
		(void)execve(plan->candidates[i], plan->argv, plan->envp);
		if (errno == ENOEXEC) { /* a script without #! */
			plan->shell_argv[1] = plan->candidates[i];
			(void)execve(plan->shell_argv[0], plan->shell_argv, plan->envp);
		}
		if (errno == EACCES && denied == -1)
			denied = i;
		else if (errno != EACCES && errno != ENOENT && errno != ENOTDIR &&
			errno != ESTALE && errno != ENODEV && errno != ETIMEDOUT)
			return failed(plan, SPAWN_STEP_EXEC, i);
	}
	if (denied != -1)
		errno = EACCES;
	return failed(plan, SPAWN_STEP_EXEC, denied != -1 ? denied : i - 1);
}

child_code static int carry_out(struct spawn_plan *plan)
{
	if (plan->new_session && setsid() == -1)
		return failed(plan, SPAWN_STEP_SESSION, 0);
	if (plan->new_process_group && !plan->new_session && setpgid(0, 0) == -1)
		return failed(plan, SPAWN_STEP_PROCESS_GROUP, 0);
	if (map_fds(plan) < 0)
		return -1;
	if (install_filter(plan) < 0)
		return -1;
	hide_other_fds(plan);
	if (change_ids(plan) < 0)
		return -1;
	/* With the new user's rights, to which the directory may be the only one that is open. */
	if (plan->workdir && chdir(plan->workdir) == -1)
		return failed(plan, SPAWN_STEP_WORKDIR, 0);
	if (die_with_parent(plan) < 0 || write_identity(plan) < 0)
		return -1;
	reset_signals();
	return execute(plan);
}

child_code int spawn_child_main(void *data)
{
	struct spawn_plan *plan = data;

	plan->is_shared = true;
	(void)carry_out(plan);
	/* Also in writing: valgrind and qemu-user make a plain fork of a vfork, whose memory the
	 * parent does not see. Less than PIPE_BUF: written whole or not at all. */
	(void)!write(plan->report_fd, &plan->report, sizeof(plan->report));
	_exit(EXIT_NOT_STARTED);
}
