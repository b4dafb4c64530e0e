/* SPDX-License-Identifier: MIT */
/* What each generation was started with: see restore.h. */
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

/* What an option that is unknown here has stood for, nobody can say: who the workers run as, for
 * instance. */
static int add_entries(struct config *config, const struct state_entry *entries, size_t count,
	struct baton_error *error)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = entries[i].option ? entries[i].option : "";
		const struct option *option = option_set_find(&option_set, name);

		if (!option)
			return error_set(error, -EINVAL, "--%s is unknown to it", name);
		if (config_add(config, option, entries[i].value, entries[i].line) < 0)
			return error_set(error, -ENOMEM, "out of memory");
	}
	return 0;
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
static int apply(struct loaded *loaded, struct baton_error *error)
{
	struct problems problems = PROBLEMS_INIT;
	int r = config_apply(&loaded->config, NULL, &loaded->settings, &problems);

	if (r < 0)
		problems_first(&problems, error->text, sizeof(error->text));
	problems_finish(&problems);
	return r;
}

static int load(const struct state_setup *from, struct loaded *ret, struct baton_error *error)
{
	int r = add_entries(&ret->config, from->config, from->config_count, error);

	if (r == 0)
		r = add_entries(&ret->as_read, from->as_read, from->as_read_count, error);
	if (r == 0 && add_command(&ret->config, from) < 0)
		r = error_set(error, -ENOMEM, "out of memory");
	return r == 0 ? apply(ret, error) : r;
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

static int load_setup(const struct state *state, const struct state_setup *from, struct setup **ret,
	struct baton_error *error)
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
	return r < 0 ? error_set(error, r, "out of memory") : 0;
}

int restored_load(struct restored *restored, const struct state *state, struct baton_error *error)
{
	int r = 0;

	*restored = (struct restored){
		.setups = calloc(state->setup_count + 1, sizeof(*restored->setups)),
	};
	if (!restored->setups)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < state->setup_count; i++)
		r = load_setup(state, &state->setups[i], &restored->setups[i], error);
	return r;
}

void restored_finish(struct restored *restored, const struct state *state)
{
	for (size_t i = 0; restored->setups && i < state->setup_count; i++)
		setup_unref(restored->setups[i]);
	fd_store_unref(restored->store);
	free(restored->setups);
	free(restored->listeners);
	*restored = (struct restored){ 0 };
}
