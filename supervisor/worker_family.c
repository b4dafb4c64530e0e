/* SPDX-License-Identifier: MIT */
/* See worker_family.h. */
#include "worker_family.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "adopt/broker.h"
#include "log.h"
#include "procfs.h"
#include "runtime.h"

/*
 * Between two rounds of a kill, the first and the longest: a process that
 * forks while it is killed is met in the next round, and one that the kernel
 * does not let die (state D) must not keep us busy.
 */
static const ev_tstamp kill_pause_min = 0.01, kill_pause_max = 1.;

static void on_hammer_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct worker_family *family = container_of(w, struct worker_family, hammer);

	(void)loop;
	(void)revents;
	worker_family_kill(family);
}

struct worker_family *worker_family_create(struct runtime *runtime)
{
	struct worker_family *family = calloc(1, sizeof(*family));

	if (!family)
		return NULL;
	family->runtime = runtime;
	list_init(&family->link);
	(void)snprintf(family->marker, sizeof(family->marker), "BATON_FAMILY=%d.%lu", (int)getpid(),
		++runtime->started_count); /* both numbers fit */
	ev_timer_init(&family->hammer, on_hammer_timer, 0, 0);
	return family;
}

void worker_family_destroy(struct worker_family *family)
{
	if (!family)
		return;
	ev_timer_stop(family->runtime->loop, &family->hammer);
	list_remove(&family->link);
	broker_release(family->broker);
	family_finish(&family->processes);
	free(family);
}

int worker_family_enter(struct worker_family *family, pid_t pid)
{
	return family_init(&family->processes, &family->runtime->families, pid, family->marker);
}

bool worker_family_is_alive(struct worker_family *family)
{
	return family_is_alive(&family->processes);
}

static pid_t find_child(const struct process_list *members)
{
	struct procfs_stat stat;

	for (size_t i = 0; i < members->count; i++)
		if (procfs_stat(members->items[i].pid, &stat) == 0 && stat.parent == getpid() &&
			!procfs_stat_has_ended(&stat))
			return members->items[i].pid;
	return 0;
}

pid_t worker_family_find_child(struct worker_family *family)
{
	struct family *processes = &family->processes;
	pid_t pid = family_scan(processes) < 0 ? 0 : find_child(&processes->members);

	/* One that wrote over its environment, as for its title, and left its session. */
	if (pid == 0 && family->broker && broker_has_tasks(family->broker) &&
		family_take_orphans(processes) == 0)
		pid = find_child(&processes->members);
	return pid;
}

static void set_hammer(struct worker_family *family, ev_tstamp seconds)
{
	ev_timer_stop(family->runtime->loop, &family->hammer);
	ev_timer_set(&family->hammer, seconds, 0);
	ev_timer_start(family->runtime->loop, &family->hammer);
}

void worker_family_kill(struct worker_family *family)
{
	int killed = family_kill(&family->processes);
	bool is_first = family->kill_pause <= 0;

	if (killed < 0 && is_first)
		log_error(NULL, "cannot kill a worker's processes: %s", strerrordesc_np(-killed));
	if (killed == 0)
		return;
	family->kill_pause = is_first ? kill_pause_min : family->kill_pause * 2;
	if (family->kill_pause > kill_pause_max)
		family->kill_pause = kill_pause_max;
	set_hammer(family, family->kill_pause);
}

void worker_family_signal(struct worker_family *family, int signal)
{
	const struct process_list *members = &family->processes.members;

	for (size_t i = 0; i < members->count; i++)
		(void)process_signal(members->items[i], signal); /* gone meanwhile: as wished */
}

void worker_family_take_stray(struct worker_family *family, int signal, int drain_ms)
{
	list_append(&family->runtime->strays, &family->link);
	if (family->broker)
		broker_detach(family->broker);
	worker_family_signal(family, signal);
	set_hammer(family, drain_ms / 1e3);
}

void worker_family_check_strays(struct runtime *runtime)
{
	list_for_each_safe (link, &runtime->strays) {
		struct worker_family *family = container_of(link, struct worker_family, link);

		if (!worker_family_is_alive(family))
			worker_family_destroy(family);
	}
}

void worker_family_kill_strays(struct runtime *runtime)
{
	list_for_each_safe (link, &runtime->strays) {
		struct worker_family *family = container_of(link, struct worker_family, link);

		worker_family_kill(family);
		worker_family_destroy(family);
	}
}
