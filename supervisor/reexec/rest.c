/* SPDX-License-Identifier: MIT */
/* See rest.h. */
#include "reexec/rest.h"

#include <stdbool.h>
#include <stddef.h>

#include "adopt/broker.h"
#include "base/container.h"
#include "generation.h"
#include "service.h"

static bool is_starting(const struct runtime *runtime)
{
	list_for_each (link, &runtime->generations) {
		const struct generation *generation = container_of(link, struct generation, link);

		for (unsigned i = 0; i < generation->worker_count; i++)
			if (generation->workers[i].state == WORKER_STARTING)
				return true;
	}
	return false;
}

/* A call waits for what another thread does, or nobody knows yet what came of one. */
static bool is_binding(const struct adopt *adopt)
{
	list_for_each (link, &adopt->brokers)
		if (!list_empty(&container_of(link, struct broker, link)->deferred))
			return true;
	list_for_each (link, &adopt->held.sockets)
		if (!container_of(link, struct held, link)->is_bound)
			return true;
	return false;
}

const char *rest_obstacle(const struct service *service)
{
	if (service->machine.state != MACHINE_SERVING || service->machine.is_upgrade_pending)
		return "the upgrade is over";
	if (ev_is_active(&service->settle_timer))
		return "the upgrade that was asked for is over";
	if (is_starting(&service->runtime))
		return "the worker that starts is ready";
	if (!takeover_is_over(&service->adopting.takeover))
		return "what was taken over has ended";
	if (service->adopting.mirror.former != -1)
		return "the holder has everything";
	if (is_binding(&service->adopting.adopt))
		return "the server has bound its socket";
	return NULL;
}
