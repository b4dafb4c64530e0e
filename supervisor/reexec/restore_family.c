/* SPDX-License-Identifier: MIT */
/* Generations, workers and their processes: see restore.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "adopt/broker.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container.h"
#include "generation.h"
#include "reexec/restore.h"
#include "reexec/restore_internal.h"
#include "service.h"
#include "worker_family.h"
#include "worker_messages.h"
#include "worker_readiness.h"

/* NULL: no memory. */
static struct worker_family *restore_family(
	const struct restoring *restoring, const struct state_family *from)
{
	struct runtime *runtime = &restoring->service->runtime;
	struct worker_family *family = worker_family_create(runtime);
	int r = 0;

	if (!family)
		return NULL;
	(void)snprintf(family->marker, sizeof(family->marker), "%s", from->marker);
	family_resume(&family->processes, &runtime->families, from->leader, family->marker);
	for (size_t i = 0; r >= 0 && i < from->member_count; i++)
		r = process_list_add(&family->processes.members, from->members[i]);
	if (r < 0) {
		worker_family_destroy(family);
		return NULL;
	}
	family->kill_pause = from->kill_pause_ms / 1e3;
	restoring_timer(restoring, &family->hammer, from->hammer_at_ms);
	family->broker = restoring_find_broker(restoring, from->broker);
	if (family->broker)
		family->broker->options.family = &family->processes;
	return family;
}

/* Its process runs: what is heard of it. */
static void watch(
	const struct restoring *restoring, struct worker *worker, const struct state_worker *from)
{
	struct ev_loop *loop = restoring->service->runtime.loop;

	worker->pid = from->pid;
	worker->pidfd = from->pidfd;
	worker->channel = from->channel;
	worker->handoff = from->handoff;
	worker_readiness_init(worker);
	ev_child_set(&worker->exit_watcher, from->pid, 0);
	ev_child_start(loop, &worker->exit_watcher);
	ev_io_set(&worker->end_watcher, from->pidfd, EV_READ);
	if (from->is_watched_by_pidfd)
		ev_io_start(loop, &worker->end_watcher);
	worker_messages_start(worker);
	worker->is_aborted = from->is_aborted;
	restoring_timer(restoring, &worker->watchdog_timer, from->watchdog_at_ms);
	worker->watchdog_timer.repeat = from->watchdog_ms / 1e3;
}

static int restore_worker(
	const struct restoring *restoring, struct worker *worker, const struct state_worker *from)
{
	if (from->capture != STATE_NONE)
		worker->capture = restoring->captures[from->capture];
	if (from->has_family) {
		worker->family = restore_family(restoring, &from->family);
		if (!worker->family)
			return -ENOMEM;
	}
	worker->state = from->state;
	worker->started_at_ms = from->started_at_ms;
	worker->ready_at_ms = from->ready_at_ms;
	worker->stop_signal = from->stop_signal;
	memcpy(worker->status, from->status, sizeof(worker->status));
	memcpy(worker->fate, from->fate, sizeof(worker->fate));
	worker->fate_pid = from->fate_pid;
	if (from->state == WORKER_READY)
		watch(restoring, worker, from);
	if (worker->family && worker->family->broker)
		worker->family->broker->options.where = worker_where(worker);
	restoring_timer(restoring, &worker->restart_timer, from->restart_at_ms);
	return 0;
}

/* More than there is room for, as another version may have, goes without. */
static void restore_inlets(const struct state_inlets *from, struct inlets *ret)
{
	ret->has_unseen = from->has_unseen;
	for (size_t i = 0; i < from->port_count && i < INLETS_PORTS_MAX; i++)
		ret->ports[ret->port_count++] = (uint16_t)from->ports[i].value;
	for (size_t i = 0; i < from->name_count && i < INLETS_NAMES_MAX; i++) {
		const struct strbuf *address = &from->names[i].address;
		struct socket_address *name = &ret->names[ret->name_count];

		if (address->length > sizeof(name->un))
			continue;
		memcpy(&name->un, address->text, address->length);
		name->length = (socklen_t)address->length;
		ret->name_count++;
	}
}

static void restore_watch(const struct state_generation *from, struct generation *generation)
{
	if (!from->is_watched)
		return;
	end_idle_watch_start(&generation->end_idle);
	generation->end_idle.idle = (struct end_idle){
		.since_ms = from->idle_since_ms,
		.is_idle = from->idle_since_ms > 0,
	};
}

static int restore_generation(
	const struct restoring *restoring, const struct state_generation *from)
{
	struct runtime *runtime = &restoring->service->runtime;
	struct generation *generation =
		generation_create_of(runtime, restoring->restored->setups[from->setup],
			from->number, (unsigned)from->worker_count);
	int r = 0;

	if (!generation)
		return -ENOMEM;
	generation->program = from->program ? strdup(from->program) : NULL;
	if (from->program && !generation->program)
		return -ENOMEM;
	generation->is_retired = from->is_retired;
	generation->started_at_ms = from->started_at_ms;
	generation->retired_at_ms = from->retired_at_ms;
	generation->stop_signal = from->stop_signal;
	restore_inlets(&from->inlets, &generation->inlets);
	for (unsigned i = 0; r == 0 && i < generation->worker_count; i++)
		r = restore_worker(restoring, &generation->workers[i], &from->workers[i]);
	restoring_timer(restoring, &generation->drain_timer, from->drain_until_ms);
	restore_watch(from, generation);
	if (r == 0 && from->waits_until_idle)
		generation_await_idle(generation,
			(int)(from->drain_until_ms - clock_ms()) - GENERATION_LAST_MOMENT_MS);
	return r;
}

int restoring_generations(struct restoring *restoring)
{
	struct runtime *runtime = &restoring->service->runtime;
	const struct state *state = restoring->state;
	int r = 0;

	for (size_t i = 0; r == 0 && i < state->generation_count; i++)
		r = restore_generation(restoring, &state->generations[i]);
	for (size_t i = 0; r == 0 && i < state->stray_count; i++) {
		struct worker_family *family = restore_family(restoring, &state->strays[i]);

		if (family)
			list_append(&runtime->strays, &family->link);
		else
			r = -ENOMEM;
	}
	runtime->started_count = (unsigned long)state->started_count;
	return r;
}
