/* SPDX-License-Identifier: MIT */
/*
 * What might be in a configuration file. Of what is taken each value must be
 * fit for its option; what is refused must have been said, each problem in one
 * line that begins with the file, and leave nothing behind.
 */
#include "config/config_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/problems.h"
#include "option_set.h"
#include "settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_entries(const struct config *config)
{
	struct settings settings;
	struct baton_error error;

	settings_init(&settings);
	for (size_t i = 0; i < config->count; i++) {
		const struct config_entry *entry = &config->entries[i];

		if (!entry->option->value && entry->value)
			continue;
		if (entry->line == 0 ||
			entry->option->apply(entry->option, &settings, entry->value, &error) != 0)
			abort();
	}
	if (config->command && !config->command[0])
		abort();
	settings_finish(&settings);
}

static void check_problems(const struct problems *problems)
{
	size_t lines = 0;

	for (const char *line = problems->text.text; line && *line; lines++) {
		if (strncmp(line, "f:", 2) != 0)
			abort();
		line = strchr(line, '\n');
		if (!line)
			abort();
		line++;
	}
	if (lines != problems->count || lines == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct problems problems = PROBLEMS_INIT;
	struct config config = CONFIG_INIT;

	if (config_file_parse("f", (const char *)bytes, length, &config, &problems) == 0)
		check_entries(&config);
	else
		check_problems(&problems);
	config_finish(&config);
	problems_finish(&problems);
	return 0;
}
