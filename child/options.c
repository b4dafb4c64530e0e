/* SPDX-License-Identifier: MIT */
/* See options.h. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <baton/baton.h>

enum { DURATION_MAX_MS = 24 * 24 * 3600 * 1000 }; /* fits an int */

static const struct option long_options[] = {
	{ "drain-timeout", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "keep-alive-timeout", required_argument, NULL, 'k' },
	{ "listen", required_argument, NULL, 'l' },
	{ "max-body", required_argument, NULL, 'b' },
	{ "max-connections", required_argument, NULL, 'c' },
	{ "pid-file", required_argument, NULL, 'p' },
	{ "request-timeout", required_argument, NULL, 'r' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
	"Usage: baton-httpd [OPTION]...\n"
	"An HTTP server that is restarted and upgraded without losing a connection.\n"
	"\n"
	"  -l, --listen [NAME=]ADDRESS   listen there; may be repeated; without it, the\n"
	"                                sockets that were passed are served\n"
	"      --drain-timeout SEC       finish what is open within that time (60)\n"
	"      --keep-alive-timeout SEC  end connections that are idle for so long (75)\n"
	"      --request-timeout SEC     give up slow clients after so long (30)\n"
	"      --max-body BYTES          refuse larger requests (1048576)\n"
	"      --max-connections N       let more clients than that wait (no limit)\n"
	"      --pid-file FILE           write the process id there once it accepts\n"
	"      --help                    print this and exit\n"
	"      --version                 print the version and exit\n"
	"\n"
	"Times take 500ms, 2s, 1m. SIGHUP upgrades, SIGTERM drains and ends.\n";

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

static int parse_duration(const char *option, const char *text, int *ret_ms)
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
		if (value * units[i].ms > DURATION_MAX_MS || value * units[i].ms < 1)
			return complain("%s: \"%s\" is not within 1ms and 576h", option, text);
		*ret_ms = (int)(value * units[i].ms + 0.5);
		return 0;
	}
	return complain("%s: \"%s\" is not a duration (500ms, 2s, 1m)", option, text);
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

static int take_option(struct options *options, int option, char **argv)
{
	uint64_t number = 0;
	int r;

	switch (option) {
	case 'b':
		return parse_number("--max-body", optarg, UINT32_MAX, &options->max_body);
	case 'c':
		r = parse_number("--max-connections", optarg, INT32_MAX, &number);
		options->max_connections = (size_t)number;
		return r;
	case 'd':
		return parse_duration("--drain-timeout", optarg, &options->drain_timeout_ms);
	case 'k':
		return parse_duration("--keep-alive-timeout", optarg, &options->keep_alive_ms);
	case 'l':
		return add_listener(options, optarg);
	case 'p':
		options->pid_file = optarg;
		return 0;
	case 'r':
		return parse_duration("--request-timeout", optarg, &options->request_ms);
	case ':':
		return complain("%s needs an argument", argv[optind - 1]);
	}
	return complain("there is no option %s", argv[optind - 1]);
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
		int r = 0;

		if (option == 'h')
			return fputs(help, stdout) < 0 ? -EIO : 0;
		if (option == 'V')
			return printf("baton-httpd %d.%d.%d\n", BATON_VERSION_MAJOR,
				       BATON_VERSION_MINOR, BATON_VERSION_PATCH) < 0
				? -EIO
				: 0;
		r = take_option(options, option, argv);
		if (r < 0)
			return r;
	}
	if (optind < argc)
		return complain("what is \"%s\"? There are only options", argv[optind]);
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
