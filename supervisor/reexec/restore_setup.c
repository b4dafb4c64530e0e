/* SPDX-License-Identifier: MIT */
/* Listeners and setups: see restore.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <baton/listener.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "config/problems.h"
#include "config/words.h"
#include "fd_store.h"
#include "log.h"
#include "option_table.h"
#include "reexec/restore.h"
#include "reexec/state.h"
#include "setup.h"
#include "socket/listener.h"

static int restore_listener(
	const struct state_listener *from, struct baton_listener **ret, struct baton_error *error)
{
	cleanup_free int *fds = calloc(from->socket_count, sizeof(*fds));

	if (!fds)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < from->socket_count; i++)
		fds[i] = from->sockets[i].fd;
	return listener_resume(from->name, fds, from->socket_count,
		&(struct listener_past){ .shares = from->shares, .owns_path = from->owns_path },
		ret, error);
}

/* An option that this version does not have any more goes without. */
static int add_entries(struct config *config, const struct state_entry *entries, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *name = entries[i].option ? entries[i].option : "";
		const struct option *option = option_set_find(&option_set, name);

		if (option)
			r = config_add(config, option, entries[i].value, entries[i].line);
		else
			log_warning(NULL, "--%s is unknown to this version of baton", name);
	}
	return r;
}

static int add_command(struct config *config, const struct state_setup *from)
{
	cleanup_free char **words = calloc(from->command_count + 1, sizeof(*words));

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < from->command_count; i++)
		words[i] = from->command[i].text;
	config->command_line = from->command_line;
	return words_copy(words, &config->command);
}

/* What counts is what was read then, not what the file says now. */
static int load(const struct state_setup *from, struct loaded *ret, struct baton_error *error)
{
	struct problems problems = PROBLEMS_INIT;
	int r = add_entries(&ret->config, from->config, from->config_count);

	if (r == 0)
		r = add_entries(&ret->as_read, from->as_read, from->as_read_count);
	if (r == 0)
		r = add_command(&ret->config, from);
	if (r == 0)
		r = config_apply(&ret->config, NULL, &ret->settings, &problems);
	if (r < 0)
		problems_add(&problems, NULL, 0, "out of memory");
	if (r < 0)
		problems_first(&problems, error->text, sizeof(error->text));
	problems_finish(&problems);
	return r;
}

static int set_name(struct settings *settings, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(settings->name);
	settings->name = copy;
	return 0;
}

static int use_listener(
	struct listeners *listeners, const struct restored *restored, const struct state_use *use)
{
	char *name = strdup(use->name);

	if (!name)
		return -ENOMEM;
	++*restored->users[use->listener];
	listeners->items[listeners->count++] = (struct listeners_item){
		.name = name,
		.listener = restored->listeners[use->listener],
		.origin = use->origin,
		.users = restored->users[use->listener],
	};
	return 0;
}

static int use_listeners(
	struct setup *setup, const struct restored *restored, const struct state_setup *from)
{
	int r = 0;

	setup->listeners.store = fd_store_ref(restored->store);
	setup->listeners.items = calloc(from->listener_count + 1, sizeof(*setup->listeners.items));
	if (!setup->listeners.items)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < from->listener_count; i++)
		r = use_listener(&setup->listeners, restored, &from->listeners[i]);
	return r;
}

static int restore_setup(const struct restored *restored, const struct state *state,
	const struct state_setup *from, struct setup **ret, struct baton_error *error)
{
	struct loaded loaded = { .config = CONFIG_INIT, .as_read = CONFIG_INIT };

	settings_init(&loaded.settings);
	int r = load(from, &loaded, error);
	if (r < 0) {
		loaded_finish(&loaded);
		return r;
	}
	*ret = setup_create_take(&loaded);
	if (!*ret)
		return error_set(error, -ENOMEM, "out of memory");
	changes_keep(&state->changes, &(*ret)->loaded.settings);
	r = set_name(&(*ret)->loaded.settings, from->name);
	if (r == 0)
		r = use_listeners(*ret, restored, from);
	return r < 0 ? error_set(error, r, "out of memory") : 0;
}

/* Nobody waits for the manager any more: clients are served. */
static int restore_store(struct restored *restored, const struct state *state)
{
	int r = fd_store_create(&restored->store);
	if (r < 0)
		return r;
	restored->store->capacity = (size_t)state->store_capacity;
	restored->store->is_serving = true;
	for (size_t i = 0; r == 0 && i < state->listener_count; i++) {
		const struct state_listener *from = &state->listeners[i];

		if (from->store_name)
			r = fd_store_enter(restored->store, from->store_name, from->store_copy,
				from->store_index_end, restored->listeners[i]);
	}
	return r;
}

int restored_init(struct restored *restored, const struct state *state, struct baton_error *error)
{
	int r = 0;

	*restored = (struct restored){
		.setups = calloc(state->setup_count + 1, sizeof(*restored->setups)),
		.listeners = calloc(state->listener_count + 1, sizeof(*restored->listeners)),
		.users = calloc(state->listener_count + 1, sizeof(*restored->users)),
	};
	if (!restored->setups || !restored->listeners || !restored->users)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < state->listener_count; i++) {
		r = restore_listener(&state->listeners[i], &restored->listeners[i], error);
		restored->users[i] = calloc(1, sizeof(*restored->users[i]));
		if (r == 0 && !restored->users[i])
			r = error_set(error, -ENOMEM, "out of memory");
	}
	if (r == 0 && restore_store(restored, state) < 0)
		r = error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < state->setup_count; i++)
		r = restore_setup(restored, state, &state->setups[i], &restored->setups[i], error);
	/* No setup has that of the control socket. */
	if (r == 0 && state->control != STATE_NONE)
		free(take_ptr(&restored->users[state->control]));
	return r;
}

void restored_finish(struct restored *restored, const struct state *state)
{
	for (size_t i = 0; restored->setups && i < state->setup_count; i++)
		setup_unref(restored->setups[i]);
	fd_store_unref(restored->store);
	free(restored->setups);
	free(restored->listeners);
	free(restored->users);
}
