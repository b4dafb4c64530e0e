/* SPDX-License-Identifier: MIT */
/* What is held, who has it, and what the holder has: see save.h. */
#include <string.h>

#include "adopt/broker.h"
#include "adopt/held.h"
#include "base/container.h"
#include "reexec/save_internal.h"
#include "service.h"

static void save_path(const struct binding_path *path, struct state_path *ret)
{
	ret->directory = path->directory;
	memcpy(ret->name, path->name, sizeof(ret->name));
}

/* Those of brokers alone: a set claims what is in it. */
static void save_claims(struct saving *saving, const struct held *held, struct state_held *ret)
{
	list_for_each (link, &saving->service->adopting.adopt.brokers) {
		const struct broker *broker = container_of(link, struct broker, link);

		if (!held_has_claim(held, &broker->claimant))
			continue;
		struct state_number *number = saving_append(
			saving, &state_number_shape, &ret->brokers, &ret->broker_count);
		if (number)
			number->value = broker->number;
	}
}

static void save_held(struct saving *saving, const struct held *held, struct state_held *ret)
{
	const struct binding *binding = &held->binding;

	ret->fd = held->fd;
	saving_bytes(saving, &ret->address, &binding->address.any, binding->address.length);
	ret->is_reuseport = binding->is_reuseport;
	save_path(&binding->path, &ret->path);
	save_path(&held->expected, &ret->expected);
	ret->generation = held->generation;
	ret->position = held->position;
	ret->is_left = held->is_left;
	ret->is_closed = held->is_closed;
	ret->is_passed = held->is_passed;
	ret->is_shared = held->is_shared;
	ret->device = held->device;
	ret->inode = held->inode;
	save_claims(saving, held, ret);
}

static void save_broker(const struct broker *broker, struct state_broker *ret)
{
	ret->number = broker->number;
	ret->fd = broker->fd;
	ret->generation = broker->claimant.generation;
	ret->former_generation = broker->former_generation;
	ret->is_retired = broker->claimant.is_retired;
	ret->is_ready = broker->is_ready;
	ret->has_complained = broker->has_complained;
	ret->process = broker->process;
	memcpy(ret->marker, broker->marker, sizeof(ret->marker));
}

static int find_held(const struct held_table *table, const struct held *wanted)
{
	int index = 0;

	list_for_each (link, &table->sockets) {
		if (container_of(link, struct held, link) == wanted)
			return index;
		index++;
	}
	return STATE_NONE;
}

static void save_set(struct saving *saving, const struct own_sockets *own,
	const struct own_sockets_set *set, struct state_set *ret)
{
	ret->generation = set->claimant.generation;
	ret->is_taken = set->is_taken;
	ret->is_retired = set->claimant.is_retired;
	for (size_t i = 0; i < own->count; i++) {
		struct state_index *index = saving_append(
			saving, &state_index_shape, &ret->sockets, &ret->socket_count);

		if (index)
			index->index = find_held(own->held, set->sockets[i]);
	}
}

static void save_holder(struct saving *saving, const struct mirror *mirror)
{
	struct state_holder *ret = &saving->state->adopt.holder;

	ret->link = mirror->link;
	ret->process = mirror->family.leader;
	list_for_each (link, &mirror->sent.items) {
		struct state_number *key =
			saving_append(saving, &state_number_shape, &ret->keys, &ret->key_count);

		if (key)
			key->value = container_of(link, struct holder_item, link)->entry.key;
	}
}

void saving_adopt(struct saving *saving)
{
	struct runtime *runtime = &saving->service->runtime;
	struct adopting *adopting = &saving->service->adopting;
	struct state_adopt *ret = &saving->state->adopt;

	ret->is_on = runtime->adopt != NULL;
	ret->last_broker = adopting->adopt.broker_count;
	ret->steer = runtime->held->steer;
	list_for_each (link, &adopting->adopt.brokers) {
		struct state_broker *broker = saving_append(
			saving, &state_broker_shape, &ret->brokers, &ret->broker_count);

		if (broker)
			save_broker(container_of(link, struct broker, link), broker);
	}
	list_for_each (link, &runtime->held->sockets) {
		struct state_held *held =
			saving_append(saving, &state_held_shape, &ret->held, &ret->held_count);

		if (held)
			save_held(saving, container_of(link, struct held, link), held);
	}
	for (size_t i = 0; i < runtime->own_sockets.count; i++) {
		struct state_fd *place =
			saving_append(saving, &state_fd_shape, &ret->places, &ret->place_count);

		if (place)
			place->fd = runtime->own_sockets.fds[i];
	}
	list_for_each (link, &runtime->own_sockets.sets) {
		struct state_set *set =
			saving_append(saving, &state_set_shape, &ret->sets, &ret->set_count);

		if (set)
			save_set(saving, &runtime->own_sockets,
				container_of(link, struct own_sockets_set, link), set);
	}
	save_holder(saving, &adopting->mirror);
}
