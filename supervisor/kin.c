/* SPDX-License-Identifier: MIT */
/* See kin.h. */
#include "kin.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "runtime.h"

/* Between two rounds of a kill: a process that forks while it is killed is met in the next. */
static const ev_tstamp kill_round_seconds = 0.01;

static void on_hammer_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct kin *kin = container_of(w, struct kin, hammer);

	(void)loop;
	(void)revents;
	kin_kill(kin);
}

struct kin *kin_create(struct runtime *runtime)
{
	struct kin *kin = calloc(1, sizeof(*kin));

	if (!kin)
		return NULL;
	kin->runtime = runtime;
	list_init(&kin->link);
	(void)snprintf(kin->marker, sizeof(kin->marker), "BATON_FAMILY=%d.%lu", (int)getpid(),
		++runtime->started_count); /* both numbers fit */
	ev_timer_init(&kin->hammer, on_hammer_timer, 0, 0);
	return kin;
}

void kin_destroy(struct kin *kin)
{
	if (!kin)
		return;
	ev_timer_stop(kin->runtime->loop, &kin->hammer);
	list_remove(&kin->link);
	family_finish(&kin->family);
	free(kin);
}

int kin_enter(struct kin *kin, pid_t pid)
{
	return family_init(&kin->family, &kin->runtime->families, pid, kin->marker);
}

bool kin_is_alive(struct kin *kin)
{
	return family_is_alive(&kin->family);
}

static void set_hammer(struct kin *kin, ev_tstamp seconds)
{
	ev_timer_stop(kin->runtime->loop, &kin->hammer);
	ev_timer_set(&kin->hammer, seconds, 0);
	ev_timer_start(kin->runtime->loop, &kin->hammer);
}

void kin_kill(struct kin *kin)
{
	int killed = family_kill(&kin->family);

	if (killed < 0)
		log_error(NULL, "cannot kill a worker's processes: %s", strerrordesc_np(-killed));
	if (killed != 0)
		set_hammer(kin, kill_round_seconds);
}

void kin_signal(struct kin *kin, int signal)
{
	const struct process_list *members = &kin->family.members;

	for (size_t i = 0; i < members->count; i++)
		(void)process_signal(members->items[i], signal); /* gone meanwhile: as wished */
}

void kin_take_stray(struct kin *kin, int signal, int drain_ms)
{
	list_append(&kin->runtime->strays, &kin->link);
	kin_signal(kin, signal);
	set_hammer(kin, drain_ms / 1e3);
}

void kin_check_strays(struct runtime *runtime)
{
	list_for_each_safe (link, &runtime->strays) {
		struct kin *kin = container_of(link, struct kin, link);

		if (!kin_is_alive(kin))
			kin_destroy(kin);
	}
}

void kin_kill_strays(struct runtime *runtime)
{
	list_for_each_safe (link, &runtime->strays) {
		struct kin *kin = container_of(link, struct kin, link);

		kin_kill(kin);
		kin_destroy(kin);
	}
}
