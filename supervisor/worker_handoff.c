/* SPDX-License-Identifier: MIT */
/* See worker_handoff.h. */
#include "worker_handoff.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "generation.h"
#include "log.h"
#include "process/channel.h"
#include "runtime.h"
#include "worker.h"
#include "worker_messages.h"

/* Whether some generation before this one is still to be told to stop, or just about to be. */
static bool has_predecessor(const struct generation *generation)
{
	list_for_each (link, &generation->runtime->generations) {
		const struct generation *other = container_of(link, struct generation, link);

		if (other == generation)
			break;
		if (!other->workers[0].stop_signal)
			return true;
	}
	return false;
}

/* The newest that is to stay. */
static struct generation *find_successor(const struct generation *generation)
{
	struct generation *found = NULL;

	list_for_each (link, &generation->runtime->generations) {
		struct generation *other = container_of(link, struct generation, link);

		if (other->number > generation->number && !other->is_retired)
			found = other;
	}
	return found;
}

void worker_handoff_offered(struct worker *worker, int take_link)
{
	cleanup_fd int link = take_link;

	/* Closed, it tells the worker that nobody passes any. */
	if (!has_predecessor(worker->generation))
		return;
	fd_close(worker->handoff);
	worker->handoff = take_fd(&link);
}

/* Whatever comes of it, the link is no longer ours: the successor sees its end. */
static void introduce(struct worker *worker, int take_link)
{
	struct log_where at = worker_where(worker);
	cleanup_fd int link = take_link;

	if (link < 0 || worker->channel < 0)
		return;
	int r = channel_send_handoff(worker->channel, link);

	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		log_warning(&at, "cannot introduce its successor: %s", strerrordesc_np(-r));
}

void worker_handoff_introduce(struct generation *generation)
{
	struct generation *successor = find_successor(generation);

	if (!successor)
		return;
	for (unsigned i = 0; i < successor->worker_count; i++) {
		struct worker *worker = &successor->workers[i];

		/* It may have been ready to baton before its offer was read. */
		worker_messages_poll(worker);
		int link = take_fd(&worker->handoff);

		if (i < generation->worker_count)
			introduce(&generation->workers[i], link);
		else
			fd_close(link);
	}
}
