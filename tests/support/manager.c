/* SPDX-License-Identifier: MIT */
/* See manager.h. */
#include "support/manager.h"

#include <check.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/message.h"
#include "support/process.h"

int manager_open(const char *address)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t length = strlen(address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int on = 1;

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(length, sizeof(name.sun_path));
	memcpy(name.sun_path, address, length);
	if (address[0] == '@')
		name.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
		0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	return fd;
}

static bool next_is(int fd, pid_t pid, const char *text, char *message, size_t size)
{
	struct message_extras extras;

	process_wait_fd(fd, POLLIN);
	ssize_t length = message_receive(fd, message, size - 1, &extras);
	ck_assert_int_ge(length, 0);
	message_close_fds(&extras);
	ck_assert(extras.has_sender);
	message[length] = '\0';
	return strncmp(message, text, strlen(text)) == 0 && (!pid || extras.sender.pid == pid);
}

void manager_expect(int fd, pid_t pid, const char *text)
{
	char message[4096];
	bool is_it = next_is(fd, pid, text, message, sizeof(message));

	ck_assert_msg(is_it, "not \"%s\" of %d but \"%s\"", text, pid, message);
}

void manager_await(int fd, pid_t pid, const char *text)
{
	char message[4096];

	while (!next_is(fd, pid, text, message, sizeof(message)))
		;
}
