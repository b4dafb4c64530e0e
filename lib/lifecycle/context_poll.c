/* SPDX-License-Identifier: MIT */
/* Waiting for the end of a context in a thread without a loop: see context_object.h. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container.h"
#include "lifecycle/context_object.h"

enum { FDS_MAX = 1024 };

struct poller {
	struct context_waiter waiter;
	int fd; /* readable once the context has ended */
};

/* Any thread, under the context's lock. */
static void on_ended(struct context_waiter *waiter)
{
	/* Fails only if it has 2^64 - 2 already. */
	(void)eventfd_write(container_of(waiter, struct poller, waiter)->fd, 1);
}

/* INT64_MAX stands for never. The millisecond that has begun does not count, or it would be too
 * early. */
static int64_t add_ms(int64_t now_ms, int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX : timeout_ms == 0 ? now_ms : now_ms + 1 + timeout_ms;
}

static int left_ms(int64_t until_ms)
{
	int64_t now_ms = clock_ms();

	if (until_ms == INT64_MAX)
		return -1;
	if (until_ms <= now_ms) /* by any length */
		return 0;
	return until_ms - now_ms > INT_MAX ? INT_MAX : (int)(until_ms - now_ms);
}

/* all: the caller's count descriptors and behind them ours, which is not counted in the result. */
static int wait_until(
	struct baton_context *context, struct pollfd *all, size_t count, int64_t until_ms)
{
	int64_t deadline_ms = context->deadline_ms;

	for (;;) {
		int64_t next_ms = deadline_ms < until_ms ? deadline_ms : until_ms;
		int ready = poll(all, count + 1, left_ms(next_ms));
		if (ready == -1 && errno != EINTR)
			return -errno;
		int err = baton_context_err(context);

		/* The end first: a client that goes on sending would put it off for ever. */
		if (err)
			return err;
		if (ready > 0 && all[count].revents)
			ready--;
		if (ready > 0)
			return ready;
		if (clock_ms() >= until_ms)
			return 0;
	}
}

int baton_context_poll(
	struct baton_context *context, struct pollfd *fds, size_t count, int timeout_ms)
{
	if (!context || (!fds && count) || count > FDS_MAX)
		return -EINVAL;
	int64_t until_ms = add_ms(clock_ms(), timeout_ms);
	cleanup_free struct pollfd *all = calloc(count + 1, sizeof(*all));
	cleanup_fd int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (!all)
		return -ENOMEM;
	if (fd == -1)
		return -errno;
	struct poller poller = { .waiter.notify = on_ended, .fd = fd };

	if (count)
		memcpy(all, fds, count * sizeof(*all));
	all[count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	context_wait(context, &poller.waiter);
	int r = wait_until(context, all, count, until_ms);

	context_unwait(context, &poller.waiter);
	if (count)
		memcpy(fds, all, count * sizeof(*all));
	return r;
}
