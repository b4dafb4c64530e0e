/* SPDX-License-Identifier: MIT */
/* See options.h. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "option_table.h"
#include "settings.h"

#define TRY "try: baton run --help"

static int copy_command(char **argv, struct settings *settings, struct baton_error *error)
{
	size_t count = 0;

	while (argv[count])
		count++;
	if (count == 0)
		return error_set(error, -EINVAL, "no command given (" TRY ")");
	settings->command = calloc(count + 1, sizeof(*settings->command));
	for (size_t i = 0; settings->command && i < count; i++) {
		settings->command[i] = strdup(argv[i]);
		if (!settings->command[i])
			return error_set(error, -ENOMEM, "out of memory");
	}
	return settings->command ? 0 : error_set(error, -ENOMEM, "out of memory");
}

static int parse_all(char **argv, struct settings *settings, struct baton_error *error)
{
	int rest;
	int r = option_set_parse(&option_set, argv, settings, &rest, error);
	if (r != 0)
		return r;
	r = copy_command(argv + rest, settings, error);
	if (r < 0)
		return r;
	if (settings_name_service(settings) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	return settings_check(settings, error);
}

int options_parse(int argc, char **argv, struct settings *ret, struct baton_error *error)
{
	struct settings settings;

	if (argc < 1)
		return error_set(error, -EINVAL, "no command given (" TRY ")");
	settings_init(&settings);
	int r = parse_all(argv, &settings, error);
	if (r != 0) {
		settings_finish(&settings);
		return r;
	}
	*ret = settings;
	return 0;
}

void options_help(FILE *out)
{
	option_set_help(&option_set, out);
}
