/* SPDX-License-Identifier: MIT */
/* See changes.h. */
#include "config/changes.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "config/loaded.h"
#include "log.h"
#include "option_table.h"

/* What is given for the option, several values with blanks between. NULL: out of memory. */
static char *text_of(const struct config *config, const struct option *option)
{
	struct strbuf buf = STRBUF_INIT;

	for (size_t i = 0; i < config->count; i++) {
		const struct config_entry *entry = &config->entries[i];

		if (entry->option != option)
			continue;
		if (!option->may_repeat)
			strbuf_finish(&buf); /* the last one counts */
		strbuf_appendf(
			&buf, "%s%s", buf.length ? " " : "", entry->value ? entry->value : "yes");
	}
	if (buf.length == 0)
		strbuf_append(&buf, "default");
	return strbuf_take(&buf);
}

static char *text_of_command(char *const *command)
{
	struct strbuf buf = STRBUF_INIT;

	for (; *command; command++)
		strbuf_appendf(&buf, "%s%s", buf.length ? " " : "", *command);
	return strbuf_take(&buf);
}

static void log_option(
	const struct option *option, const struct loaded *in_force, const struct loaded *next)
{
	cleanup_free char *before = text_of(&in_force->config, option);
	cleanup_free char *after = text_of(&next->as_read, option);

	if (!before || !after || strcmp(before, after) == 0)
		return;
	if (option->scope == OPTION_AT_UPGRADE)
		log_notice(NULL, "%s: %s -> %s", option->name, before, after);
	else
		log_warning(NULL, "%s: stays %s, and is %s once baton is started anew",
			option->name, before, after);
}

static bool is_same_command(char *const *a, char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0) {
		a++;
		b++;
	}
	return !*a && !*b;
}

void changes_log(const struct loaded *in_force, const struct loaded *next)
{
	for (size_t i = 0; i < option_count; i++)
		if (strcmp(option_table[i].name, "listen") != 0)
			log_option(&option_table[i], in_force, next);
	if (is_same_command(in_force->config.command, next->config.command))
		return;
	cleanup_free char *before = text_of_command(in_force->config.command);
	cleanup_free char *after = text_of_command(next->config.command);

	if (before && after)
		log_notice(NULL, "command: %s -> %s", before, after);
}
