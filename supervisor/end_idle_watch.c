/* SPDX-License-Identifier: MIT */
/* See end_idle_watch.h. */
#include "end_idle_watch.h"

#include <string.h>

#include "base/clock.h"
#include "base/container.h"
#include "census.h"
#include "generation.h"
#include "log.h"
#include "runtime.h"
#include "settings.h"

/* Twice in a row, it is not a process amid its exec. */
enum { UNSEEN_LOOKS = 2 };

/* Why nobody could ever see; NULL: somebody can. */
static const char *why_unseen(const struct generation *generation)
{
	const struct inlets *inlets = &generation->inlets;

	census_note(generation->runtime);
	if (inlets->has_unseen)
		return "the peers of datagram sockets cannot be counted";
	if (inlets->port_count + inlets->name_count == 0)
		return "no socket is held for it";
	return NULL;
}

/* How many it has, or -errno. */
static int look(struct generation *generation)
{
	struct connections_tally tally = { 0 };
	struct census census;

	census_begin(&census, generation->runtime);
	int r = census_count(&census, generation, &tally, NULL, NULL);

	census_finish(&census);
	return r < 0 ? r : tally.count;
}

static void say_unseen(struct generation *generation, const char *reason)
{
	struct log_where at = { .generation = generation->number };

	if (generation->runtime->has_said_unseen)
		return;
	generation->runtime->has_said_unseen = true;
	log_warning(&at, "cannot see whether it has connections, so --end-idle does not count: %s",
		reason);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct end_idle_watch *watch = container_of(w, struct end_idle_watch, timer);
	struct generation *generation = watch->generation;
	int end_idle_ms = generation->settings->end_idle_ms;
	int64_t began_ms = clock_ms(), cpu_ms = clock_cpu_ms();

	(void)revents;
	if (end_idle_ms == 0)
		return; /* set so meanwhile */
	const char *reason = why_unseen(generation);

	if (reason) {
		say_unseen(generation, reason);
		return;
	}
	int count = look(generation);
	/* That others keep the processors busy is no cost of ours. */
	int cost_ms = (int)(clock_cpu_ms() - cpu_ms);
	int pause_ms = end_idle_look(
		&watch->idle, end_idle_ms, count < 0 ? END_IDLE_UNSEEN : count, began_ms, cost_ms);

	if (watch->idle.unseen_count == UNSEEN_LOOKS)
		say_unseen(generation, strerrordesc_np(-count));
	if (pause_ms > 0) {
		ev_timer_set(w, pause_ms / 1e3, 0);
		ev_timer_start(loop, w);
		return;
	}
	generation->runtime->feed(generation->runtime,
		&(struct machine_event){
			.type = MACHINE_EVENT_IDLE, .generation = generation->number });
}

void end_idle_watch_init(struct end_idle_watch *watch, struct generation *generation)
{
	*watch = (struct end_idle_watch){ .generation = generation };
	ev_timer_init(&watch->timer, on_timer, 0, 0);
}

void end_idle_watch_start(struct end_idle_watch *watch)
{
	struct ev_loop *loop = watch->generation->runtime->loop;

	if (watch->generation->settings->end_idle_ms == 0 || ev_is_active(&watch->timer))
		return;
	watch->idle = (struct end_idle){ 0 };
	ev_timer_set(&watch->timer, END_IDLE_PAUSE_MIN / 1e3, 0);
	ev_timer_start(loop, &watch->timer);
}

void end_idle_watch_stop(struct end_idle_watch *watch)
{
	ev_timer_stop(watch->generation->runtime->loop, &watch->timer);
}
