/* SPDX-License-Identifier: MIT */
/* See workers.h. */
#include "workers.h"

#include "generation.h"
#include "runtime.h"
#include "status_file.h"
#include "worker_family.h"

/*
 * The worker after this one, the first after NULL; NULL after the last. To be
 * called while no generation comes or goes.
 */
static struct worker *next_worker(struct runtime *runtime, struct worker *worker)
{
	struct list *link = &runtime->generations;

	if (worker) {
		struct generation *generation = worker->generation;

		if (worker->index + 1 < generation->worker_count)
			return worker + 1;
		link = &generation->link;
	}
	if (link->next == &runtime->generations)
		return NULL;
	return container_of(link->next, struct generation, link)->workers;
}

struct worker *workers_find(struct runtime *runtime, pid_t pid)
{
	struct family *family = family_of(&runtime->families, pid);
	struct worker *worker = NULL;

	if (!family)
		return NULL;
	while ((worker = next_worker(runtime, worker)))
		if (worker->family && &worker->family->processes == family)
			break;
	return worker;
}

struct worker *workers_find_ended(struct runtime *runtime)
{
	struct worker *worker = NULL;

	while ((worker = next_worker(runtime, worker)))
		if (worker_has_ended(worker))
			break;
	return worker;
}

void workers_signal(struct runtime *runtime, int signal)
{
	struct worker *worker = NULL;

	while ((worker = next_worker(runtime, worker)))
		worker_signal(worker, signal);
}

size_t workers_list(struct runtime *runtime, struct status_entry *ret, size_t room)
{
	struct worker *worker = NULL;
	size_t count = 0;

	while (count < room && (worker = next_worker(runtime, worker)))
		if (worker->pid > 0)
			ret[count++] = (struct status_entry){
				.generation = worker->generation->number,
				.pid = worker->pid,
			};
	return count;
}
