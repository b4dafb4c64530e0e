/* SPDX-License-Identifier: MIT */
/* See status.h. */
#include "control/status.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <baton/baton.h>

#include "base/clock.h"
#include "base/container.h"
#include "census.h"
#include "control/protocol.h"
#include "control/status_listeners.h"
#include "events.h"
#include "generation.h"
#include "process_tree.h"
#include "procfs.h"
#include "service.h"
#include "settings.h"
#include "worker_family.h"

/* What all parts of one answer look at. */
struct looking {
	struct service *service;
	struct census census;
};

/* What the process has in memory, of its own or shared, in bytes; 0 if it is gone. */
static json_int_t resident_bytes(pid_t pid)
{
	char path[32], text[128];
	unsigned long long pages;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (procfs_read(path, text, sizeof(text)) < 0 || sscanf(text, "%*u %llu", &pages) != 1)
		return 0;
	return (json_int_t)pages * sysconf(_SC_PAGESIZE);
}

static void set(json_t *object, const char *member, json_t *take)
{
	(void)json_object_set_new(object, member, take); /* short of memory, it is left out */
}

static void set_since(json_t *object, const char *member, int64_t then)
{
	if (then > 0)
		set(object, member, json_integer(clock_ms_since(then)));
}

/* Of all processes of the worker; counts their connections into tally. false: they cannot be
 * seen. */
static bool look_at_family(struct looking *looking, struct worker *worker, json_int_t *ret_bytes,
	struct connections_tally *tally)
{
	struct family *family = &worker->family->processes;
	bool sees = true;

	*ret_bytes = 0;
	if (family_scan(family) < 0)
		return false;
	for (size_t i = 0; i < family->members.count; i++) {
		pid_t pid = family->members.items[i].pid;

		*ret_bytes += resident_bytes(pid);
		sees = sees &&
			census_count_process(&looking->census, worker->generation, pid, tally) == 0;
	}
	return sees;
}

static json_t *describe_worker(struct looking *looking, struct worker *worker,
	const struct machine_worker *known, struct connections_tally *tally)
{
	json_t *object = json_pack("{si,ss,si}", "worker", (int)worker->index + 1, "state",
		machine_worker_state_name(known->state), "failures", (int)known->failures);
	json_int_t bytes;

	if (!object)
		return NULL;
	if (worker->pid > 0) {
		set(object, "pid", json_integer(worker->pid));
		set_since(object, "age_ms", worker->started_at_ms);
		set_since(object, "ready_ms", worker->ready_at_ms);
	}
	if (worker->pid > 0 && worker->status[0])
		set(object, "status", json_string(worker->status));
	if (worker->fate[0])
		set(object, "last_end", json_string(worker->fate));
	if (worker->family) {
		if (!look_at_family(looking, worker, &bytes, tally))
			tally->count = INT_MIN / 2; /* unknown, whatever others have */
		set(object, "memory_bytes", json_integer(bytes));
	}
	return object;
}

/* Of one that drains, all connections are older than that. */
static void set_connections(
	json_t *object, const struct generation *generation, const struct connections_tally *tally)
{
	int oldest_ms = tally->oldest_ms;

	set(object, "connections", tally->count < 0 ? json_null() : json_integer(tally->count));
	if (tally->count <= 0)
		return;
	if (generation->retired_at_ms > 0 && clock_ms_since(generation->retired_at_ms) > oldest_ms)
		oldest_ms = clock_ms_since(generation->retired_at_ms);
	set(object, "oldest_connection_ms", json_integer(oldest_ms));
}

static json_t *describe_generation(struct looking *looking, struct generation *generation)
{
	const struct machine_generation *known =
		machine_find(&looking->service->machine, generation->number);
	struct connections_tally tally = { 0 };
	json_t *workers = json_array();

	if (!known) { /* on its way out */
		json_decref(workers);
		return NULL;
	}
	for (unsigned i = 0; workers && i < generation->worker_count; i++)
		(void)json_array_append_new(workers,
			describe_worker(
				looking, &generation->workers[i], &known->workers[i], &tally));
	json_t *object = json_pack("{si,ss,so}", "generation", (int)generation->number, "state",
		machine_generation_state_name(known->state), "workers", workers);

	if (!object)
		return NULL;
	set_since(object, "age_ms", generation->started_at_ms);
	set_since(object, "draining_ms", generation->retired_at_ms);
	set_connections(object, generation, &tally);
	set(object, "queue", status_queue(&looking->service->runtime, generation->number));
	return object;
}

static json_t *describe_generations(struct service *service)
{
	struct looking looking = { .service = service };
	json_t *list = json_array();

	census_begin(&looking.census, &service->runtime);
	list_for_each (link, &service->runtime.generations) {
		json_t *object =
			describe_generation(&looking, container_of(link, struct generation, link));

		if (list && object)
			(void)json_array_append_new(list, object);
	}
	census_finish(&looking.census);
	return list;
}

static json_t *describe_upgrades(const struct events *events)
{
	const struct event *event;
	json_t *list = json_array();

	for (size_t i = 0; list && (event = events_outcome(events, i)); i++)
		(void)json_array_append_new(list, protocol_event(event));
	return list;
}

static json_t *describe_command(char *const *command)
{
	json_t *list = json_array();

	for (; list && *command; command++) {
		json_t *word = json_string(*command);

		/* A word that is not UTF-8 has no JSON. */
		(void)json_array_append_new(list, word ? word : json_string("?"));
	}
	return list;
}

json_t *status_describe(struct service *service)
{
	const struct settings *settings = service->runtime.settings;
	char version[32];

	(void)snprintf(version, sizeof(version), "%d.%d.%d", BATON_VERSION_MAJOR,
		BATON_VERSION_MINOR, BATON_VERSION_PATCH);
	json_t *object = json_pack("{ss*,si,ss,ss,sI,so,so,so,so}", "name", settings->name, "pid",
		(int)getpid(), "version", version, "state",
		machine_state_name(service->machine.state), "memory_bytes",
		resident_bytes(getpid()), "command", describe_command(settings->command),
		"generations", describe_generations(service), "listeners",
		status_listeners(&service->runtime), "upgrades",
		describe_upgrades(&service->events));

	if (!object)
		return NULL;
	set_since(object, "age_ms", service->started_at_ms);
	set(object, "cut_connections", json_integer((json_int_t)service->events.cut_connections));
	return object;
}
