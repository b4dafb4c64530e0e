/* SPDX-License-Identifier: MIT */
/* See census.h. */
#include "census.h"

#include <errno.h>
#include <limits.h>

#include "adopt/adopt.h"
#include "base/container.h"
#include "generation.h"
#include "procfs.h"
#include "readiness/accepted.h"
#include "runtime.h"
#include "setup.h"
#include "worker_family.h"

static void note_generation(struct generation *generation, const struct adopt *adopt)
{
	const struct listeners *listeners = &generation->setup->listeners;

	for (size_t i = 0; i < listeners->count; i++)
		for (size_t j = 0; j < baton_listener_count(listeners->items[i].listener); j++)
			inlets_note(&generation->inlets,
				baton_listener_fd(listeners->items[i].listener, j));
	if (!adopt)
		return;
	list_for_each (link, &adopt->held.sockets)
		inlets_note(&generation->inlets, container_of(link, struct held, link)->fd);
}

void census_note(struct runtime *runtime)
{
	list_for_each (link, &runtime->generations)
		note_generation(container_of(link, struct generation, link), runtime->adopt);
}

void census_begin(struct census *census, struct runtime *runtime)
{
	struct inlets all = { 0 };

	census_note(runtime);
	list_for_each (link, &runtime->generations)
		inlets_merge(&all, &container_of(link, struct generation, link)->inlets);
	census->error = connections_look(&census->connections, all.ports, all.port_count);
}

static int count_unix(
	const struct generation *generation, pid_t pid, struct connections_tally *tally)
{
	const struct inlets *inlets = &generation->inlets;
	int count = inlets->name_count
		? accepted_count(pid, inlets->names, inlets->name_count, INT_MAX)
		: 0;

	tally->count += count > 0 ? count : 0;
	return count == -ENOENT || count == -ESRCH || count > 0 ? 0 : count;
}

int census_count_process(struct census *census, const struct generation *generation, pid_t pid,
	struct connections_tally *tally)
{
	if (census->error < 0)
		return census->error;
	int r = connections_count(&census->connections, pid, generation->number, tally);

	if (r == 0)
		r = count_unix(generation, pid, tally);
	return r < 0 && procfs_has_ended(pid) ? 0 : r;
}

/* 0, or -errno of the last that could not be seen. */
static int count_family(struct census *census, const struct generation *generation,
	struct family *family, struct connections_tally *tally, census_fn fn, void *data)
{
	int result = family_scan(family);

	for (size_t i = 0; result >= 0 && i < family->members.count; i++) {
		pid_t pid = family->members.items[i].pid;
		int before = tally->count;
		int r = census_count_process(census, generation, pid, tally);

		result = r < 0 ? r : result;
		if (fn && tally->count > before)
			fn(pid, data);
	}
	return result;
}

int census_count(struct census *census, struct generation *generation,
	struct connections_tally *tally, census_fn fn, void *data)
{
	int result = census->error;

	for (unsigned i = 0; i < generation->worker_count; i++) {
		if (!generation->workers[i].family)
			continue;
		int r = count_family(census, generation, &generation->workers[i].family->processes,
			tally, fn, data);

		result = r < 0 ? r : result;
	}
	return result;
}

void census_finish(struct census *census)
{
	connections_finish(&census->connections);
}
