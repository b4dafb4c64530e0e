/* SPDX-License-Identifier: MIT */
/* See <baton/steer.h>: the public calls. */
#include "process/steer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "process/upgrade_object.h"
#include "socket/address.h"
#include "socket/flow.h"
#include "socket/resolve.h"

_Static_assert(BATON_STEER_SOCKETS_MAX <= SELECTOR_SOCKETS_MAX, "all have an index");
_Static_assert(BATON_STEER_ROUTES_MAX <= SELECTOR_ROUTES_MAX, "all have room");

int steer_fd(const struct baton_steer *steer, size_t address, size_t index)
{
	return baton_listener_fd(steer->listener, address * steer->count + index);
}

size_t steer_addresses(const struct baton_steer *steer)
{
	return baton_listener_count(steer->listener) / steer->count;
}

/* How many ids the mask has room for; 0 if its bits are not neighbours. */
static unsigned ids_of(unsigned mask)
{
	unsigned values = mask ? mask / (mask & -mask) + 1 : 0;

	return values & (values - 1) ? 0 : values;
}

static int check_route(const struct baton_steer_route *route, size_t i, struct baton_error *error)
{
	if (route->match_offset > BATON_STEER_OFFSET_MAX ||
		route->id_offset > BATON_STEER_OFFSET_MAX)
		return error_set(error, -EINVAL, "route %zu: an offset is above %d", i,
			BATON_STEER_OFFSET_MAX);
	if (route->match_value & ~route->match_mask)
		return error_set(error, -EINVAL,
			"route %zu: no byte is 0x%02x behind the mask 0x%02x", i,
			route->match_value, route->match_mask);
	if (ids_of(route->id_mask) == 0)
		return error_set(error, -EINVAL,
			"route %zu: 0x%02x is no mask of neighbouring bits", i, route->id_mask);
	return 0;
}

static int check_options(const struct baton_steer_options *options, struct baton_error *error)
{
	if (!options->on_readable)
		return error_set(error, -EINVAL, "on_readable is required");
	if (options->route_count > BATON_STEER_ROUTES_MAX ||
		(options->route_count > 0 && !options->routes))
		return error_set(error, -EINVAL, "there may be %d routes", BATON_STEER_ROUTES_MAX);
	for (size_t i = 0; i < options->route_count; i++) {
		int r = check_route(&options->routes[i], i, error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Opens it, or finds what was passed. */
static int find_listener(struct baton_upgrade *upgrade, const char *name,
	const struct baton_address *address, struct baton_listener **ret, struct baton_error *error)
{
	if (!address)
		return baton_upgrade_listener(upgrade, name, NULL, ret, error);
	struct baton_address own = *address;

	if (own.kind != BATON_ADDRESS_UDP && own.kind != BATON_ADDRESS_FD &&
		own.kind != BATON_ADDRESS_SYSTEMD)
		return address_error(error, -EINVAL, own.text, "only UDP can be steered (udp://)");
	if (own.kind == BATON_ADDRESS_UDP && own.options.reuseport == 0)
		own.options.reuseport = BATON_STEER_SOCKETS;
	return baton_upgrade_listener(upgrade, name, &own, ret, error);
}

static int check_listener(const struct baton_upgrade *upgrade, struct baton_listener *listener,
	const struct baton_steer_options *options, struct baton_error *error)
{
	size_t count = baton_listener_shares(listener);
	const char *name = baton_listener_name(listener);

	if (baton_listener_type(listener) != SOCK_DGRAM || baton_listener_port(listener) < 0)
		return error_set(error, -EINVAL, "listener \"%s\": only UDP can be steered", name);
	if (count < 2 || count > BATON_STEER_SOCKETS_MAX)
		return error_set(error, -EINVAL,
			"listener \"%s\" has %zu sockets: steering takes 2 to %d (reuseport=%d)",
			name, count, BATON_STEER_SOCKETS_MAX, BATON_STEER_SOCKETS);
	for (size_t i = 0; i < options->route_count; i++)
		if (ids_of(options->routes[i].id_mask) < count)
			return error_set(error, -EINVAL,
				"route %zu: mask 0x%02x has room for %u ids, listener \"%s\" has "
				"%zu sockets",
				i, options->routes[i].id_mask, ids_of(options->routes[i].id_mask),
				name, count);
	return upgrade_steer_check(upgrade, listener, error);
}

static struct selector_route to_selector(const struct baton_steer_route *route)
{
	return (struct selector_route){
		.match_offset = route->match_offset,
		.match_mask = route->match_mask,
		.match_value = route->match_value,
		.id_offset = route->id_offset,
		.id_mask = route->id_mask,
	};
}

static struct baton_steer *create(struct baton_upgrade *upgrade, struct baton_listener *listener,
	const struct baton_steer_options *options)
{
	struct baton_steer *steer = calloc(1, sizeof(*steer));

	if (!steer)
		return NULL;
	steer->upgrade = upgrade;
	steer->listener = listener;
	steer->count = baton_listener_shares(listener);
	steer->on_readable = options->on_readable;
	steer->data = options->data;
	steer->route_count = options->route_count;
	for (size_t i = 0; i < options->route_count; i++)
		steer->routes[i] = to_selector(&options->routes[i]);
	list_init(&steer->link);
	steer->readable = calloc(baton_listener_count(listener), sizeof(*steer->readable));
	steer->holders = calloc(steer->count, sizeof(*steer->holders));
	steer->flows = calloc(steer_addresses(steer), sizeof(*steer->flows));
	if (!steer->readable || !steer->holders || !steer->flows) {
		steer_destroy(steer);
		return NULL;
	}
	steer_watch_init(steer);
	return steer;
}

int baton_steer_open(struct baton_upgrade *upgrade, const char *name,
	const struct baton_address *address, const struct baton_steer_options *options,
	struct baton_steer **ret, struct baton_error *error)
{
	struct baton_steer_options own;
	struct baton_listener *listener;

	if (!upgrade || !ret)
		return error_set(error, -EINVAL, "no upgrade object, or no place for the result");
	if (options_copy(&own, sizeof(own), options,
		    options_bytes(struct baton_steer_options, route_count)) < 0)
		return error_set(error, -EINVAL, "bad size of steer options");
	if (upgrade->state != BATON_UPGRADE_STARTING)
		return error_set(error, -EINVAL, "too late: baton_upgrade_ready was called");
	int r = check_options(&own, error);
	if (r == 0)
		r = find_listener(upgrade, name, address, &listener, error);
	if (r == 0)
		r = check_listener(upgrade, listener, &own, error);
	if (r < 0)
		return r;
	struct baton_steer *steer = create(upgrade, listener, &own);
	if (!steer)
		return error_set(error, -ENOMEM, "out of memory");
	list_append(&upgrade->steer.objects, &steer->link);
	*ret = steer;
	return 0;
}

struct baton_listener *baton_steer_listener(const struct baton_steer *steer)
{
	return steer ? steer->listener : NULL;
}

static const char *mend(int code)
{
	switch (-code) {
	case EADDRINUSE:
		return ": the listener's sockets are another user's, or there are too many beside";
	case EMFILE:
		return ": raise the limit on descriptors (ulimit -n)";
	}
	return "";
}

/* Whether it is bound to the host of that name; or to any. */
static bool is_at(const struct socket_address *bound, const struct socket_address *name)
{
	return bound->any.sa_family == AF_INET
		? bound->in.sin_addr.s_addr == name->in.sin_addr.s_addr
		: IN6_ARE_ADDR_EQUAL(&bound->in6.sin6_addr, &name->in6.sin6_addr);
}

static bool is_anywhere(const struct socket_address *bound)
{
	return bound->any.sa_family == AF_INET ? bound->in.sin_addr.s_addr == htonl(INADDR_ANY)
					       : IN6_IS_ADDR_UNSPECIFIED(&bound->in6.sin6_addr);
}

static int get_name(int fd, struct socket_address *ret)
{
	*ret = (struct socket_address){ .length = sizeof(ret->un) };
	return getsockname(fd, &ret->any, &ret->length) == -1 ? -errno : 0;
}

/* Those of the address to which the descriptor is bound, be it a client's; NULL: none. */
static struct flows *find_flows(const struct baton_steer *steer, int fd)
{
	struct socket_address name, bound;
	struct flows *found = NULL;

	if (steer->phase != STEER_SERVING && steer->phase != STEER_DRAINING)
		return NULL;
	if (get_name(fd, &name) < 0)
		return NULL;
	for (size_t i = 0; i < steer_addresses(steer); i++) {
		if (get_name(steer->flows[i].of, &bound) < 0 ||
			bound.any.sa_family != name.any.sa_family)
			continue;
		if (is_at(&bound, &name))
			return &steer->flows[i];
		if (is_anywhere(&bound))
			found = &steer->flows[i];
	}
	return found;
}

int baton_steer_connect(struct baton_steer *steer, int fd, const struct sockaddr *client,
	socklen_t length, int *ret, struct baton_error *error)
{
	if (!steer || !client || !ret)
		return error_set(error, -EINVAL, "no client, or no place for the result");
	struct flows *flows = find_flows(steer, fd);
	if (!flows)
		return error_set(error, -EINVAL, "no client can have come on descriptor %d", fd);
	int r = flows_open(flows, client, length);

	if (r < 0)
		return error_set(error, r, "cannot open a socket for one client: %s%s",
			strerrordesc_np(-r), mend(r));
	*ret = r;
	return 0;
}

int baton_steer_fd(const struct baton_steer *steer, int fd)
{
	const struct flows *flows = steer ? find_flows(steer, fd) : NULL;

	return flows ? flows->of : -EINVAL;
}

int baton_steer_id(const struct baton_steer *steer)
{
	if (!steer)
		return -EINVAL;
	return steer->phase == STEER_OPEN ? -EAGAIN : (int)steer->own;
}

int baton_steer_is_empty(const struct baton_steer *steer)
{
	if (!steer || steer->phase == STEER_OPEN || steer->phase == STEER_ENDED)
		return 1;
	for (size_t i = 0; i < steer_addresses(steer); i++)
		if (steer_waits(steer_fd(steer, i, steer->own)))
			return 0;
	return 1;
}

void steer_own(struct baton_steer *steer, size_t index)
{
	steer->phase = STEER_CLAIMED;
	steer->own = index;
	for (size_t i = 0; i < steer_addresses(steer); i++)
		flows_init(&steer->flows[i], steer_fd(steer, i, index));
}

static void finish_flows(struct baton_steer *steer)
{
	for (size_t i = 0; steer->phase != STEER_OPEN && i < steer_addresses(steer); i++)
		flows_finish(&steer->flows[i]);
}

void steer_end(struct baton_steer *steer)
{
	if (steer->phase == STEER_ENDED)
		return;
	steer_watch_stop(steer);
	finish_flows(steer);
	steer->phase = STEER_ENDED;
	(void)baton_listener_stop(steer->listener); /* or at the end, then */
}

void steer_destroy(struct baton_steer *steer)
{
	list_remove(&steer->link);
	if (steer->readable && steer->holders && steer->flows) {
		steer_watch_stop(steer);
		finish_flows(steer);
	}
	free(steer->readable);
	free(steer->holders);
	free(steer->flows);
	free(steer);
}
