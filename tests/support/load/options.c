/* SPDX-License-Identifier: MIT */
/* See options.h. */
#include "support/load/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/parse.h"

enum { DEFAULT_TIMEOUT_MS = 10000, MAX_CLIENTS = 100000 };

enum option_id {
	OPTION_NEW = 1,
	OPTION_KEEP,
	OPTION_RATE,
	OPTION_EVERY,
	OPTION_DURATION,
	OPTION_REQUESTS,
	OPTION_UNTIL_FILE,
	OPTION_STARTED_FILE,
	OPTION_PATH,
	OPTION_TIMEOUT,
	OPTION_FASTCGI,
	OPTION_ALLOW_KEPT_FAILURES,
	OPTION_JSON,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{ "new", required_argument, NULL, OPTION_NEW },
	{ "keep", required_argument, NULL, OPTION_KEEP },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "every", required_argument, NULL, OPTION_EVERY },
	{ "duration", required_argument, NULL, OPTION_DURATION },
	{ "requests", required_argument, NULL, OPTION_REQUESTS },
	{ "until-file", required_argument, NULL, OPTION_UNTIL_FILE },
	{ "started-file", required_argument, NULL, OPTION_STARTED_FILE },
	{ "path", required_argument, NULL, OPTION_PATH },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "fastcgi", required_argument, NULL, OPTION_FASTCGI },
	{ "allow-kept-failures", no_argument, NULL, OPTION_ALLOW_KEPT_FAILURES },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

void load_options_help(FILE *out)
{
	(void)fputs("usage: baton-load [OPTION...] ADDRESS...\n"
		    "\n"
		    "ADDRESS is HOST:PORT, [V6]:PORT, unix:/PATH or unix:@NAME.\n"
		    "\n"
		    "  --new N               clients that connect anew for every request\n"
		    "  --keep N              clients that keep their connection\n"
		    "  --rate R              these ask R times a second in all, answered or not\n"
		    "  --every SEC           these pause between requests\n"
		    "  --duration SEC        stop after that time\n"
		    "  --requests N          stop after that many requests\n"
		    "  --until-file PATH     stop when PATH exists\n"
		    "  --started-file PATH   create PATH once each client has had an answer\n"
		    "  --path PATH           what to ask for (/)\n"
		    "  --timeout SEC         to connect, and for the answer (10)\n"
		    "  --fastcgi SCRIPT      speak FastCGI, ask for the script at this path\n"
		    "  --allow-kept-failures failures on reused connections do not count\n"
		    "  --json                the report as one JSON object\n"
		    "\n"
		    "TERM and INT stop it too. What is under way then is finished and counted.\n"
		    "Exit status: 0 if nothing failed and something was answered, 1 otherwise,\n"
		    "64 for bad usage.\n",
		out);
}

static int take_number(struct load_options *options, enum option_id id, const char *text)
{
	switch (id) {
	case OPTION_NEW:
		return parse_int(text, 1, MAX_CLIENTS, &options->new_clients);
	case OPTION_KEEP:
		return parse_int(text, 1, MAX_CLIENTS, &options->kept_clients);
	case OPTION_RATE:
		return parse_int(text, 1, 1000000, &options->rate);
	case OPTION_EVERY:
		return parse_duration(text, &options->every_ms);
	case OPTION_DURATION:
		return parse_duration(text, &options->duration_ms);
	case OPTION_REQUESTS:
		return parse_unsigned(text, 1, UINT64_MAX, &options->requests);
	case OPTION_TIMEOUT:
		return parse_duration(text, &options->timeout_ms);
	default:
		return -EINVAL;
	}
}

static int take_option(struct load_options *options, enum option_id id, const char *text,
	struct baton_error *error)
{
	switch (id) {
	case OPTION_PATH:
		options->path = text;
		return 0;
	case OPTION_UNTIL_FILE:
		options->until_file = text;
		return 0;
	case OPTION_STARTED_FILE:
		options->started_file = text;
		return 0;
	case OPTION_FASTCGI:
		options->script = text;
		return 0;
	case OPTION_ALLOW_KEPT_FAILURES:
		options->allows_kept_failures = true;
		return 0;
	case OPTION_JSON:
		options->writes_json = true;
		return 0;
	case OPTION_HELP:
		options->wants_help = true;
		return 0;
	default:
		if (take_number(options, id, text) == 0)
			return 0;
		return error_set(error, -EINVAL, "--%s: \"%s\" is no value for it",
			long_options[id - 1].name, text);
	}
}

static int take_targets(
	struct load_options *options, int count, char *texts[], struct baton_error *error)
{
	if (count == 0)
		return error_set(error, -EINVAL, "no address");
	options->targets = calloc((size_t)count, sizeof(*options->targets));
	if (!options->targets)
		return error_set_errno(error, -ENOMEM, "addresses");
	for (int i = 0; i < count; i++) {
		int result = target_parse(texts[i], &options->targets[i], error);

		if (result < 0)
			return result;
	}
	options->target_count = (size_t)count;
	return 0;
}

int load_options_parse(
	struct load_options *options, int argc, char *argv[], struct baton_error *error)
{
	int id, result;

	*options = (struct load_options){ .path = "/", .timeout_ms = DEFAULT_TIMEOUT_MS };
	opterr = 0;
	optind = 1;
	while ((id = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (id == '?')
			return error_set(error, -EINVAL, "unknown option %s", argv[optind - 1]);
		if (id == ':')
			return error_set(error, -EINVAL, "%s needs a value", argv[optind - 1]);
		result = take_option(options, (enum option_id)id, optarg, error);
		if (result < 0)
			return result;
	}
	if (options->wants_help)
		return 0;
	if (options->new_clients + options->kept_clients == 0)
		return error_set(error, -EINVAL, "no clients: --new or --keep is needed");
	if (!options->kept_clients && (options->rate || options->every_ms))
		return error_set(error, -EINVAL, "--rate and --every need --keep");
	if (options->rate && options->every_ms)
		return error_set(error, -EINVAL, "--rate and --every exclude each other");
	return take_targets(options, argc - optind, argv + optind, error);
}

void load_options_finish(struct load_options *options)
{
	free(options->targets);
	options->targets = NULL;
	options->target_count = 0;
}
