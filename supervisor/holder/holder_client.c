/* SPDX-License-Identifier: MIT */
/* See holder_client.h. */
#include "holder/holder_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "holder/holder_message.h"
#include "holder/holder_store.h"

enum { WAIT_MS = 5000 };

int holder_client_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1)
		return -errno;
	return take_fd(&fd);
}

int holder_client_take(int door, struct holder_store *store)
{
	int64_t begin = clock_ms();
	struct holder_message message;

	for (;;) {
		struct pollfd pollfd = { .fd = door, .events = POLLIN };
		int r = holder_message_receive(door, &message);

		if (r == 1 && message.type == HOLDER_END)
			return 0;
		if (r == 1 && message.type == HOLDER_PUT &&
			!holder_store_put(store, &message.entry))
			return -ENOMEM;
		if (r == 1 && message.type != HOLDER_PUT)
			holder_entry_close(&message.entry);
		if (r == 1)
			continue;
		if (r != -EAGAIN)
			return r == 0 ? -EPIPE : r;
		if (clock_ms_since(begin) > WAIT_MS || poll(&pollfd, 1, WAIT_MS) == 0)
			return -ETIMEDOUT;
	}
}

void holder_client_confirm(int door)
{
	(void)holder_message_send(door, HOLDER_TAKEN, NULL); /* if that fails it goes later */
}
