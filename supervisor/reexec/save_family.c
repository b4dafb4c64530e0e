/* SPDX-License-Identifier: MIT */
/* Generations, workers and their processes: see save.h. */
#include <string.h>

#include "adopt/broker.h"
#include "base/container.h"
#include "capture.h"
#include "generation.h"
#include "reexec/save_internal.h"
#include "service.h"
#include "worker_family.h"

void saving_family(struct saving *saving, struct worker_family *family, struct state_family *ret)
{
	const struct process_list *members = &family->processes.members;

	ret->leader = family->processes.leader;
	ret->marker = saving_copy(saving, family->marker);
	ret->broker = family->broker ? family->broker->number : 0;
	ret->hammer_at_ms = saving_timer(saving, &family->hammer);
	ret->kill_pause_ms = (int)(family->kill_pause * 1e3);
	for (size_t i = 0; i < members->count; i++) {
		struct process *member = saving_append(
			saving, &state_process_shape, &ret->members, &ret->member_count);

		if (member)
			*member = members->items[i];
	}
}

static int find_capture(const struct saving *saving, const struct capture *capture)
{
	int index = 0;

	list_for_each (link, &saving->service->runtime.captures) {
		if (container_of(link, struct capture, link) == capture)
			return index;
		index++;
	}
	return STATE_NONE;
}

static void save_worker(struct saving *saving, struct worker *worker, struct state_worker *ret)
{
	ret->state = worker->state;
	ret->pid = worker->pid;
	ret->pidfd = worker->pidfd;
	ret->channel = worker->channel;
	ret->handoff = worker->handoff;
	ret->is_watched_by_pidfd = ev_is_active(&worker->end_watcher);
	ret->capture = find_capture(saving, worker->capture);
	ret->has_family = worker->family != NULL;
	if (worker->family)
		saving_family(saving, worker->family, &ret->family);
	ret->started_at_ms = worker->started_at_ms;
	ret->ready_at_ms = worker->ready_at_ms;
	ret->restart_at_ms = saving_timer(saving, &worker->restart_timer);
	ret->watchdog_at_ms = saving_timer(saving, &worker->watchdog_timer);
	ret->watchdog_ms = (int)(worker->watchdog_timer.repeat * 1e3);
	ret->stop_signal = worker->stop_signal;
	ret->is_aborted = worker->is_aborted;
	memcpy(ret->status, worker->status, sizeof(ret->status));
	memcpy(ret->fate, worker->fate, sizeof(ret->fate));
	ret->fate_pid = worker->fate_pid;
}

static void save_inlets(
	struct saving *saving, const struct inlets *inlets, struct state_inlets *ret)
{
	for (size_t i = 0; i < inlets->port_count; i++) {
		struct state_number *port =
			saving_append(saving, &state_number_shape, &ret->ports, &ret->port_count);

		if (port)
			port->value = inlets->ports[i];
	}
	for (size_t i = 0; i < inlets->name_count; i++) {
		const struct socket_address *name = &inlets->names[i];
		struct state_name *copy =
			saving_append(saving, &state_name_shape, &ret->names, &ret->name_count);

		if (copy)
			saving_bytes(saving, &copy->address, &name->any, name->length);
	}
	ret->has_unseen = inlets->has_unseen;
}

static void save_generation(
	struct saving *saving, struct generation *generation, struct state_generation *ret)
{
	ret->number = generation->number;
	ret->setup = saving_find_setup(saving, generation->setup);
	ret->is_retired = generation->is_retired;
	ret->started_at_ms = generation->started_at_ms;
	ret->retired_at_ms = generation->retired_at_ms;
	ret->drain_until_ms = saving_timer(saving, &generation->drain_timer);
	ret->waits_until_idle = generation->idle.is_started;
	ret->is_watched = ev_is_active(&generation->end_idle.timer);
	ret->idle_since_ms =
		generation->end_idle.idle.is_idle ? generation->end_idle.idle.since_ms : 0;
	save_inlets(saving, &generation->inlets, &ret->inlets);
	ret->stop_signal = generation->stop_signal;
	ret->program = saving_copy(saving, generation->program);
	for (unsigned i = 0; i < generation->worker_count; i++) {
		struct state_worker *worker = saving_append(
			saving, &state_worker_shape, &ret->workers, &ret->worker_count);

		if (worker)
			save_worker(saving, &generation->workers[i], worker);
	}
}

void saving_generations(struct saving *saving)
{
	struct runtime *runtime = &saving->service->runtime;
	struct state *state = saving->state;

	list_for_each (link, &runtime->generations) {
		struct state_generation *ret = saving_append(saving, &state_generation_shape,
			&state->generations, &state->generation_count);

		if (ret)
			save_generation(saving, container_of(link, struct generation, link), ret);
	}
	list_for_each (link, &runtime->strays) {
		struct state_family *ret = saving_append(
			saving, &state_family_shape, &state->strays, &state->stray_count);

		if (ret)
			saving_family(saving, container_of(link, struct worker_family, link), ret);
	}
}
