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

static unsigned generation_now(bool is_selected)
{
	return is_selected ? ADOPT_TAKEN_OVER : PASSED_OVER;
}

/* What it runs, in words; "" if the holder does not know. */
static void find_command(const struct holder_store *store, struct record_service *ret)
{
	*ret = (struct record_service){ "" };
	list_for_each (link, &store->items) {
		const struct holder_entry *entry =
			&container_of(link, struct holder_item, link)->entry;

		if (record_kind(entry) == RECORD_SERVICE)
			(void)record_read_service(entry, ret);
	}
}

/* That two services run the same program says nothing: their surroundings may differ. */
static bool is_ours(const struct holder_store *store, const struct reclaim_options *options)
{
	struct record_service service;

	if (options->is_named)
		return true;
	find_command(store, &service);
	log_warning(NULL,
		"a service called \"%s\" has lost its baton, and goes on without (\"%s\"): to "
		"take it back, start it with --name \"%s\"",
		options->name, service.command, options->name);
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
	broker->process = worker.process; /* another may have its pid by now */
	memcpy(broker->marker, worker.marker, sizeof(broker->marker));
	broker->claimant.generation = generation_now(worker.is_selected);
	broker->claimant.is_retired = worker.is_retired;
	broker->is_ready = worker.is_ready;
	broker->former_generation = worker.generation;
	int r = takeover_add(options->takeover, worker.process);
	if (r >= 0 || r == -ESRCH) /* others of it may be there, whatever has become of that */
		r = takeover_add_family(options->takeover, worker.marker);
	if (r < 0)
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

/* With nobody to choose for it, the kernel would send clients there. */
static bool is_useless(const struct held_table *table, const struct record_socket *socket)
{
	return !table->steer.is_on && !socket->is_selected;
}

/* The binding, with what of the entry it owns. 0 or -errno. */
static int read_binding(
	const struct record_socket *socket, struct holder_entry *entry, struct binding *ret)
{
	int r = binding_read(entry->fds[0], &socket->address, ret);
	if (r < 0)
		return r;
	ret->is_reuseport = socket->is_reuseport;
	if (socket->has_directory) {
		ret->path.directory = take_fd(&entry->fds[1]);
		memcpy(ret->path.name, socket->name, sizeof(socket->name));
	}
	return 0;
}

/* 1 if it is held now, 0 if it is of no use any more, or -errno. */
static int take_socket(const struct reclaim_options *options, struct holder_entry *entry)
{
	struct held_table *table = &options->adopt->held;
	struct record_socket socket;
	struct binding binding;
	int r = record_read_socket(entry, &socket);
	if (r < 0)
		return r;
	if (!table->steer.is_on && socket.position >= 0)
		steer_dissolve(entry->fds[0]);
	if (is_useless(table, &socket))
		return 0;
	r = read_binding(&socket, entry, &binding);
	if (r < 0)
		return r;
	struct held *held = held_take_bound(table, &binding, take_fd(&entry->fds[0]));
	if (!held)
		return -ENOMEM;
	held->generation = generation_now(socket.is_selected);
	held->position = socket.position;
	held->is_closed = socket.is_closed;
	r = claim(options->adopt, held, socket.generation);
	if (r == 0 && table->steer.is_on && steer_can(held))
		r = steer_take(table, held);
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

static void take_all(const struct reclaim_options *options, struct holder_store *store)
{
	struct counts counts = { 0, 0 };

	options->adopt->is_borrowing = options->takeover->is_own = true;
	take_workers(options, store, &counts);
	take_sockets(options, store, &counts); /* which they claim */
	/* What was bound in the last moment the holder had not been told of. */
	int r = takeover_hold(options->takeover);
	if (r < 0)
		log_warning(NULL, "cannot look what else the workers listen on: %s",
			strerrordesc_np(-r));
	counts.sockets += r > 0 ? r : 0;
	log_notice(NULL,
		"the baton before this one was killed: takes back what it held (sockets: %d, "
		"workers: %d), which goes on until generation 1 serves",
		counts.sockets, counts.workers);
}

static bool take(int door, const struct reclaim_options *options, struct holder_store *store)
{
	int r = holder_client_take(door, store);

	if (r < 0 && r != -EPIPE) /* its baton lives */
		log_error(NULL, "cannot take back what a baton that was killed held: %s",
			strerrordesc_np(-r));
	if (r < 0 || !is_ours(store, options))
		return false;
	take_all(options, store);
	return true;
}

int reclaim(const struct reclaim_options *options)
{
	struct holder_store store;
	cleanup_fd int door = holder_client_open(options->path);

	if (door < 0 && door != -ENOENT && door != -ECONNREFUSED)
		log_warning(NULL, "cannot ask \"%s\" what is left of a baton before: %s",
			options->path, strerrordesc_np(-door));
	if (door < 0)
		return -1;
	holder_store_init(&store);
	bool is_taken = take(door, options, &store);

	holder_store_finish(&store);
	return is_taken ? take_fd(&door) : -1;
}
