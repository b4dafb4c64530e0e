/* SPDX-License-Identifier: MIT */
/*
 * baton-load: many clients at once on a server that is being upgraded, and
 * what each of them saw. Only wires; see options.h, load.h and report.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/cleanup.h"
#include "support/load/load.h"
#include "support/load/options.h"
#include "support/load/report.h"

static int print_report(const struct load_options *options, const struct statistics *statistics)
{
	struct strbuf out = STRBUF_INIT;

	if (options->writes_json)
		report_json(statistics, &out);
	else
		report_text(statistics, &out);
	cleanup_free char *text = strbuf_take(&out);

	if (!text || fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		return EX_IOERR;
	return report_is_good(statistics, options->allows_kept_failures) ? EXIT_SUCCESS
									 : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	static struct load load; /* large */
	struct load_options options;
	struct baton_error error;
	int status = EX_USAGE;

	if (load_options_parse(&options, argc, argv, &error) < 0) {
		(void)fprintf(stderr, "baton-load: %s\n", error.text);
	} else if (options.wants_help) {
		load_options_help(stdout);
		status = EXIT_SUCCESS;
	} else if (load_run(&load, &options) < 0) {
		(void)fputs("baton-load: out of memory\n", stderr);
		status = EX_OSERR;
	} else {
		status = print_report(&options, &load.statistics);
	}
	load_finish(&load);
	load_options_finish(&options);
	return status;
}
