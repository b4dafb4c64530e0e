/* SPDX-License-Identifier: MIT */
/* See stored.h. */
#include "stored.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <linux/inet_diag.h>

#include <baton/inherit.h>
#include <baton/listener.h>
#include <baton/notify.h>

#include "base/error.h"
#include "base/fd.h"
#include "fd_store.h"
#include "log.h"
#include "settings.h"
#include "socket/listener.h"
#include "socket/resolve.h"
#include "store_name.h"
#include "tcp_diag.h"

enum { BARRIER_MS = 1000 };

struct stored_socket {
	const char *text; /* as the manager calls it */
	struct store_name name;
	int fd; /* -1: it cannot be used, or is in a listener */
};

struct stored_listener {
	const struct stored_socket *first; /* of count */
	size_t count;
	struct baton_listener *listener; /* NULL: taken */
	bool is_wanted;
	size_t wanted_by; /* in the settings, if so */
};

int stored_init(struct stored *stored)
{
	const char *passed = getenv("LISTEN_FDNAMES");
	struct stored read = { .text = strdup(passed ? passed : "") };
	size_t names = 1;

	for (const char *c = passed; c && *c; c++)
		names += *c == ':';
	read.sockets = calloc(names, sizeof(*read.sockets));
	if (!read.text || !read.sockets) {
		stored_finish(&read);
		return -ENOMEM;
	}
	char *rest = read.text;

	for (char *text; (text = strsep(&rest, ":"));) {
		struct stored_socket *socket = &read.sockets[read.socket_count];

		if (store_name_parse(text, &socket->name) < 0)
			continue;
		socket->text = text;
		socket->fd = -1;
		read.socket_count++;
	}
	*stored = read;
	return 0;
}

static void remove_socket(const struct stored_socket *socket)
{
	(void)baton_notifyf("FDSTOREREMOVE=1\nFDNAME=%s",
		socket->text); /* if it fails, it comes back once more */
}

static int read_socket(
	struct stored_socket *socket, const struct baton_listener *listener, struct fd_store *store)
{
	struct stat status;
	int r = listener_restore_blocking(listener); /* the next listener has to see how it was */
	if (r < 0)
		return r;
	int fd = fd_dup(baton_listener_fd(listener, 0));
	if (fd < 0)
		return fd;
	r = fstat(fd, &status) == -1 ? -errno : fd_store_add_earlier(store, status.st_ino);

	if (r < 0)
		fd_close(fd);
	else
		socket->fd = fd;
	return r;
}

static int claim_socket(struct stored_socket *socket, struct baton_inherit *inherit,
	struct fd_store *store, struct baton_error *error)
{
	struct baton_listener *listener;
	struct baton_error reason;
	int r = baton_inherit_listener(inherit, socket->text, NULL, &listener, &reason);

	if (r == -ENOMEM)
		return error_set(error, r, "%s", reason.text);
	if (r == -ENOENT) /* the variables are another process's */
		return 0;
	if (r < 0) {
		log_warning(NULL, "cannot take %s back from the manager's store: %s", socket->text,
			reason.text);
		remove_socket(socket);
		return 0;
	}
	r = read_socket(socket, listener, store);
	baton_listener_close(listener);
	return r < 0 ? error_set_errno(error, r, "cannot take %s back from the manager's store",
			       socket->text)
		     : 0;
}

static int compare(const void *a, const void *b)
{
	const struct stored_socket *left = a, *right = b;

	return store_name_compare(&left->name, &right->name);
}

static bool is_of_one(const struct store_name *a, const struct store_name *b)
{
	return a->copy == b->copy && strcmp(a->listener, b->listener) == 0;
}

/* How many of those that follow, itself included, belong to one listener and can be used. */
static size_t count_alike(const struct stored *stored, size_t first)
{
	const struct stored_socket *sockets = stored->sockets;
	size_t i = first;

	while (i < stored->socket_count && sockets[i].fd != -1 &&
		is_of_one(&sockets[i].name, &sockets[first].name))
		i++;
	return i - first;
}

/* Puts what can be used first, and in order. */
static void sort(struct stored *stored)
{
	size_t count = 0;

	for (size_t i = 0; i < stored->socket_count; i++)
		if (stored->sockets[i].fd != -1)
			stored->sockets[count++] = stored->sockets[i];
	stored->socket_count = count;
	qsort(stored->sockets, count, sizeof(*stored->sockets), compare);
}

/* Of sockets that were one when they were left. */
static int add_listener(
	struct stored *stored, size_t first, size_t count, struct baton_error *error)
{
	struct stored_socket *sockets = &stored->sockets[first];
	struct baton_listener *listener;
	int *fds = reallocarray(NULL, count, sizeof(*fds));

	if (!fds)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		fds[i] = sockets[i].fd;
		sockets[i].fd = -1;
	}
	int r = baton_listener_take(sockets[0].name.listener, fds, count, &listener, error);

	free(fds);
	if (r < 0)
		return r;
	/* Whoever waits on it as it was goes on to. It was set a moment ago: it cannot fail. */
	(void)listener_restore_blocking(listener);
	stored->listeners[stored->listener_count++] = (struct stored_listener){
		.first = sockets,
		.count = count,
		.listener = listener,
	};
	return 0;
}

static void on_beside(const struct inet_diag_msg *found, const struct tcp_info *info, void *data)
{
	(void)info;
	/* Without memory its worker goes on, as one of an older kernel would. */
	(void)fd_store_add_earlier(data, found->idiag_inode);
}

/* With --steer the workers may have had others, at the same port (steer/own_sockets.h). */
static void add_beside(const struct stored *stored, struct fd_store *store)
{
	for (size_t i = 0; i < stored->listener_count; i++) {
		const struct baton_listener *listener = stored->listeners[i].listener;
		int port = baton_listener_port(listener);
		uint16_t there = htons((uint16_t)port);

		if (port < 0 || baton_listener_type(listener) != SOCK_STREAM)
			continue;
		(void)tcp_diag(&(struct tcp_diag_query){
			.states = 1 << TCP_LISTEN,
			.ports = &there,
			.port_count = 1,
			.fn = on_beside,
			.data = store,
		}); /* a kernel without it: see above */
	}
}

int stored_claim(struct stored *stored, struct baton_inherit *inherit, struct fd_store *store,
	struct baton_error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < stored->socket_count; i++)
		r = claim_socket(&stored->sockets[i], inherit, store, error);
	if (r < 0)
		return r;
	sort(stored);
	stored->listeners = calloc(stored->socket_count + 1, sizeof(*stored->listeners));
	if (!stored->listeners)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0, count; r == 0 && i < stored->socket_count; i += count) {
		count = count_alike(stored, i);
		r = add_listener(stored, i, count, error);
	}
	add_beside(stored, store);
	return r;
}

/* A path may have been removed meanwhile. */
static bool is_reachable(const struct baton_listener *listener)
{
	const char *bound = baton_listener_bound(listener, 0);
	struct stat status;

	return bound[0] != '/' || (lstat(bound, &status) == 0 && S_ISSOCK(status.st_mode));
}

/* Whether opening the address would give sockets like these, however many. */
static bool fits(const struct baton_listener *listener, const struct address_list *list)
{
	struct sockaddr_storage bound;

	if (baton_listener_type(listener) != list->type || !is_reachable(listener))
		return false;
	for (size_t i = 0; i < baton_listener_count(listener); i++) {
		socklen_t length = sizeof(bound);

		if (getsockname(baton_listener_fd(listener, i), (struct sockaddr *)&bound,
			    &length) == -1 ||
			!address_list_has(list, (struct sockaddr *)&bound, length))
			return false;
	}
	return true;
}

/* Of several, as those of any port or of SO_REUSEPORT, the one with the name. */
static struct stored_listener *find(
	struct stored *stored, const struct settings_listener *wanted, struct address_list *list)
{
	struct stored_listener *found = NULL;
	bool is_any_port = baton_address_port(wanted->address) == 0;

	list->is_wildcard = false; /* what is bound to 0.0.0.0 does not do for [::] */
	for (size_t i = 0; i < stored->listener_count; i++) {
		struct stored_listener *one = &stored->listeners[i];
		bool has_name = strcmp(one->first->name.listener, wanted->name) == 0;

		if (!one->is_wanted && (has_name || !(is_any_port || found)) &&
			fits(one->listener, list))
			found = one;
	}
	return found;
}

/* What waits in the queues of those that there are is worth more than their number. */
static void tell_of_number(
	const struct baton_listener *listener, const struct settings_listener *wanted)
{
	int reuseport = baton_address_options(wanted->address)->reuseport;
	size_t shares = baton_listener_shares(listener);

	if (shares != (reuseport > 1 ? (size_t)reuseport : 1))
		log_warning(&(struct log_where){ .listener = wanted->name },
			"stays with the %zu sockets of the manager's store: another number counts "
			"once the service has been stopped",
			shares);
}

static int match(struct stored *stored, const struct settings *settings, size_t index,
	struct baton_error *error)
{
	const struct settings_listener *wanted = &settings->listeners[index];
	enum baton_address_kind kind = baton_address_kind(wanted->address);
	struct address_list list;

	if (kind == BATON_ADDRESS_FD || kind == BATON_ADDRESS_SYSTEMD)
		return 0;
	int r = address_resolve(wanted->address, &list, error);
	if (r < 0)
		return r;
	struct stored_listener *found = find(stored, wanted, &list);

	address_list_finish(&list);
	if (!found)
		return 0;
	found->is_wanted = true;
	found->wanted_by = index;
	tell_of_number(found->listener, wanted);
	return 0;
}

/* Those for any port come last: what they are called may have had another address once. */
int stored_match(struct stored *stored, const struct settings *settings, struct baton_error *error)
{
	int r = 0;

	if (stored->listener_count == 0)
		return 0;
	for (int is_any_port = 0; is_any_port <= 1; is_any_port++)
		for (size_t i = 0; r == 0 && i < settings->listener_count; i++)
			if ((baton_address_port(settings->listeners[i].address) == 0) ==
				is_any_port)
				r = match(stored, settings, i, error);
	return r;
}

static void drop(struct stored_listener *one)
{
	log_notice(NULL,
		"closed what the manager's store had of listener \"%s\", bound to %s: there is no "
		"listener with that address any more",
		one->first->name.listener, baton_listener_bound(one->listener, 0));
	/* Its path was made by a baton of this unit; without memory it is left behind. */
	(void)baton_listener_own_path(one->listener);
	baton_listener_close(one->listener);
	one->listener = NULL;
	for (size_t i = 0; i < one->count; i++)
		remove_socket(&one->first[i]);
}

void stored_drop(struct stored *stored)
{
	bool is_dropped = false;

	for (size_t i = 0; i < stored->listener_count; i++) {
		struct stored_listener *one = &stored->listeners[i];

		if (one->is_wanted || !one->listener)
			continue;
		drop(one);
		is_dropped = true;
	}
	if (is_dropped)
		(void)baton_notify_barrier(BARRIER_MS); /* bind(2) tells if it was too short */
}

int stored_take(
	struct stored *stored, size_t index, struct fd_store *store, struct baton_listener **ret)
{
	for (size_t i = 0; i < stored->listener_count; i++) {
		struct stored_listener *one = &stored->listeners[i];

		if (!one->is_wanted || one->wanted_by != index || !one->listener)
			continue;
		const struct store_name *name = &one->first->name;
		size_t index_end = one->first[one->count - 1].name.index + 1;
		int r = fd_store_enter(store, name->listener, name->copy, index_end, one->listener);
		if (r < 0)
			return r;
		baton_listener_keep_path(one->listener);
		*ret = one->listener;
		one->listener = NULL;
		return 0;
	}
	return -ENOENT;
}

void stored_finish(struct stored *stored)
{
	for (size_t i = 0; i < stored->listener_count; i++)
		baton_listener_close(stored->listeners[i].listener);
	for (size_t i = 0; i < stored->socket_count; i++)
		fd_close(stored->sockets[i].fd);
	free(stored->listeners);
	free(stored->sockets);
	free(stored->text);
	*stored = (struct stored)STORED_INIT;
}
