/* SPDX-License-Identifier: MIT */
/* See options.h. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <baton/baton.h>

#define TRY " (try: baton-httpd --help)"

enum {
	DURATION_MAX_MS = 24 * 24 * 3600 * 1000, /* fits an int */
	ALIKE = 3, /* letters at the beginning, of a slip and of what was meant */
};

/* Options without a letter; no letter is as large. */
enum {
	OPTION_DRAIN_TIMEOUT = 256,
	OPTION_KEEP_ALIVE_TIMEOUT,
	OPTION_MAX_BODY,
	OPTION_MAX_CONNECTIONS,
	OPTION_PID_FILE,
	OPTION_REQUEST_TIMEOUT,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "drain-timeout", required_argument, NULL, OPTION_DRAIN_TIMEOUT },
	{ "help", no_argument, NULL, 'h' },
	{ "keep-alive-timeout", required_argument, NULL, OPTION_KEEP_ALIVE_TIMEOUT },
	{ "listen", required_argument, NULL, 'l' },
	{ "max-body", required_argument, NULL, OPTION_MAX_BODY },
	{ "max-connections", required_argument, NULL, OPTION_MAX_CONNECTIONS },
	{ "pid-file", required_argument, NULL, OPTION_PID_FILE },
	{ "request-timeout", required_argument, NULL, OPTION_REQUEST_TIMEOUT },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
	"Usage: baton-httpd [OPTION]...\n"
	"An HTTP server that is restarted and upgraded without losing a connection.\n"
	"\n"
	"  -l, --listen [NAME=]ADDRESS    listen there; may be repeated\n"
	"                                 (default: all sockets that were passed)\n"
	"      --drain-timeout TIME       when told to end, finish what is open within\n"
	"                                 that time (default: 60s)\n"
	"      --keep-alive-timeout TIME  end connections that are idle for so long\n"
	"                                 (default: 75s)\n"
	"      --request-timeout TIME     give up slow clients after so long (default: 30s)\n"
	"      --max-body BYTES           refuse larger requests (default: 1048576)\n"
	"      --max-connections N        let more clients than that wait\n"
	"                                 (default: as many as there are descriptors)\n"
	"      --pid-file FILE            write the process id there once it accepts\n"
	"                                 (default: nowhere)\n"
	"  -h, --help                     print this and exit\n"
	"      --version                  print the version and exit\n"
	"\n"
	"TIME is a number with ms, s, m or h; a bare number means seconds.\n"
	"SIGHUP upgrades, SIGTERM drains and ends. See baton-httpd(1).\n";

static int __attribute__((format(printf, 1, 2))) complain(const char *format, ...)
{
	va_list args;

	(void)fputs("baton-httpd: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return -EINVAL;
}

static int parse_number(const char *option, const char *text, uint64_t max, uint64_t *ret)
{
	char *end;

	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value > max)
		return complain("%s: \"%s\" is not a number up to %llu", option, text,
			(unsigned long long)max);
	*ret = value;
	return 0;
}

static int parse_duration(const char *option, const char *text, int min_ms, int *ret_ms)
{
	static const struct {
		const char *suffix;
		double ms;
	} units[] = { { "", 1e3 }, { "ms", 1 }, { "s", 1e3 }, { "m", 60e3 }, { "h", 3600e3 } };
	/* strtod alone would take signs, exponents, "inf" and hexadecimal numbers too. */
	size_t span = strspn(text, "0123456789.");
	char number[24], *end = number;
	double value = -1;

	if (span > 0 && span < sizeof(number) && text[0] != '.') {
		memcpy(number, text, span);
		number[span] = '\0';
		value = strtod(number, &end);
	}
	for (size_t i = 0; value >= 0 && !*end && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + span, units[i].suffix) != 0)
			continue;
		if (value * units[i].ms > DURATION_MAX_MS || value * units[i].ms < min_ms)
			return complain("%s: \"%s\" is not within %s and 576h", option, text,
				min_ms ? "1ms" : "0");
		*ret_ms = (int)(value * units[i].ms + 0.5);
		return 0;
	}
	return complain("%s: \"%s\" is not a duration (500ms, 2s, 1m, 1h)", option, text);
}

static bool has_listener(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->listener_count; i++)
		if (strcmp(options->listeners[i].name, name) == 0)
			return true;
	return false;
}

/* The first of http, http2, http3, ... that is free. */
static char *default_name(const struct options *options)
{
	char name[32] = "http";

	for (unsigned i = 2; has_listener(options, name); i++)
		(void)snprintf(name, sizeof(name), "http%u", i);
	return strdup(name);
}

static int add_listener(struct options *options, const char *text)
{
	struct options_listener *listeners =
		realloc(options->listeners, (options->listener_count + 1) * sizeof(*listeners));
	struct options_listener listener;
	struct baton_error error;

	if (!listeners)
		return complain("out of memory");
	options->listeners = listeners;
	if (baton_address_parse_named(text, &listener.name, &listener.address, &error) < 0)
		return complain("--listen: %s", error.text);
	bool is_taken = listener.name && has_listener(options, listener.name);

	if (!listener.name)
		listener.name = default_name(options);
	listeners[options->listener_count++] = listener; /* options_finish frees what it has */
	if (is_taken)
		return complain("--listen: there are two listeners named \"%s\"", listener.name);
	return listener.name ? 0 : complain("out of memory");
}

/* To libbaton 0 is its default: a millisecond is the least there is. */
static int parse_drain_timeout(const char *text, int *ret_ms)
{
	int r = parse_duration("--drain-timeout", text, 0, ret_ms);

	if (r == 0 && *ret_ms == 0)
		*ret_ms = 1;
	return r;
}

static int take_option(struct options *options, int option)
{
	uint64_t number = 0;
	int r;

	switch (option) {
	case 'l':
		return add_listener(options, optarg);
	case OPTION_DRAIN_TIMEOUT:
		return parse_drain_timeout(optarg, &options->drain_timeout_ms);
	case OPTION_KEEP_ALIVE_TIMEOUT:
		return parse_duration("--keep-alive-timeout", optarg, 1, &options->keep_alive_ms);
	case OPTION_MAX_BODY:
		return parse_number("--max-body", optarg, UINT32_MAX, &options->max_body);
	case OPTION_MAX_CONNECTIONS:
		r = parse_number("--max-connections", optarg, INT32_MAX, &number);
		options->max_connections = (size_t)number;
		return r;
	case OPTION_PID_FILE:
		options->pid_file = optarg;
		return 0;
	}
	return parse_duration("--request-timeout", optarg, 1, &options->request_ms);
}

static const char *option_name(int value)
{
	const struct option *option = long_options;

	while (option->name && option->val != value)
		option++;
	return option->name;
}

/* The option that begins most like the word; NULL if none does. */
static const char *nearest_option(const char *word)
{
	const char *nearest = NULL;
	size_t best = ALIKE - 1;

	for (const struct option *option = long_options; option->name; option++) {
		size_t length = 0;

		while (word[length] && word[length] == option->name[length])
			length++;
		if (length > best) {
			best = length;
			nearest = option->name;
		}
	}
	return nearest;
}

/* What getopt_long refused: argument is the word if it is a long option, optopt the letter if not. */
static int refuse_option(const char *argument)
{
	const char *nearest;

	if (optopt == 'h' || optopt > UCHAR_MAX)
		return complain("option %s: it takes no value" TRY, argument);
	if (optopt)
		return complain("unknown option \"-%c\"" TRY, optopt);
	nearest = nearest_option(argument + 2);
	if (nearest)
		return complain("unknown option \"%s\", is it --%s?" TRY, argument, nearest);
	return complain("unknown option \"%s\"" TRY, argument);
}

/* 1: done, the text that was asked for is printed. 0: go on. Or -errno. */
static int handle_option(struct options *options, int option, const char *argument)
{
	bool lacks_value = option == ':' || (optarg == argument && strcmp(argument, "--") == 0);
	int r;

	if (lacks_value)
		return complain("option --%s needs a value" TRY,
			option_name(option == ':' ? optopt : option));
	if (option == '?')
		return refuse_option(argument);
	if (option != 'h' && option != OPTION_VERSION)
		return take_option(options, option);
	r = option == 'h' ? fputs(help, stdout)
			  : printf("baton-httpd %d.%d.%d\n", BATON_VERSION_MAJOR,
				    BATON_VERSION_MINOR, BATON_VERSION_PATCH);
	return r < 0 ? -EIO : 1;
}

int options_parse(int argc, char **argv, struct options *options)
{
	int option;

	*options = (struct options){
		.drain_timeout_ms = 60 * 1000,
		.keep_alive_ms = 75 * 1000,
		.request_ms = 30 * 1000,
		.max_body = 1024 * 1024,
	};
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hl:", long_options, NULL)) != -1) {
		int r = handle_option(options, option, argv[optind - 1]);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (optind < argc)
		return complain("unexpected argument \"%s\"" TRY, argv[optind]);
	return 1;
}

void options_finish(struct options *options)
{
	for (size_t i = 0; i < options->listener_count; i++) {
		free(options->listeners[i].name);
		baton_address_destroy(options->listeners[i].address);
	}
	free(options->listeners);
	options->listeners = NULL;
	options->listener_count = 0;
}
