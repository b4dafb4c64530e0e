/* SPDX-License-Identifier: MIT */
/* See holder_client.h. */
#include "holder/holder_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/unix_connect.h"
#include "holder/holder_message.h"
#include "holder/holder_store.h"

enum { WAIT_MS = 5000 };

int holder_client_open(const char *path)
{
	return unix_connect(path, SOCK_SEQPACKET);
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
