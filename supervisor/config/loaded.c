/* SPDX-License-Identifier: MIT */
/* See loaded.h. */
#include "config/loaded.h"

#include <errno.h>

#include "base/error.h"
#include "config/config_file.h"
#include "config/problems.h"
#include "exit_status.h"
#include "option_table.h"

/* The file of --config; NULL: none. */
static const char *find_path(const struct config *arguments)
{
	const struct option *option = option_set_find(&option_set, "config");

	/* The last one counts, as of any option. */
	for (size_t i = arguments->count; i-- > 0;)
		if (arguments->entries[i].option == option)
			return arguments->entries[i].value;
	return NULL;
}

static int join(const struct config *file, const struct config *arguments,
	const struct loaded *in_force, struct loaded *loaded)
{
	int r = config_join(&loaded->as_read, file, arguments);

	if (r == 0)
		r = config_join(&loaded->config, file, arguments);
	if (r == 0 && in_force)
		r = config_keep_started(&loaded->config, &in_force->config);
	return r;
}

static int load(const struct config *arguments, const struct loaded *in_force,
	struct loaded *loaded, struct problems *problems)
{
	const char *path = find_path(arguments);
	struct config file = CONFIG_INIT;
	int r = path ? config_file_read(path, &file, problems) : 0;
	if (r < 0)
		return r;
	r = join(&file, arguments, in_force, loaded);
	config_finish(&file);
	if (r < 0) {
		problems_add(problems, NULL, 0, "out of memory");
		return r;
	}
	return config_settings(&loaded->config, path, &loaded->settings, problems);
}

int loaded_read(char **argv, const struct loaded *in_force, struct loaded *ret,
	struct problems *problems, int *ret_status)
{
	struct config arguments;
	struct loaded loaded = { .config = CONFIG_INIT };
	struct baton_error error;
	int r = config_read_arguments(&arguments, argv, &error);
	if (r < 0) {
		problems_add(problems, NULL, 0, "%s", error.text);
		*ret_status = exit_status(EXIT_STEP_SETTINGS, r);
	}
	if (r != 0)
		return r;
	settings_init(&loaded.settings);
	r = load(&arguments, in_force, &loaded, problems);
	*ret_status = exit_status(find_path(&arguments) ? EXIT_STEP_CONFIG : EXIT_STEP_SETTINGS, r);
	config_finish(&arguments);
	if (r < 0) {
		loaded_finish(&loaded);
		return r;
	}
	*ret = loaded;
	return 0;
}

void loaded_finish(struct loaded *loaded)
{
	settings_finish(&loaded->settings);
	config_finish(&loaded->config);
	config_finish(&loaded->as_read);
}
