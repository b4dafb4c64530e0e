/* SPDX-License-Identifier: MIT */
/* Setups and listeners, each once, whoever has it: see save.h. */
#include <stdlib.h>

#include <baton/listener.h>

#include "base/container.h"
#include "fd_store.h"
#include "generation.h"
#include "option_set.h"
#include "reexec/save_internal.h"
#include "service.h"
#include "setup.h"
#include "socket/listener.h"

static int find_listener(const struct saving *saving, const struct baton_listener *listener)
{
	for (size_t i = 0; i < saving->state->listener_count; i++)
		if (saving->listeners[i] == listener)
			return (int)i;
	return STATE_NONE;
}

/* Adds a pointer to as many as there are already. */
static bool remember(struct saving *saving, void *list_member, size_t count, void *item)
{
	void ***list = list_member;
	void **grown = reallocarray(*list, count + 1, sizeof(*grown));

	saving->is_broken |= !grown;
	if (!grown)
		return false;
	grown[count] = item;
	*list = grown;
	return true;
}

static void save_store(struct saving *saving, const struct fd_store *store,
	const struct baton_listener *listener, struct state_listener *ret)
{
	size_t index_end = 0;

	ret->store_name =
		saving_copy(saving, fd_store_find(store, listener, &ret->store_copy, &index_end));
	ret->store_index_end = (unsigned)index_end;
}

/* Its index. store: NULL for that of the control socket, which is in none. */
static int save_listener(
	struct saving *saving, struct baton_listener *listener, const struct fd_store *store)
{
	struct state *state = saving->state;
	int index = find_listener(saving, listener);
	struct listener_past past;

	if (index != STATE_NONE ||
		!remember(saving, &saving->listeners, state->listener_count, listener))
		return index;
	struct state_listener *ret = saving_append(
		saving, &state_listener_shape, &state->listeners, &state->listener_count);
	if (!ret)
		return STATE_NONE;
	ret->name = saving_copy(saving, baton_listener_name(listener));
	listener_get_past(listener, &past);
	ret->shares = (unsigned)past.shares;
	ret->owns_path = past.owns_path;
	ret->path_device = past.device;
	ret->path_inode = past.inode;
	for (size_t i = 0; i < baton_listener_count(listener); i++) {
		struct state_fd *socket =
			saving_append(saving, &state_fd_shape, &ret->sockets, &ret->socket_count);

		if (socket)
			socket->fd = baton_listener_fd(listener, i);
	}
	if (store)
		save_store(saving, store, listener, ret);
	return (int)state->listener_count - 1;
}

static void save_entries(struct saving *saving, const struct config *config,
	struct state_entry **list, size_t *count)
{
	for (size_t i = 0; i < config->count; i++) {
		const struct config_entry *entry = &config->entries[i];
		struct state_entry *ret = saving_append(saving, &state_entry_shape, list, count);

		if (!ret)
			return;
		ret->option = saving_copy(saving, entry->option->name);
		ret->value = saving_copy(saving, entry->value);
		ret->line = entry->line;
	}
}

static void save_command(
	struct saving *saving, const struct config *config, struct state_setup *setup)
{
	for (char **word = config->command; word && *word; word++) {
		struct state_word *ret = saving_append(
			saving, &state_word_shape, &setup->command, &setup->command_count);

		if (ret)
			ret->text = saving_copy(saving, *word);
	}
	setup->command_line = config->command_line;
}

static void save_uses(
	struct saving *saving, const struct listeners *listeners, struct state_setup *setup)
{
	for (size_t i = 0; i < listeners->count; i++) {
		struct state_use *use = saving_append(
			saving, &state_use_shape, &setup->listeners, &setup->listener_count);

		if (!use)
			return;
		use->name = saving_copy(saving, listeners->items[i].name);
		use->origin = listeners->items[i].origin;
		use->listener =
			save_listener(saving, listeners->items[i].listener, listeners->store);
	}
}

int saving_find_setup(const struct saving *saving, const struct setup *setup)
{
	for (size_t i = 0; i < saving->state->setup_count; i++)
		if (saving->setups[i] == setup)
			return (int)i;
	return STATE_NONE;
}

static void save_setup(struct saving *saving, struct setup *setup)
{
	struct state *state = saving->state;

	if (saving_find_setup(saving, setup) != STATE_NONE ||
		!remember(saving, &saving->setups, state->setup_count, setup))
		return;
	struct state_setup *ret =
		saving_append(saving, &state_setup_shape, &state->setups, &state->setup_count);
	if (!ret)
		return;
	ret->name = saving_copy(saving, setup->loaded.settings.name);
	save_entries(saving, &setup->loaded.config, &ret->config, &ret->config_count);
	save_entries(saving, &setup->loaded.as_read, &ret->as_read, &ret->as_read_count);
	save_command(saving, &setup->loaded.config, ret);
	save_uses(saving, &setup->listeners, ret);
}

void saving_setups(struct saving *saving)
{
	struct service *service = saving->service;

	list_for_each (link, &service->runtime.generations)
		save_setup(saving, container_of(link, struct generation, link)->setup);
	save_setup(saving, service->runtime.setup);
	saving->state->store_capacity = service->runtime.setup->listeners.store->capacity;
	saving->state->setup = saving_find_setup(saving, service->runtime.setup);
	if (service->place)
		saving->state->control = save_listener(saving, service->place, NULL);
}
