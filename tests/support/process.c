/* SPDX-License-Identifier: MIT */
/* See process.h. */
#include "support/process.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

static int wait_fd(int fd, short events)
{
	struct pollfd wait = { .fd = fd, .events = events };
	int r;

	do
		r = poll(&wait, 1, PROCESS_DEADLINE_MS);
	while (r == -1 && errno == EINTR);
	ck_assert_int_ge(r, 0);
	return r;
}

void process_wait_fd(int fd, short events)
{
	ck_assert_msg(wait_fd(fd, events) == 1, "nothing happened on descriptor %d", fd);
}

int process_wait(int pidfd)
{
	siginfo_t info = { 0 };
	int r = wait_fd(pidfd, POLLIN);

	if (r == 0)
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	ck_assert_int_eq(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
	fd_close(pidfd);
	ck_assert_msg(r == 1, "the child did not end");
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

void process_read_all(int fd, char *text, size_t size)
{
	size_t used = 0;

	for (;;) {
		process_wait_fd(fd, POLLIN);
		ssize_t count = read(fd, text + used, size - used);
		ck_assert_int_ge(count, 0);
		if (count == 0)
			break;
		used += (size_t)count;
		ck_assert_uint_lt(used, size);
	}
	text[used] = '\0';
}

int process_capture(const struct baton_spawn_options *options, char *text, size_t size)
{
	struct baton_spawn_options with_output = *options;
	struct baton_error error;
	int ends[2], pidfd;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	struct baton_spawn_fd *fds = calloc(options->fd_count + 1, sizeof(*fds));
	ck_assert_ptr_nonnull(fds);
	if (options->fd_count)
		memcpy(fds, options->fds, options->fd_count * sizeof(*fds));
	fds[options->fd_count] = (struct baton_spawn_fd){ .from = ends[1], .to = 1 };
	with_output.fds = fds;
	with_output.fd_count = options->fd_count + 1;

	int r = baton_spawn(&with_output, NULL, &pidfd, &error);

	free(fds);
	fd_close(ends[1]);
	if (r == 0) {
		process_read_all(ends[0], text, size);
		r = process_wait(pidfd);
	}
	fd_close(ends[0]);
	return r;
}
