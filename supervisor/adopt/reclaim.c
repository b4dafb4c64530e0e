/* SPDX-License-Identifier: MIT */
/* See reclaim.h. */
#include "adopt/reclaim.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "adopt/adopt.h"
#include "adopt/broker.h"
#include "adopt/record.h"
#include "adopt/takeover.h"
#include "base/cleanup.h"
#include "base/container.h"
#include "holder/holder_client.h"
#include "holder/holder_store.h"
#include "log.h"

/* Generations are counted anew. Those that get what is new are as one that came before the first;
 * the others as one that never will be. */
static const unsigned PASSED_OVER = UINT_MAX;

struct counts {
	int sockets, workers;
};

/* A worker's number in the records, as it was, beside what it is now. */
static unsigned generation_now(bool is_selected)
{
	return is_selected ? ADOPT_TAKEN_OVER : PASSED_OVER;
}

static bool is_ours(const struct holder_store *store, const struct reclaim_options *options)
{
	struct record_service service;

	list_for_each (link, &store->items) {
		const struct holder_entry *entry =
			&container_of(link, struct holder_item, link)->entry;

		if (record_kind(entry) != RECORD_SERVICE ||
			record_read_service(entry, &service) < 0)
			continue;
		if (strcmp(service.command, options->service->command) == 0 || options->is_named)
			return true;
		log_warning(NULL,
			"a service of the same name, but with another command, has lost its baton, "
			"and is left alone (\"%s\"): to take it back, give both one --name",
			service.command);
		return false;
	}
	return false;
}

/* Answers what the worker and its like ask for from now on. */
static struct broker *take_worker(const struct reclaim_options *options, struct holder_entry *entry)
{
	struct record_worker worker;
	struct log_where at;

	if (record_read_worker(entry, &worker) < 0)
		return NULL;
	at = (struct log_where){ .pid = worker.process.pid };
	struct broker *broker = broker_create(take_fd(&entry->fds[0]),
		&(struct broker_options){
			.loop = options->loop, .adopt = options->adopt, .where = at });
	if (!broker)
		return NULL;
	broker->claimant.generation = generation_now(worker.is_selected);
	broker->claimant.is_retired = worker.is_retired;
	broker->is_ready = worker.is_ready;
	broker->former_generation = worker.generation;
	int r = takeover_add(options->takeover, worker.process);
	if (r < 0 && r != -ESRCH)
		log_error(&at, "cannot take it back: %s", strerrordesc_np(-r));
	return broker;
}

/* Whoever was of its generation may have it. */
static int claim(struct adopt *adopt, struct held *held, unsigned former_generation)
{
	int r = 0;

	list_for_each (link, &adopt->brokers) {
		struct broker *broker = container_of(link, struct broker, link);

		if (r == 0 && broker->former_generation == former_generation)
			r = held_claim(held, &broker->claimant);
	}
	return r;
}

/* 1 if it is held now, 0 if it is of no use any more, or -errno. */
static int take_socket(const struct reclaim_options *options, struct holder_entry *entry)
{
	struct held_table *table = &options->adopt->held;
	struct record_socket socket;
	struct binding binding;
	int r = record_read_socket(entry, &socket);
	if (r == 0)
		r = binding_read(entry->fds[0], &socket.address, &binding);
	if (r < 0)
		return r;
	if (!table->steer.is_on && socket.position >= 0)
		steer_dissolve(entry->fds[0]);
	if (!table->steer.is_on && !socket.is_selected)
		return 0; /* clients would be sent there */
	binding.is_reuseport = socket.is_reuseport;
	if (socket.has_directory) {
		binding.path.directory = take_fd(&entry->fds[1]);
		memcpy(binding.path.name, socket.name, sizeof(socket.name));
	}
	struct held *held = held_take_bound(table, &binding, take_fd(&entry->fds[0]));
	if (!held)
		return -ENOMEM;
	held->generation = generation_now(socket.is_selected);
	held->position = socket.position;
	held->is_closed = socket.is_closed;
	if (table->steer.is_on && socket.position < 0 && steer_can(held))
		(void)steer_take(table, held); /* or all generations share it */
	r = claim(options->adopt, held, socket.generation);
	return r < 0 ? r : 1;
}

static void take_workers(
	const struct reclaim_options *options, struct holder_store *store, struct counts *counts)
{
	list_for_each (link, &store->items) {
		struct holder_entry *entry = &container_of(link, struct holder_item, link)->entry;

		if (record_kind(entry) == RECORD_WORKER)
			counts->workers += take_worker(options, entry) != NULL;
	}
}

static void take_sockets(
	const struct reclaim_options *options, struct holder_store *store, struct counts *counts)
{
	list_for_each (link, &store->items) {
		struct holder_entry *entry = &container_of(link, struct holder_item, link)->entry;
		int r = record_kind(entry) == RECORD_SOCKET ? take_socket(options, entry) : 0;

		if (r < 0)
			log_error(NULL, "cannot take back a socket: %s", strerrordesc_np(-r));
		counts->sockets += r > 0;
	}
}

static void take_all(
	struct reclaim *reclaim, const struct reclaim_options *options, struct holder_store *store)
{
	struct counts counts = { 0, 0 };
	int r = holder_client_take(reclaim->door, store);
	if (r < 0)
		log_error(NULL, "cannot take back what a baton that was killed held: %s",
			strerrordesc_np(-r));
	if (r < 0 || !is_ours(store, options)) {
		fd_close(take_fd(&reclaim->door));
		return;
	}
	take_workers(options, store, &counts);
	take_sockets(options, store, &counts); /* which they claim */
	/* What was bound in the last moment the holder had not been told of. */
	r = takeover_hold(options->takeover);
	counts.sockets += r > 0 ? r : 0;
	log_notice(NULL,
		"the baton before this one was killed: takes back what it held (sockets: %d, "
		"workers: %d), which goes on until generation 1 serves",
		counts.sockets, counts.workers);
}

void reclaim_begin(struct reclaim *reclaim, const struct reclaim_options *options)
{
	struct holder_store store;
	int r = holder_client_open(options->path);

	*reclaim = (struct reclaim){ .door = r < 0 ? -1 : r };
	if (r < 0) {
		if (r != -ENOENT && r != -ECONNREFUSED)
			log_warning(NULL, "cannot ask \"%s\" what is left of a baton before: %s",
				options->path, strerrordesc_np(-r));
		return;
	}
	holder_store_init(&store);
	take_all(reclaim, options, &store);
	holder_store_finish(&store);
}

void reclaim_complete(struct reclaim *reclaim)
{
	if (reclaim->door == -1)
		return;
	holder_client_confirm(reclaim->door);
	fd_close(take_fd(&reclaim->door));
}
