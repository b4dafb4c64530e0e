/* SPDX-License-Identifier: MIT */
/*
 * The sockets this process was started with, and who claims which. The
 * protocols are read in inherit_*.c; here a socket is matched by the name it
 * was passed with, or by asking the kernel where it is bound.
 */
#include <baton/inherit.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "socket/bound.h"
#include "socket/inherit_found.h"
#include "socket/inherit_protocol.h"
#include "socket/name.h"
#include "socket/resolve.h"

struct baton_inherit {
	struct inherit_found found; /* what nobody claimed yet; its descriptors are owned */
};

/* What a socket has to be; members that are NULL, 0 or -1 do not matter. */
struct wanted {
	const char *name;
	const struct address_list *bound;
	int type;
	int fd;
};

int baton_inherit_open(struct baton_inherit **ret, struct baton_error *error)
{
	if (!ret)
		return error_set(error, -EINVAL, "no place for the result");
	cleanup_free struct baton_inherit *inherit = calloc(1, sizeof(*inherit));

	if (!inherit)
		return error_set(error, -ENOMEM, "out of memory");
	int r = inherit_decode(environ, &inherit->found, error);
	if (r < 0) {
		inherit_found_finish(&inherit->found);
		return r;
	}
	for (size_t i = 0; i < inherit->found.count; i++)
		/* It was open a moment ago, and this process has one thread: it cannot fail. */
		(void)fd_set_cloexec(inherit->found.sockets[i].fd, true);
	inherit_forget_own(environ);
	*ret = take_ptr(&inherit);
	return 0;
}

size_t baton_inherit_count(const struct baton_inherit *inherit)
{
	return inherit ? inherit->found.count : 0;
}

static bool is_bound_to(int fd, const struct address_list *list)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) == -1)
		return false;
	return address_list_has(list, (struct sockaddr *)&address, length);
}

static bool matches(const struct inherit_passed *passed, const struct wanted *wanted)
{
	if (wanted->name && (!passed->name || strcmp(passed->name, wanted->name) != 0))
		return false;
	if (wanted->type && passed->type != wanted->type)
		return false;
	if (wanted->fd != -1 && passed->fd != wanted->fd)
		return false;
	return !wanted->bound || is_bound_to(passed->fd, wanted->bound);
}

static const struct inherit_passed *find(
	const struct baton_inherit *inherit, const struct wanted *wanted)
{
	for (size_t i = 0; i < inherit->found.count; i++)
		if (matches(&inherit->found.sockets[i], wanted))
			return &inherit->found.sockets[i];
	return NULL;
}

/* What to call a listener that was not asked for by name: as it was passed, or where it is bound,
 * with '_' for what a listener's name may not have. NULL if memory ran out. */
static char *make_name(const struct inherit_passed *passed)
{
	char bound[BOUND_SIZE] = "";
	const char *source = passed->name;

	if (!source && (bound_format(passed->fd, bound, sizeof(bound)) < 0 || !*bound))
		source = "unnamed";
	char *name = strndup(source ? source : bound, BATON_LISTENER_NAME_MAX);

	for (char *c = name; c && *c; c++)
		if (!name_has_byte(*c))
			*c = '_';
	return name;
}

/* Moves what matches from the list to a listener. One socket at least does. */
static int claim(struct baton_inherit *inherit, const char *name, const struct wanted *wanted,
	struct baton_listener **ret, struct baton_error *error)
{
	struct inherit_found *found = &inherit->found;
	size_t claimed = 0, kept = 0;
	cleanup_free int *fds = reallocarray(NULL, found->count, sizeof(*fds));

	if (!fds)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < found->count; i++) {
		if (matches(&found->sockets[i], wanted)) {
			fds[claimed++] = found->sockets[i].fd;
			free(found->sockets[i].name);
		} else {
			found->sockets[kept++] = found->sockets[i];
		}
	}
	found->count = kept;
	return baton_listener_take(name, fds, claimed, ret, error);
}

/*
 * Claims all that are like the first that matches: sockets of several types
 * may have one name, as those of one systemd unit have unless it says
 * otherwise, but a listener has one type. A listener without a name is called
 * after what is found.
 */
static int claim_like_first(struct baton_inherit *inherit, const char *name, struct wanted *wanted,
	struct baton_listener **ret, struct baton_error *error)
{
	const struct inherit_passed *first = find(inherit, wanted);
	if (!first)
		return -ENOENT;
	cleanup_free char *own_name = name ? NULL : make_name(first);

	if (!name && !own_name)
		return error_set(error, -ENOMEM, "out of memory");
	wanted->type = first->type;
	return claim(inherit, name ? name : own_name, wanted, ret, error);
}

static int claim_by_address(struct baton_inherit *inherit, const char *name,
	const struct baton_address *address, struct baton_listener **ret, struct baton_error *error)
{
	struct wanted wanted = { .fd = baton_address_fd(address) };
	struct address_list list = { 0 };

	if (baton_address_kind(address) == BATON_ADDRESS_SYSTEMD)
		wanted.name = baton_address_path(address);
	if (wanted.name || wanted.fd != -1)
		return claim_like_first(inherit, name, &wanted, ret, error);
	/* A port that the system is to choose cannot tell which socket is meant. */
	if (inherit->found.count == 0 || baton_address_port(address) == 0)
		return -ENOENT;
	int r = address_resolve(address, &list, error);
	if (r < 0)
		return r;
	wanted.bound = &list;
	wanted.type = list.type;
	r = claim_like_first(inherit, name, &wanted, ret, error);
	address_list_finish(&list);
	return r;
}

int baton_inherit_listener(struct baton_inherit *inherit, const char *name,
	const struct baton_address *address, struct baton_listener **ret, struct baton_error *error)
{
	struct wanted wanted = { .name = name, .fd = -1 };
	int r = -ENOENT;

	if (!inherit || !ret || (!name && !address))
		return error_set(error, -EINVAL, "neither a name nor an address to look for");
	/* Before anything is claimed, which a name that cannot be given would close. */
	if (name && name_check(name, error) < 0)
		return -EINVAL;
	if (address)
		wanted.type = address_socket_type(address);
	if (name)
		r = claim_like_first(inherit, name, &wanted, ret, error);
	if (r == -ENOENT && address)
		r = claim_by_address(inherit, name, address, ret, error);
	if (r == -ENOENT)
		return error_set(error, r, "no socket was passed for \"%.80s\"",
			name ? name : baton_address_text(address));
	return r;
}

int baton_inherit_next(
	struct baton_inherit *inherit, struct baton_listener **ret, struct baton_error *error)
{
	struct wanted wanted = { .fd = -1 };
	cleanup_free char *name = NULL;

	if (!inherit || !ret)
		return error_set(error, -EINVAL, "no sockets to take one of");
	if (inherit->found.count == 0)
		return error_set(error, -ENOENT, "no socket is left");
	if (inherit->found.sockets[0].name) {
		/* A copy: claim frees the names of what it claims while it compares. */
		name = strdup(inherit->found.sockets[0].name);
		if (!name)
			return error_set(error, -ENOMEM, "out of memory");
		wanted.name = name;
	} else {
		wanted.fd = inherit->found.sockets[0].fd;
	}
	return claim_like_first(inherit, NULL, &wanted, ret, error);
}

void baton_inherit_close(struct baton_inherit *inherit, baton_unclaimed_fn on_unclaimed, void *data)
{
	if (!inherit)
		return;
	for (size_t i = 0; i < inherit->found.count; i++) {
		const struct inherit_passed *passed = &inherit->found.sockets[i];
		char bound[BOUND_SIZE] = "";

		(void)bound_format(passed->fd, bound, sizeof(bound)); /* "" if it cannot be told */
		if (on_unclaimed)
			on_unclaimed(passed->name ? passed->name : "", bound, data);
		fd_close(passed->fd);
	}
	inherit_found_finish(&inherit->found);
	free(inherit);
}
