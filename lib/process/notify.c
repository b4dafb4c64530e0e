/* SPDX-License-Identifier: MIT */
/* See <baton/notify.h>. */
#include <baton/notify.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/message.h"
#include "base/parse.h"

/* What libsystemd asks for: room for a burst of messages that carry descriptors. */
#define SEND_BUFFER_BYTES (8 * 1024 * 1024)

/* A path, or '@' and the name of an abstract socket; vsock: is for managers of virtual machines. */
static int parse_address(const char *text, struct sockaddr_un *address, socklen_t *ret_length)
{
	size_t length = strlen(text);

	if (strncmp(text, "vsock", strlen("vsock")) == 0)
		return -EAFNOSUPPORT;
	if ((text[0] != '/' && text[0] != '@') || length < 2)
		return -EINVAL;
	/* An abstract name may fill the field, a path keeps its NUL. */
	if (length > sizeof(address->sun_path) - (text[0] == '/'))
		return -EINVAL;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, text, length);
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (text[0] == '@')
		address->sun_path[0] = '\0'; /* the name ends with the length, without a NUL */
	else
		++*ret_length;
	return 0;
}

int baton_notify_with_fds(const char *state, const int *fds, size_t count)
{
	struct sockaddr_un address;
	struct message_address to = { .address = (struct sockaddr *)&address };
	const char *text = getenv("NOTIFY_SOCKET");
	int buffer_bytes = SEND_BUFFER_BYTES;

	if (!state || (count && !fds))
		return -EINVAL;
	if (!text || !*text)
		return 0;
	int r = parse_address(text, &address, &to.length);
	if (r < 0)
		return r;
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;

	/* A larger buffer is a wish: past net.core.wmem_max only root may have it. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer_bytes, sizeof(buffer_bytes)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof(buffer_bytes));
	/* The kernel adds our credentials, as the manager's socket has SO_PASSCRED set. */
	r = message_send(fd, state, strlen(state), fds, count, &to);
	return r < 0 ? r : 1;
}

int baton_notify(const char *state)
{
	return baton_notify_with_fds(state, NULL, 0);
}

int baton_notifyf(const char *format, ...)
{
	cleanup_free char *state = NULL;
	va_list args;

	va_start(args, format);
	int r = vasprintf(&state, format, args);
	va_end(args);
	if (r == -1) {
		state = NULL; /* its content is undefined after a failure */
		return -ENOMEM;
	}
	return baton_notify(state);
}

int baton_notify_reloading(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		return -errno;
	return baton_notifyf("RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

static int64_t now_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int baton_notify_barrier(int timeout_ms)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -errno;
	cleanup_fd int read_end = ends[0];
	cleanup_fd int write_end = ends[1];
	int r = baton_notify_with_fds("BARRIER=1", &write_end, 1);
	if (r <= 0)
		return r;

	/* The manager's copy must be the last one: its close is the answer. */
	fd_close(take_fd(&write_end));
	int64_t deadline = now_ms() + timeout_ms;
	struct pollfd hangup = { .fd = read_end };

	for (;;) {
		int64_t left = deadline - now_ms();

		r = poll(&hangup, 1, timeout_ms < 0 ? -1 : left > 0 ? (int)left : 0);
		if (r > 0)
			return 1;
		if (r == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

uint64_t baton_notify_watchdog_usec(void)
{
	const char *interval = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t usec, wanted;

	if (!interval || parse_unsigned(interval, 1, UINT64_MAX - 1, &usec) < 0)
		return 0;
	if (pid && (parse_unsigned(pid, 1, INT32_MAX, &wanted) < 0 || wanted != (uint64_t)getpid()))
		return 0;
	return usec;
}
