/* SPDX-License-Identifier: MIT */
/* See check.h: what an upgrade would read, and all that is wrong with it. */
#include "config/check.h"

#include <stdio.h>
#include <sysexits.h>

#include "config/loaded.h"
#include "config/problems.h"
#include "log.h"
#include "option_set.h"

#define NO_FILE "no configuration file given (try: baton check -c FILE)"

static const char help[] =
	"Usage: baton check -c FILE [OPTIONS] [--] [COMMAND [ARG...]]\n"
	"\n"
	"Reads a configuration file as baton run -c FILE does, with the options that are\n"
	"given beside it, and says whether it is good, or all that is wrong with it.\n"
	"Opens no socket and starts nothing. The options are those of baton run.\n"
	"\n"
	"Exit status: 0 if it is good, 78 if it is not, 64 for bad use of this command.\n"
	"See baton.conf(5).\n";

static int judge(int r, const struct loaded *loaded)
{
	if (r == OPTION_SET_HELP) {
		(void)fputs(help, stdout);
		return EX_OK;
	}
	if (!loaded->settings.config_file) {
		log_error(NULL, NO_FILE);
		return EX_USAGE;
	}
	(void)printf("%s: good\n", loaded->settings.config_file);
	return EX_OK;
}

int check_main(int argc, char **argv)
{
	struct problems problems = PROBLEMS_INIT;
	struct loaded loaded;
	int status;

	if (argc < 2) {
		log_error(NULL, NO_FILE);
		return EX_USAGE;
	}
	int r = loaded_read(argv, NULL, &loaded, &problems, &status);
	if (r < 0)
		problems_log(&problems);
	else
		status = judge(r, &loaded);
	problems_finish(&problems);
	if (r == 0)
		loaded_finish(&loaded);
	return status;
}
