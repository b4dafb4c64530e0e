/* SPDX-License-Identifier: MIT */
/* What is held, who has it, and the holder: see restore.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "adopt/broker.h"
#include "adopt/held.h"
#include "base/cleanup.h"
#include "base/container.h"
#include "base/fd.h"
#include "log.h"
#include "reexec/restore.h"
#include "reexec/restore_internal.h"
#include "service.h"
#include "settings.h"
#include "setup.h"
#include "socket/inherit_protocol.h"

struct broker *restoring_find_broker(const struct restoring *restoring, uint64_t number)
{
	const struct state_adopt *adopt = &restoring->state->adopt;

	for (size_t i = 0; i < adopt->broker_count; i++)
		if (adopt->brokers[i].number == number)
			return restoring->brokers[i];
	return NULL;
}

/* Its family, if it has one still, is put there with the worker. */
static int restore_broker(
	struct restoring *restoring, const struct state_broker *from, struct broker **ret)
{
	struct runtime *runtime = &restoring->service->runtime;
	struct broker *broker = broker_create(from->fd,
		&(struct broker_options){
			.loop = runtime->loop,
			.adopt = &restoring->service->adopting.adopt,
			.where = { .generation = from->generation, .pid = from->process.pid },
		});

	if (!broker)
		return -ENOMEM;
	broker->number = from->number;
	broker->claimant.is_retired = from->is_retired;
	broker->former_generation = from->former_generation;
	broker->process = from->process;
	memcpy(broker->marker, from->marker, sizeof(broker->marker));
	broker->is_ready = from->is_ready;
	broker->has_complained = from->has_complained;
	*ret = broker;
	return 0;
}

static void restore_path(const struct state_path *from, struct binding_path *ret)
{
	ret->directory = from->directory;
	memcpy(ret->name, from->name, sizeof(ret->name));
}

static int claim(
	const struct restoring *restoring, const struct state_held *from, struct held *held)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->broker_count; i++) {
		struct broker *broker = restoring_find_broker(restoring, from->brokers[i].value);

		if (broker)
			r = held_claim(held, &broker->claimant);
	}
	return r;
}

/* After the claims, which change some of it. */
static void restore_rest(const struct state_held *from, struct held *held)
{
	held->generation = from->generation;
	held->position = from->position;
	held->is_left = from->is_left;
	held->is_closed = from->is_closed;
	held->is_passed = from->is_passed;
	held->is_shared = from->is_shared;
	held->device = (dev_t)from->device;
	held->inode = (ino_t)from->inode;
	restore_path(&from->expected, &held->expected);
}

/* NULL: it could not be held, which was said. */
static struct held *restore_held(const struct restoring *restoring, const struct state_held *from)
{
	struct socket_address address = { .length = (socklen_t)from->address.length };
	struct binding binding;

	memcpy(&address.un, from->address.text, from->address.length);
	int r = binding_read(from->fd, &address, &binding);
	struct held *held = NULL;

	if (r == 0) {
		binding.is_reuseport = from->is_reuseport;
		restore_path(&from->path, &binding.path);
		held = held_take_bound(restoring->service->runtime.held, &binding, from->fd);
		r = held ? 0 : -ENOMEM;
	} else {
		fd_close(from->fd);
		fd_close(from->path.directory);
	}
	if (held)
		r = claim(restoring, from, held);
	if (r < 0)
		log_error(NULL, "cannot go on to hold a socket: %s", strerrordesc_np(-r));
	return held;
}

static int restore_set(
	const struct restoring *restoring, const struct state_set *from, struct held *const *held)
{
	struct own_sockets *own = &restoring->service->runtime.own_sockets;
	struct own_sockets_set *set = own_sockets_add_set(own);
	int r = set ? 0 : -ENOMEM;

	if (!set)
		return r;
	set->claimant.generation = from->generation;
	set->claimant.is_retired = from->is_retired;
	set->is_taken = from->is_taken;
	for (size_t i = 0; r == 0 && i < own->count; i++) {
		int index = from->sockets[i].index;

		set->sockets[i] = index == STATE_NONE ? NULL : held[index];
		if (set->is_taken && set->sockets[i])
			r = held_claim(set->sockets[i], &set->claimant);
	}
	return r;
}

static int restore_sets(const struct restoring *restoring, struct held *const *held)
{
	struct runtime *runtime = &restoring->service->runtime;
	const struct state_adopt *adopt = &restoring->state->adopt;
	cleanup_free int *fds = calloc(adopt->place_count + 1, sizeof(*fds));
	int r = fds ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < adopt->place_count; i++)
		fds[i] = adopt->places[i].fd;
	if (r == 0 && adopt->place_count > 0)
		r = own_sockets_resume(&runtime->own_sockets, fds, adopt->place_count,
			runtime->settings->protocols & INHERIT_NGINX);
	for (size_t i = 0; r == 0 && i < adopt->set_count; i++)
		r = restore_set(restoring, &adopt->sets[i], held);
	return r;
}

static int restore_sockets(const struct restoring *restoring)
{
	const struct state_adopt *adopt = &restoring->state->adopt;
	struct held **held = calloc(adopt->held_count + 1, sizeof(struct held *));

	for (size_t i = 0; held && i < adopt->held_count; i++)
		held[i] = restore_held(restoring, &adopt->held[i]);
	int r = held ? restore_sets(restoring, held) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < adopt->held_count; i++)
		if (held[i])
			restore_rest(&adopt->held[i], held[i]);
	free(held);
	return r;
}

static int restore_holder(const struct restoring *restoring)
{
	struct adopting *adopting = &restoring->service->adopting;
	const struct state_holder *from = &restoring->state->adopt.holder;
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->key_count; i++)
		r = mirror_remember(&adopting->mirror, from->keys[i].value);
	adopting_resume(adopting, restoring->service->runtime.settings,
		restoring->state->adopt.is_on,
		&(struct mirror_past){ .link = from->link, .holder = from->process });
	return r;
}

int restoring_adopt(struct restoring *restoring)
{
	struct runtime *runtime = &restoring->service->runtime;
	struct adopt *adopt = &restoring->service->adopting.adopt;
	const struct state_adopt *from = &restoring->state->adopt;
	int r = 0;

	runtime->adopt = from->is_on ? adopt : NULL;
	adopt->held.steer = from->steer;
	restoring->brokers = calloc(from->broker_count + 1, sizeof(struct broker *));
	if (!restoring->brokers)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < from->broker_count; i++)
		r = restore_broker(restoring, &from->brokers[i], &restoring->brokers[i]);
	adopt->broker_count = from->last_broker;
	if (r == 0)
		r = restore_sockets(restoring);
	return r == 0 ? restore_holder(restoring) : r;
}
