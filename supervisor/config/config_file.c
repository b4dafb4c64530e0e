/* SPDX-License-Identifier: MIT */
/* See config_file.h. */
#include "config/config_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "config/config.h"
#include "config/lines.h"
#include "config/listener_section.h"
#include "config/problems.h"
#include "config/words.h"
#include "option_table.h"
#include "settings.h"
#include "text_file.h"

#define LISTENER "listener "

struct reading {
	struct config *config;
	const char *path;
	struct problems *problems;
	unsigned service_line; /* where [service] begins; 0: not yet */
	bool is_skipping;      /* the section in hand is none of ours, and said so */
	struct listener_section listener;
	int result;
};

static void problem(struct reading *reading, unsigned line, const char *text)
{
	problems_add(reading->problems, reading->path, line, "%s", text);
}

static void note(struct reading *reading, int r)
{
	if (r == -ENOMEM && reading->result == 0) {
		problem(reading, 0, "out of memory");
		reading->result = r;
	}
}

/* The line of the listener of that name; 0: there is none. */
static unsigned find_listener(const struct reading *reading, const char *name)
{
	const struct option *listen = option_set_find(&option_set, "listen");
	size_t length = strlen(name);

	for (size_t i = 0; i < reading->config->count; i++) {
		const struct config_entry *entry = &reading->config->entries[i];

		if (entry->option == listen && strncmp(entry->value, name, length) == 0 &&
			entry->value[length] == '=')
			return entry->line;
	}
	return 0;
}

static void end_listener(struct reading *reading)
{
	struct listener_section *section = &reading->listener;
	cleanup_free char *text = NULL;

	if (!section->name)
		return;
	int r = listener_section_end(section, reading->path, &text, reading->problems);
	if (r == 0)
		r = config_add(reading->config, option_set_find(&option_set, "listen"), text,
			section->line);
	note(reading, r);
	listener_section_finish(section);
}

static void begin_listener(struct reading *reading, unsigned line, const char *name)
{
	unsigned before = find_listener(reading, name);
	int r = listener_section_begin(
		&reading->listener, name, line, reading->path, reading->problems);

	note(reading, r);
	reading->is_skipping = r < 0;
	if (r == 0 && before)
		problems_add(reading->problems, reading->path, line,
			"listener \"%s\" is there twice, first in line %u", name, before);
}

static void begin_section(struct reading *reading, unsigned line, const char *section)
{
	end_listener(reading);
	reading->is_skipping = !section;
	if (!section)
		return;
	if (strncmp(section, LISTENER, strlen(LISTENER)) == 0) {
		begin_listener(reading, line, section + strlen(LISTENER));
		return;
	}
	if (strcmp(section, "service") == 0 && reading->service_line == 0) {
		reading->service_line = line;
		return;
	}
	reading->is_skipping = true;
	if (reading->service_line && strcmp(section, "service") == 0)
		problems_add(reading->problems, reading->path, line,
			"[service] is there twice, first in line %u", reading->service_line);
	else
		problems_add(reading->problems, reading->path, line,
			"unknown section [%s]: there are [service] and [listener NAME]", section);
}

static void read_command(struct reading *reading, unsigned line, const char *value)
{
	struct baton_error error;

	if (reading->config->command) {
		problems_add(reading->problems, reading->path, line,
			"command is given twice, first in line %u", reading->config->command_line);
		return;
	}
	int r = words_split(value, &reading->config->command, &error);
	if (r < 0)
		problems_add(reading->problems, reading->path, line, "command: %s", error.text);
	reading->config->command_line = line;
}

static void unknown_key(struct reading *reading, unsigned line, const char *key)
{
	const struct option *nearest = option_set_nearest(&option_set, key);

	if (strcmp(key, "listen") == 0)
		problem(reading, line,
			"a listener has a section of its own: [listener NAME] with address = "
			"ADDRESS");
	else if (nearest && nearest->scope == OPTION_ARGUMENT && strcmp(nearest->name, key) == 0)
		problems_add(reading->problems, reading->path, line,
			"%s is for the command line only: --%s", key, key);
	else if (nearest)
		problems_add(reading->problems, reading->path, line,
			"unknown key \"%s\", is it %s? baton.conf(5) has them all", key,
			nearest->name);
	else
		problems_add(reading->problems, reading->path, line,
			"unknown key \"%s\": baton.conf(5) has them all", key);
}

static const struct option *find_option(const char *key)
{
	const struct option *option = option_set_find(&option_set, key);

	if (!option || option->scope == OPTION_ARGUMENT || strcmp(key, "listen") == 0)
		return NULL;
	return option;
}

/* Whether the value turns on an option that takes none on the command line. 1, 0, -EINVAL. */
static int read_switch(const char *value)
{
	static const char *const words[][2] = { { "no", "yes" }, { "false", "true" },
		{ "off", "on" }, { "0", "1" } };

	for (size_t i = 0; i < array_length(words); i++)
		for (int is_on = 0; is_on < 2; is_on++)
			if (strcmp(words[i][is_on], value) == 0)
				return is_on;
	return -EINVAL;
}

/* Whether the option takes the value: tried on settings that are not kept. */
static int try_value(const struct option *option, const char *value, struct baton_error *error)
{
	struct settings settings;

	settings_init(&settings);
	int r = option->apply(option, &settings, value, error);

	settings_finish(&settings);
	return r;
}

/* The option is called without its dashes here, and so is it in what is said of it. */
static void refuse_value(struct reading *reading, unsigned line, const struct option *option,
	const struct baton_error *error)
{
	const char *dashes = strstr(error->text, "--");

	if (dashes && strncmp(dashes + 2, option->name, strlen(option->name)) == 0)
		problems_add(reading->problems, reading->path, line, "%.*s%s",
			(int)(dashes - error->text), error->text, dashes + 2);
	else
		problem(reading, line, error->text);
}

static void read_option(
	struct reading *reading, unsigned line, const struct option *option, const char *value)
{
	const struct config_entry *before = config_find(reading->config, option);
	struct baton_error error;

	if (before && !option->may_repeat) {
		problems_add(reading->problems, reading->path, line,
			"%s is given twice, first in line %u", option->name, before->line);
		return;
	}
	if (!option->value) {
		int is_on = read_switch(value);
		if (is_on < 0)
			problems_add(reading->problems, reading->path, line,
				"bad value \"%s\" for %s: yes or no", value, option->name);
		else
			note(reading,
				config_add(
					reading->config, option, is_on ? NULL : CONFIG_OFF, line));
		return;
	}
	int r = try_value(option, value, &error);
	if (r < 0)
		refuse_value(reading, line, option, &error);
	else
		r = config_add(reading->config, option, value, line);
	note(reading, r);
}

static void on_line(
	void *data, unsigned line, const char *section, const char *key, const char *value)
{
	struct reading *reading = data;
	const struct option *option = key ? find_option(key) : NULL;

	if (!key)
		begin_section(reading, line, section);
	else if (reading->is_skipping)
		return;
	else if (!*section)
		problem(reading, line, "a section has to come first: [service] or [listener NAME]");
	else if (reading->listener.name)
		note(reading,
			listener_section_add(&reading->listener,
				&(struct listener_key){
					.key = (char *)key, .value = (char *)value, .line = line },
				reading->path, reading->problems));
	else if (strcmp(key, "command") == 0)
		read_command(reading, line, value);
	else if (option)
		read_option(reading, line, option, value);
	else
		unknown_key(reading, line, key);
}

int config_file_parse(const char *path, const char *text, size_t length, struct config *ret,
	struct problems *problems)
{
	struct config config = CONFIG_INIT;
	struct reading reading = { .config = &config, .path = path, .problems = problems };
	size_t before = problems->count;

	note(&reading,
		lines_parse(text, length,
			&(struct lines_options){ .path = path,
				.on_line = on_line,
				.data = &reading,
				.problems = problems }));
	end_listener(&reading);
	if (reading.result == 0 && problems->count > before)
		reading.result = -EBADMSG;
	if (reading.result < 0)
		config_finish(&config);
	else
		*ret = config;
	return reading.result;
}

int config_file_read(const char *path, struct config *ret, struct problems *problems)
{
	cleanup_free char *text = NULL;
	size_t length;
	struct baton_error error;
	int r = text_file_read(path, "configuration file", &text, &length, &error);
	if (r < 0) {
		problems_add(problems, NULL, 0, "%s", error.text);
		return r;
	}
	return config_file_parse(path, text, length, ret, problems);
}
