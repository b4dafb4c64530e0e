/* SPDX-License-Identifier: MIT */
/* See config.h. */
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "config/words.h"
#include "option_table.h"
#include "settings.h"

void config_finish(struct config *config)
{
	for (size_t i = 0; i < config->count; i++)
		free(config->entries[i].value);
	free(config->entries);
	words_free(config->command);
	*config = (struct config)CONFIG_INIT;
}

int config_add(struct config *config, const struct option *option, const char *value, unsigned line)
{
	struct config_entry *grown =
		reallocarray(config->entries, config->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	config->entries = grown;
	struct config_entry *entry = &grown[config->count];

	*entry = (struct config_entry){ .option = option, .line = line };
	if (value) {
		entry->value = strdup(value);
		if (!entry->value)
			return -ENOMEM;
	}
	config->count++;
	return 0;
}

const struct config_entry *config_find(const struct config *config, const struct option *option)
{
	for (size_t i = 0; i < config->count; i++)
		if (config->entries[i].option == option)
			return &config->entries[i];
	return NULL;
}

/* An option of the command line is not applied but added; its place in the table is its own. */
struct capture {
	struct config *config;
	struct settings *tried; /* a bad value is known at once */
	const struct option *copies;
};

static int capture(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	struct capture *to = target;
	const struct option *original = &option_table[option - to->copies];

	int r = original->apply(original, to->tried, value, error);
	if (r < 0)
		return r;
	return config_add(to->config, original, value, 0) < 0
		? error_set(error, -ENOMEM, "out of memory")
		: 0;
}

static int read_arguments(struct config *config, char **argv, struct baton_error *error)
{
	cleanup_free struct option *copies = calloc(option_count, sizeof(*copies));
	struct option_set set = option_set;
	struct settings tried;
	struct capture to = { .config = config, .tried = &tried, .copies = copies };
	int rest;

	if (!copies)
		return error_set(error, -ENOMEM, "out of memory");
	memcpy(copies, option_table, option_count * sizeof(*copies));
	for (size_t i = 0; i < option_count; i++)
		copies[i].apply = capture;
	set.options = copies;
	settings_init(&tried);
	int r = option_set_parse(&set, argv, &to, &rest, error);

	settings_finish(&tried);
	if (r != 0 || !argv[rest])
		return r;
	return words_copy(argv + rest, &config->command) < 0
		? error_set(error, -ENOMEM, "out of memory")
		: 0;
}

int config_read_arguments(struct config *ret, char **argv, struct baton_error *error)
{
	struct config config = CONFIG_INIT;
	int r = read_arguments(&config, argv, error);
	if (r != 0) {
		config_finish(&config);
		return r;
	}
	*ret = config;
	return 0;
}

/* How long the NAME of "NAME=ADDRESS" is; 0: it has none. */
static size_t name_length(const char *listener)
{
	size_t length = strcspn(listener, "=:/?@[");

	return listener[length] == '=' ? length : 0;
}

static bool is_same_listener(const char *a, const char *b)
{
	size_t length = name_length(a);

	return length > 0 && length == name_length(b) && strncmp(a, b, length) == 0;
}

/* Whether the command line says something else in its place. */
static bool is_overridden(const struct config_entry *entry, const struct config *arguments)
{
	if (!entry->option->may_repeat)
		return config_find(arguments, entry->option);
	if (entry->option != option_set_find(&option_set, "listen"))
		return false;
	for (size_t i = 0; i < arguments->count; i++)
		if (arguments->entries[i].option == entry->option &&
			is_same_listener(arguments->entries[i].value, entry->value))
			return true;
	return false;
}

static int add_all(
	struct config *config, const struct config *source, const struct config *overriding)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < source->count; i++) {
		const struct config_entry *entry = &source->entries[i];

		if (!overriding || !is_overridden(entry, overriding))
			r = config_add(config, entry->option, entry->value, entry->line);
	}
	return r;
}

int config_join(struct config *ret, const struct config *file, const struct config *arguments)
{
	struct config config = CONFIG_INIT;
	const struct config *commander = arguments->command ? arguments : file;
	int r = add_all(&config, file, arguments);

	if (r == 0)
		r = add_all(&config, arguments, NULL);
	if (r == 0 && commander->command)
		r = words_copy(commander->command, &config.command);
	if (r < 0) {
		config_finish(&config);
		return r;
	}
	config.command_line = commander->command_line;
	*ret = config;
	return 0;
}

static bool is_kept(const struct config_entry *entry)
{
	return entry->option->scope == OPTION_AT_START &&
		entry->option != option_set_find(&option_set, "listen");
}

int config_keep_started(struct config *config, const struct config *in_force)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < config->count; i++) {
		if (is_kept(&config->entries[i]))
			free(config->entries[i].value);
		else
			config->entries[kept++] = config->entries[i];
	}
	config->count = kept;
	for (size_t i = 0; r == 0 && i < in_force->count; i++) {
		const struct config_entry *entry = &in_force->entries[i];

		if (is_kept(entry))
			r = config_add(config, entry->option, entry->value, entry->line);
	}
	return r;
}
