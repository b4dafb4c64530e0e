/* SPDX-License-Identifier: MIT */
/* See generation.h. */
#include "generation.h"

#include <stdlib.h>

#include "adopt/held.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "machine.h"
#include "runtime.h"
#include "settings.h"
#include "setup.h"
#include "worker_family.h"
#include "worker_handoff.h"

static void expire(struct generation *generation, enum machine_timer timer)
{
	struct machine_event event = machine_expiry(
		&(struct machine_action){ .timer = timer, .generation = generation->number });

	generation->runtime->feed(generation->runtime, &event);
}

static void on_bake_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	expire(container_of(w, struct generation, bake_timer), MACHINE_TIMER_BAKE);
}

static void on_drain_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	expire(container_of(w, struct generation, drain_timer), MACHINE_TIMER_DRAIN);
}

struct generation *generation_create_of(
	struct runtime *runtime, struct setup *setup, unsigned number, unsigned workers)
{
	struct generation *generation =
		calloc(1, sizeof(*generation) + workers * sizeof(generation->workers[0]));

	if (!generation)
		return NULL;
	generation->runtime = runtime;
	generation->setup = setup_ref(setup);
	generation->settings = &generation->setup->loaded.settings;
	generation->number = number;
	generation->started_at_ms = clock_ms();
	generation->worker_count = workers;
	ev_timer_init(&generation->bake_timer, on_bake_timer, 0, 0);
	ev_timer_init(&generation->drain_timer, on_drain_timer, 0, 0);
	end_idle_watch_init(&generation->end_idle, generation);
	for (unsigned i = 0; i < workers; i++)
		worker_init(&generation->workers[i], generation, i);
	list_append(&runtime->generations, &generation->link);
	return generation;
}

struct generation *generation_create(struct runtime *runtime, unsigned number)
{
	struct generation *generation = generation_create_of(
		runtime, runtime->setup, number, (unsigned)runtime->settings->workers);

	if (generation)
		generation->program = take_ptr(&runtime->next_program);
	return generation;
}

void generation_destroy(struct generation *generation)
{
	if (!generation)
		return;
	ev_timer_stop(generation->runtime->loop, &generation->bake_timer);
	ev_timer_stop(generation->runtime->loop, &generation->drain_timer);
	idle_stop(&generation->idle);
	end_idle_watch_stop(&generation->end_idle);
	for (unsigned i = 0; i < generation->worker_count; i++)
		worker_finish(&generation->workers[i]);
	own_sockets_release(&generation->runtime->own_sockets, generation->number);
	list_remove(&generation->link);
	free(generation->program);
	setup_unref(generation->setup);
	free(generation);
}

struct generation *generation_find(struct runtime *runtime, unsigned number)
{
	list_for_each (link, &runtime->generations) {
		struct generation *generation = container_of(link, struct generation, link);

		if (generation->number == number)
			return generation;
	}
	return NULL;
}

static int list_processes(struct process_list *list, void *data)
{
	struct generation *generation = data;
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < generation->worker_count; i++)
		if (generation->workers[i].family)
			r = family_list(&generation->workers[i].family->processes, list);
	return r;
}

static void on_idle(struct idle *idle, int connections, void *data)
{
	struct generation *generation = data;
	struct log_where at = { .generation = generation->number };

	if (idle->options.ignores_connections)
		log_info(&at, "is told to stop");
	else if (connections == 0)
		log_info(&at, "is idle, and told to stop");
	else if (connections > 0)
		log_notice(&at, "is told to stop with %d connections", connections);
	else
		log_warning(&at, "is told to stop: nobody could see whether it is idle");
	generation_stop(generation, generation->stop_signal);
}

static void retire(struct generation *generation)
{
	generation->is_retired = true;
	generation->retired_at_ms = clock_ms();
	for (unsigned i = 0; i < generation->worker_count; i++)
		worker_retire(&generation->workers[i]);
}

void generation_stop(struct generation *generation, int signal)
{
	idle_stop(&generation->idle);
	if (!generation->is_retired)
		retire(generation);
	worker_handoff_introduce(generation);
	for (unsigned i = 0; i < generation->worker_count; i++)
		worker_stop(&generation->workers[i], signal);
	generation_watch_idle(generation);
}

void generation_watch_idle(struct generation *generation)
{
	/* Where connections are steered it is told later, and has a while from then on. */
	if (generation->is_retired && !generation->idle.is_started)
		end_idle_watch_start(&generation->end_idle);
}

void generation_await_idle(struct generation *generation, int deadline_ms)
{
	const struct runtime *runtime = generation->runtime;

	idle_init(&generation->idle,
		&(struct idle_options){
			.loop = runtime->loop,
			.held = runtime->held,
			.generation = generation->number,
			.list = list_processes,
			.ignores_connections = !generation->settings->drain_when_idle,
			.deadline_ms = deadline_ms,
			.on_idle = on_idle,
			.data = generation,
		});
	idle_start(&generation->idle);
}

void generation_retire(struct generation *generation, int signal)
{
	retire(generation);
	generation->stop_signal = signal;
	if (generation->runtime->held->steer.is_on)
		generation_await_idle(generation, generation->settings->drain_timeout_ms);
	else
		generation_stop(generation, signal);
}

void generation_kill(struct generation *generation)
{
	idle_stop(&generation->idle);
	end_idle_watch_stop(&generation->end_idle);
	generation->is_retired = true;
	for (unsigned i = 0; i < generation->worker_count; i++)
		worker_kill(&generation->workers[i]);
}

static ev_timer *find_timer(struct generation *generation, enum machine_timer timer)
{
	return timer == MACHINE_TIMER_BAKE ? &generation->bake_timer : &generation->drain_timer;
}

void generation_set_timer(struct generation *generation, enum machine_timer timer, int ms)
{
	ev_timer *watcher = find_timer(generation, timer);

	/* What is not idle by then is told to stop, and has a moment for it. */
	if (timer == MACHINE_TIMER_DRAIN && generation->idle.is_started)
		ms += GENERATION_LAST_MOMENT_MS;
	ev_timer_stop(generation->runtime->loop, watcher);
	ev_timer_set(watcher, ms / 1e3, 0);
	ev_timer_start(generation->runtime->loop, watcher);
}

void generation_clear_timer(struct generation *generation, enum machine_timer timer)
{
	ev_timer_stop(generation->runtime->loop, find_timer(generation, timer));
}
