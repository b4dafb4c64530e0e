/* SPDX-License-Identifier: MIT */
/* From what was written to settings: see config.h. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "config/problems.h"
#include "config/words.h"
#include "option_table.h"
#include "settings.h"

struct making {
	const struct config *config;
	const char *path;
	struct problems *problems;
};

/* How many bytes of text, which begins with "--", are the name of an option and its dashes. */
static size_t option_length(const char *text)
{
	size_t length = 2;
	char name[64];

	while (islower((unsigned char)text[length]) ||
		(text[length] == '-' && islower((unsigned char)text[length + 1])))
		length++;
	if (length - 2 >= sizeof(name))
		return 0;
	memcpy(name, text + 2, length - 2);
	name[length - 2] = '\0';
	return option_set_find(&option_set, name) ? length : 0;
}

/* In a file options have no dashes. NULL: out of memory. */
static char *without_dashes(const char *text)
{
	struct strbuf buf = STRBUF_INIT;

	while (*text) {
		bool is_option = strncmp(text, "--", 2) == 0 && option_length(text) > 0;

		text += is_option ? 2 : 0;
		strbuf_append_bytes(&buf, text++, 1);
	}
	return strbuf_take(&buf);
}

static void tell(const struct making *making, unsigned line, const struct baton_error *error)
{
	cleanup_free char *text = line ? without_dashes(error->text) : NULL;

	problems_add(making->problems, line ? making->path : NULL, line, "%s",
		text ? text : error->text);
}

/* What does not fit may be about the one option or about another that it names. */
static unsigned find_line(const struct config *config, const char *name, const char *text)
{
	const struct option *option = option_set_find(&option_set, name);
	const struct config_entry *entry = option ? config_find(config, option) : NULL;

	if (strcmp(name, "command") == 0)
		return config->command_line;
	if (entry && entry->line)
		return entry->line;
	for (size_t i = 0; i < config->count; i++) {
		const char *mentioned = strstr(text, config->entries[i].option->name);

		if (mentioned && mentioned >= text + 2 && strncmp(mentioned - 2, "--", 2) == 0 &&
			config->entries[i].line)
			return config->entries[i].line;
	}
	return 0;
}

static void on_problem(void *data, const char *option, const struct baton_error *error)
{
	const struct making *making = data;

	tell(making, find_line(making->config, option, error->text), error);
}

static int apply_all(const struct making *making, struct settings *settings)
{
	for (size_t i = 0; i < making->config->count; i++) {
		const struct config_entry *entry = &making->config->entries[i];
		struct baton_error error;

		if (!entry->option->value && entry->value) /* CONFIG_OFF */
			continue;
		int r = entry->option->apply(entry->option, settings, entry->value, &error);

		if (r < 0) {
			tell(making, entry->line, &error);
			return r;
		}
	}
	return 0;
}

static int no_command(const struct making *making)
{
	problems_add(making->problems, making->path, 0,
		making->path ? "no command given (in [service]: command = COMMAND)"
			     : "no command given (try: baton run --help)");
	return -EINVAL;
}

static int make(const struct making *making, struct settings *settings)
{
	int r = apply_all(making, settings);

	if (r < 0)
		return r;
	if (!making->config->command)
		return no_command(making);
	r = words_copy(making->config->command, &settings->command);
	if (r == 0)
		r = settings_name_service(settings);
	if (r < 0)
		problems_add(making->problems, NULL, 0, "out of memory");
	return r;
}

int config_apply(const struct config *config, const char *path, struct settings *ret,
	struct problems *problems)
{
	struct making making = { .config = config, .path = path, .problems = problems };
	struct settings settings;

	settings_init(&settings);
	int r = make(&making, &settings);
	if (r < 0) {
		settings_finish(&settings);
		return r;
	}
	*ret = settings;
	return 0;
}

int config_settings(const struct config *config, const char *path, struct settings *ret,
	struct problems *problems)
{
	struct making making = { .config = config, .path = path, .problems = problems };
	struct settings settings;
	int r = config_apply(config, path, &settings, problems);
	if (r < 0)
		return r;
	r = settings_check_each(&settings, on_problem, &making);
	if (r < 0) {
		settings_finish(&settings);
		return r;
	}
	*ret = settings;
	return 0;
}
