/* SPDX-License-Identifier: MIT */
/* See options.h. */
#include "options.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "config/loaded.h"
#include "config/problems.h"
#include "option_table.h"

int options_parse(int argc, char **argv, struct settings *ret, struct baton_error *error)
{
	struct problems problems = PROBLEMS_INIT;
	struct loaded loaded;
	int status;

	if (argc < 1)
		return error_set(error, -EINVAL, "no command given (try: baton run --help)");
	int r = loaded_read(argv, NULL, &loaded, &problems, &status);
	cleanup_free char *text = strbuf_take(&problems.text);

	if (r < 0)
		return error_set(error, r, "%.*s", text ? (int)strcspn(text, "\n") : 0, text);
	if (r == 0) {
		config_finish(&loaded.config);
		config_finish(&loaded.as_read);
		*ret = loaded.settings;
	}
	return r;
}

void options_help(FILE *out)
{
	option_set_help(&option_set, out);
}
