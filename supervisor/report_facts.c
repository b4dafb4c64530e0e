/* SPDX-License-Identifier: MIT */
/* See report_facts.h. */
#include "report_facts.h"

#include "base/clock.h"
#include "base/container.h"
#include "generation.h"
#include "service.h"

struct log_where report_where(const struct machine_action *action)
{
	return (struct log_where){ .generation = action->generation };
}

struct log_where report_where_of_worker(
	struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);
	struct log_where at = report_where(action);

	if (!generation)
		return at;
	at = worker_where(&generation->workers[action->worker]);
	at.pid = generation->workers[action->worker].fate_pid;
	return at;
}

const char *report_fate(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);

	if (generation && generation->workers[action->worker].fate[0])
		return generation->workers[action->worker].fate;
	return machine_cause_name(action->cause);
}

unsigned report_serving_generation(struct service *service)
{
	list_for_each (link, &service->runtime.generations) {
		struct generation *generation = container_of(link, struct generation, link);
		const struct machine_generation *known =
			machine_find(&service->machine, generation->number);

		if (known && known->state == MACHINE_GENERATION_SERVING)
			return generation->number;
	}
	return 0;
}

int report_age_ms(struct service *service, unsigned number)
{
	struct generation *generation = generation_find(&service->runtime, number);

	return generation ? clock_ms_since(generation->started_at_ms) : 0;
}

const char *report_reason_to_end(enum machine_exit exit)
{
	static const char *const reasons[MACHINE_EXIT_COUNT] = {
		[MACHINE_EXIT_NONE] = "no reason",
		[MACHINE_EXIT_STOPPED] = "told to stop",
		[MACHINE_EXIT_NEVER_STARTED] = "the first generation could not be started",
		[MACHINE_EXIT_NEVER_READY] = "the first generation was never ready",
		[MACHINE_EXIT_COMMAND_ENDED] = "the command has ended",
		[MACHINE_EXIT_GAVE_UP] = "too many restarts in a row",
	};

	return reasons[exit];
}
