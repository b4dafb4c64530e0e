/* SPDX-License-Identifier: MIT */
/* See workers.h. */
#include "workers.h"

#include "base/signal_name.h"
#include "disposition.h"
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

/* Whether the signal may be sent: else that is said. */
static bool can_take(const struct worker *worker, int signal)
{
	struct log_where at = worker_where(worker);
	char name[SIGNAL_NAME_SIZE];
	enum disposition disposition = disposition_read(worker->pid, signal);

	if (disposition == DISPOSITION_HARMLESS)
		return true;
	log_warning(&at, "%s is not sent: it has no handler, and would %s",
		signal_name(signal, name, sizeof(name)),
		disposition == DISPOSITION_STOPS ? "stop" : "die");
	return false;
}

unsigned workers_pass_on(
	struct runtime *runtime, int signal, workers_spared_fn on_spared, void *data)
{
	struct worker *worker = NULL;
	unsigned count = 0;

	while ((worker = next_worker(runtime, worker))) {
		if (worker->pidfd < 0)
			continue;
		if (can_take(worker, signal)) {
			worker_signal(worker, signal);
			count++;
		} else if (on_spared) {
			on_spared(worker, data);
		}
	}
	return count;
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
