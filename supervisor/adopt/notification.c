/* SPDX-License-Identifier: MIT */
/* See notification.h. */
#include "adopt/notification.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/seccomp.h>

/* The kernel may be newer than the headers, and write more than they know of. */
union received {
	struct seccomp_notif known;
	char all[1024];
};

int notification_receive(int fd, struct notification *ret)
{
	union received received;
	int r;

	do {
		memset(&received, 0, sizeof(received)); /* or it is EINVAL */
		r = ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &received);
	} while (r == -1 && errno == EINTR);
	if (r == -1)
		return -errno;
	*ret = (struct notification){
		.fd = fd,
		.id = received.known.id,
		.tid = (pid_t)received.known.pid,
		.arch = received.known.data.arch,
		.number = received.known.data.nr,
	};
	memcpy(ret->arguments, received.known.data.args, sizeof(ret->arguments));
	return 0;
}

bool notification_is_valid(const struct notification *notification)
{
	return ioctl(notification->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &notification->id) == 0;
}

static int send_response(const struct notification *notification, int error, unsigned flags)
{
	union {
		struct seccomp_notif_resp known;
		char all[1024];
	} response = { .known = {
			       .id = notification->id,
			       .error = error,
			       .flags = flags,
		       } };

	return ioctl(notification->fd, SECCOMP_IOCTL_NOTIF_SEND, &response) == -1 ? -errno : 0;
}

int notification_let_pass(const struct notification *notification)
{
	return send_response(notification, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

int notification_answer(const struct notification *notification, int error)
{
	return send_response(notification, error, 0);
}

/* Not with SECCOMP_ADDFD_FLAG_SEND, which would make the number the call's result. */
int notification_inject(
	const struct notification *notification, int ours, int theirs, bool is_cloexec)
{
	const struct seccomp_notif_addfd addfd = {
		.id = notification->id,
		.flags = SECCOMP_ADDFD_FLAG_SETFD,
		.srcfd = (uint32_t)ours,
		.newfd = (uint32_t)theirs,
		.newfd_flags = is_cloexec ? O_CLOEXEC : 0,
	};

	return ioctl(notification->fd, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd) == -1 ? -errno : 0;
}
