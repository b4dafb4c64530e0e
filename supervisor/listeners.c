/* SPDX-License-Identifier: MIT */
/* See listeners.h. */
#include "listeners.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <baton/inherit.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "fd_store.h"
#include "listeners_internal.h"
#include "log.h"
#include "settings.h"
#include "socket/address.h"
#include "socket/inherit_protocol.h"
#include "socket/listener.h"
#include "stored.h"

enum {
	/* What baton opens for itself: event loop, timer, notify socket, readiness, /proc. */
	OWN_FDS = 16,
	/* Its ends of one worker: pidfd, both ends of the channel while it starts; one more with
	 * --capture. */
	WORKER_FDS = 3,
};

static void on_unclaimed(const char *name, const char *bound, void *data)
{
	(void)data;
	log_warning(NULL, "closed an inherited socket that no listener claims: %s%s%s%s", bound,
		*name ? " (" : "", name, *name ? ")" : "");
}

/* RLIMIT_NOFILE, or more than anybody needs where there is none. */
static int fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur > INT_MAX / 2)
		return INT_MAX / 2;
	return (int)limit.rlim_cur;
}

static int too_few_fds(int needed, struct baton_error *error)
{
	return error_set(error, -EMFILE,
		"too few open files allowed: these listeners and workers need about %d, the limit "
		"is %d; raise it with ulimit -n or LimitNOFILE=",
		needed, fd_limit());
}

/* What is opened beside the listeners: room for two generations, and for baton itself. */
static int reserve(const struct settings *settings, const struct listeners *listeners)
{
	/* A duplicate of each, and those of the generations that drain or start beside it. */
	int steered = settings->steer ? (int)listeners_socket_count(listeners) : 0;

	return OWN_FDS + 2 * (WORKER_FDS + settings->capture) * settings->workers +
		steered * (2 + settings->max_draining);
}

int listeners_spare_fds(const struct listeners *listeners, const struct settings *settings)
{
	return fd_limit() - reserve(settings, listeners);
}

/*
 * An upgrade that ran out of descriptors would be worse than a refusal to
 * start. The limit is not raised, because the workers inherit it and some size
 * themselves by it.
 */
int listeners_check_limit(const struct settings *settings, const struct listeners *listeners,
	struct baton_error *error)
{
	int open = fd_count();
	int needed = reserve(settings, listeners) +
		(open < 0 ? fd_limit() : open); /* <0: there is none left */

	return needed <= fd_limit() ? 0 : too_few_fds(needed, error);
}

static void log_listening(const struct listeners_item *item)
{
	static const char *const from[] = {
		[LISTENERS_OPENED] = "",
		[LISTENERS_PASSED] = ", passed by the manager",
		[LISTENERS_STORED] = ", taken back from the manager's store",
	};
	const struct log_where where = { .listener = item->name };

	const size_t shares = baton_listener_shares(item->listener);

	for (size_t i = 0; i < baton_listener_count(item->listener); i += shares) {
		const char *bound = baton_listener_bound(item->listener, i);

		if (shares > 1)
			log_notice(&where, "listening on %s with %zu sockets%s", bound, shares,
				from[item->origin]);
		else
			log_notice(&where, "listening on %s%s", bound, from[item->origin]);
	}
}

/* What was passed when baton was started. */
struct sources {
	struct stored stored;
	struct baton_inherit *inherit;
};

/* Without the name: the manager's names are asked for with systemd:NAME, and a socket that is
 * called alike but bound elsewhere is not what the user meant. */
static int find_or_open(const struct settings_listener *wanted, struct sources *sources,
	struct listeners_item *item, struct baton_error *error)
{
	struct baton_error refusal; /* not the caller's yet: it may be opened */
	int r = baton_inherit_listener(
		sources->inherit, NULL, wanted->address, &item->listener, &refusal);

	if (r < 0 && r != -ENOENT)
		return error_set(error, r, "%s", refusal.text);
	if (r == 0 || baton_address_kind(wanted->address) == BATON_ADDRESS_FD)
		item->origin = LISTENERS_PASSED;
	if (r == -ENOENT)
		log_debug(&(struct log_where){ .listener = wanted->name }, "%s", refusal.text);
	if (r == -ENOENT)
		r = baton_listener_open(wanted->name, wanted->address, &item->listener, error);
	/* Who passed the socket listens on it still: its path is not ours to remove. */
	if (r == 0 && item->origin == LISTENERS_PASSED)
		baton_listener_keep_path(item->listener);
	return r;
}

/*
 * Most servers make what they inherit non-blocking, or not, as they need it;
 * php-fpm does not: its processes would end when accept(2) has nothing for
 * them. So sockets are passed on as systemd and Server::Starter do, blocking.
 * nginx does not either: it takes what it finds in NGINX for another nginx's,
 * non-blocking, and of two workers that are woken for one connection the
 * slower one would get stuck in accept(2), with the clients it has.
 * Once, here, and not at each start: the flag belongs to the open file, which
 * a predecessor still uses. So what was passed has been passed as it is to be.
 */
static int set_blocking(
	const struct listeners_item *item, unsigned protocols, struct baton_error *error)
{
	bool is_nonblocking = protocols & INHERIT_NGINX;
	int r = 0;

	if (item->origin != LISTENERS_OPENED && !is_nonblocking)
		r = listener_restore_blocking(item->listener);
	else
		for (size_t i = 0; r == 0 && i < baton_listener_count(item->listener); i++)
			r = fd_set_nonblock(baton_listener_fd(item->listener, i), is_nonblocking);
	return r < 0 ? error_set_errno(
			       error, r, "listener \"%.100s\"", baton_listener_name(item->listener))
		     : 0;
}

int listeners_add_take(struct listeners *listeners, const struct settings_listener *wanted,
	const struct listeners_item *item, unsigned protocols, struct baton_error *error)
{
	char *name = strdup(wanted->name);
	unsigned *users = malloc(sizeof(*users));
	int r = name && users ? set_blocking(item, protocols, error)
			      : error_set(error, -ENOMEM, "out of memory");
	if (r < 0) {
		fd_store_leave(listeners->store, item->listener);
		baton_listener_close(item->listener);
		free(name);
		free(users);
		return r;
	}
	*users = 1;
	listeners->items[listeners->count] = (struct listeners_item){
		.name = name,
		.listener = item->listener,
		.origin = item->origin,
		.users = users,
	};
	log_listening(&listeners->items[listeners->count++]);
	return 0;
}

static int open_item(struct listeners *listeners, const struct settings *settings, size_t index,
	struct sources *sources, struct baton_error *error)
{
	const struct settings_listener *wanted = &settings->listeners[index];
	struct listeners_item item = { .origin = LISTENERS_STORED };
	int r = stored_take(&sources->stored, index, listeners->store, &item.listener);

	if (r == -ENOMEM)
		return error_set(error, r, "out of memory");
	if (r == -ENOENT) {
		item.origin = LISTENERS_OPENED;
		r = find_or_open(wanted, sources, &item, error);
	}
	return r < 0 ? r : listeners_add_take(listeners, wanted, &item, settings->protocols, error);
}

static int open_all(struct listeners *listeners, const struct settings *settings,
	struct sources *sources, struct baton_error *error)
{
	for (size_t i = 0; i < settings->listener_count; i++) {
		const struct settings_listener *wanted = &settings->listeners[i];

		wanted->address->lets_join = settings->steer && !address_is_unix(wanted->address);
		int r = open_item(listeners, settings, i, sources, error);
		if (r == -EMFILE) {
			int missing =
				(int)(settings->listener_count - i) + reserve(settings, listeners);

			return too_few_fds(fd_limit() + missing, error);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int note_sockets(struct fd_store *store, const struct baton_listener *listener)
{
	struct stat status;
	int r = 0;

	for (size_t i = 0; r == 0 && i < baton_listener_count(listener); i++)
		r = fstat(baton_listener_fd(listener, i), &status) == -1
			? -errno
			: fd_store_add_earlier(store, status.st_ino);
	return r;
}

/* An earlier baton had those of a socket unit, too. What came back from the store is known. */
static int note_passed(const struct listeners *listeners, struct baton_error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < listeners->count; i++)
		if (listeners->items[i].origin == LISTENERS_PASSED)
			r = note_sockets(listeners->store, listeners->items[i].listener);
	return r < 0 ? error_set_errno(error, r, "cannot look at the sockets that were passed") : 0;
}

/* What nobody wants any more goes first, as it may be in the way of what is opened. */
static int open_from(struct listeners *listeners, const struct settings *settings,
	struct sources *sources, struct baton_error *error)
{
	int r = stored_claim(&sources->stored, sources->inherit, listeners->store, error);
	if (r == 0)
		r = stored_match(&sources->stored, settings, error);
	if (r < 0)
		return r;
	stored_drop(&sources->stored);
	r = open_all(listeners, settings, sources, error);
	return r < 0 ? r : note_passed(listeners, error);
}

static int open_passed(
	struct listeners *listeners, const struct settings *settings, struct baton_error *error)
{
	struct sources sources;

	listeners->items = calloc(settings->listener_count + 1, sizeof(*listeners->items));
	if (!listeners->items || fd_store_create(&listeners->store) < 0 ||
		stored_init(&sources.stored) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	int r = baton_inherit_open(&sources.inherit, error);
	if (r == 0) {
		r = open_from(listeners, settings, &sources, error);
		baton_inherit_close(sources.inherit, r == 0 ? on_unclaimed : NULL, NULL);
	}
	stored_finish(&sources.stored);
	return r;
}

int listeners_open(
	struct listeners *ret, const struct settings *settings, struct baton_error *error)
{
	struct listeners listeners = LISTENERS_INIT;
	int r = open_passed(&listeners, settings, error);
	if (r == 0)
		r = listeners_check_limit(settings, &listeners, error);
	if (r < 0) {
		listeners_close(&listeners);
		return r;
	}
	listeners_store(&listeners);
	listeners.store->is_serving = true;
	*ret = listeners;
	return 0;
}

void listeners_store(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++) {
		const struct listeners_item *item = &listeners->items[i];

		if (item->origin == LISTENERS_OPENED)
			fd_store_put(listeners->store, item->name, item->listener);
	}
}

static void close_all(struct listeners *listeners,
	void (*tell_store)(struct fd_store *store, struct baton_listener *listener))
{
	for (size_t i = 0; i < listeners->count; i++) {
		struct listeners_item *item = &listeners->items[i];

		if (--*item->users == 0) {
			tell_store(listeners->store, item->listener);
			baton_listener_close(item->listener);
			free(item->users);
		}
		free(item->name);
	}
	free(listeners->items);
	fd_store_unref(listeners->store);
	*listeners = (struct listeners)LISTENERS_INIT;
}

void listeners_close(struct listeners *listeners)
{
	close_all(listeners, fd_store_leave);
}

void listeners_drop(struct listeners *listeners)
{
	close_all(listeners, fd_store_remove);
}

struct baton_listener *listeners_find(const struct listeners *listeners, const char *name)
{
	for (size_t i = 0; i < listeners->count; i++)
		if (strcmp(listeners->items[i].name, name) == 0)
			return listeners->items[i].listener;
	return NULL;
}

size_t listeners_socket_count(const struct listeners *listeners)
{
	size_t count = 0;

	for (size_t i = 0; i < listeners->count; i++)
		count += baton_listener_count(listeners->items[i].listener);
	return count;
}

/*
 * Whether the share (0 to shares - 1) of a reuseport listener is this
 * worker's. With more workers than shares some have one in common; with fewer,
 * a worker has several: a share nobody has would be a queue nobody accepts from.
 */
static bool is_share_of(size_t share, size_t shares, unsigned worker, unsigned workers)
{
	size_t common = shares < workers ? shares : workers;

	return shares == 1 || share % common == worker % common;
}

size_t listeners_of_worker(const struct listeners *listeners, unsigned worker, unsigned workers,
	struct inherit_socket *ret_sockets, int *ret_fds)
{
	size_t count = 0;

	for (size_t i = 0; i < listeners->count; i++) {
		const struct listeners_item *item = &listeners->items[i];
		const size_t shares = baton_listener_shares(item->listener);

		for (size_t j = 0; j < baton_listener_count(item->listener); j++) {
			if (!is_share_of(j % shares, shares, worker, workers))
				continue;
			ret_sockets[count] = (struct inherit_socket){
				.name = item->name,
				.bound = baton_listener_bound(item->listener, j),
				.type = baton_listener_type(item->listener),
				.fd = FD_FIRST + (int)count,
			};
			ret_fds[count++] = baton_listener_fd(item->listener, j);
		}
	}
	return count;
}
