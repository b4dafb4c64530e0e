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
	WORK_THREADS_MAX = 1024,
	ALIKE = 3, /* letters at the beginning, of a slip and of what was meant */
};

enum kind { KIND_TEXT, KIND_TIME, KIND_NUMBER, KIND_DEBUG, KIND_LISTEN, KIND_HELP, KIND_VERSION };

/* An option; where its value goes in struct options: a text, milliseconds (int), or a uint64_t. */
struct row {
	const char *name;
	enum kind kind;
	size_t offset;
	uint64_t min, max;
};

#define AT(member) offsetof(struct options, member)

static const struct row rows[] = {
	{ "access-log", KIND_TEXT, AT(access_log) },
	{ "answer-timeout", KIND_TIME, AT(answer_ms), 1, DURATION_MAX_MS },
	{ "close-spread", KIND_TIME, AT(close_spread_ms), 0, DURATION_MAX_MS },
	{ "debug", KIND_DEBUG },
	{ "drain-timeout", KIND_TIME, AT(drain_timeout_ms), 0, DURATION_MAX_MS },
	{ "help", KIND_HELP },
	{ "keep-alive-timeout", KIND_TIME, AT(keep_alive_ms), 1, DURATION_MAX_MS },
	{ "listen", KIND_LISTEN },
	{ "max-body", KIND_NUMBER, AT(max_body), 0, UINT32_MAX },
	{ "max-connections", KIND_NUMBER, AT(max_connections), 0, INT32_MAX },
	{ "pid-file", KIND_TEXT, AT(pid_file) },
	{ "request-timeout", KIND_TIME, AT(request_ms), 1, DURATION_MAX_MS },
	{ "root", KIND_TEXT, AT(root) },
	{ "version", KIND_VERSION },
	{ "work-queue", KIND_NUMBER, AT(work_queue), 0, INT32_MAX },
	{ "work-threads", KIND_NUMBER, AT(work_threads), 0, WORK_THREADS_MAX },
};

enum {
	ROW_COUNT = sizeof(rows) / sizeof(rows[0]),
	ROW_FIRST = 256, /* getopt's value of the first row; no letter is as large */
};

static const char help[] =
	"Usage: baton-httpd [OPTION]...\n"
	"An HTTP server that is restarted and upgraded without losing a connection.\n"
	"\n"
	"  -l, --listen [NAME=]ADDRESS    listen there; may be repeated\n"
	"                                 (default: all sockets that were passed)\n"
	"      --debug [NAME=]ADDRESS     show there what goes on\n"
	"                                 (default: a passed socket named debug)\n"
	"      --root DIR                 serve what is there below /files/\n"
	"                                 (default: nothing)\n"
	"      --access-log FILE          log requests there (default: nowhere)\n"
	"      --answer-timeout TIME      give up answers that take longer (default: 60s)\n"
	"      --close-spread TIME        when told to end, end idle connections one by one\n"
	"                                 over that time (default: 0)\n"
	"      --drain-timeout TIME       when told to end, finish what is open within\n"
	"                                 that time (default: 60s)\n"
	"      --keep-alive-timeout TIME  end connections that are idle for so long\n"
	"                                 (default: 75s)\n"
	"      --request-timeout TIME     give up slow clients after so long (default: 30s)\n"
	"      --max-body BYTES           refuse larger requests, up to 4294967295\n"
	"                                 (default: 1048576)\n"
	"      --max-connections N        let more clients than that wait\n"
	"                                 (default: as many as there are descriptors)\n"
	"      --work-threads N           threads for /work, up to 1024\n"
	"                                 (default: one a processor)\n"
	"      --work-queue N             requests that may wait for one of them\n"
	"                                 (default: 16 a thread)\n"
	"      --pid-file FILE            write the process id there once it accepts\n"
	"                                 (default: nowhere)\n"
	"  -h, --help                     print this and exit\n"
	"      --version                  print the version and exit\n"
	"\n"
	"TIME is a number with ms, s, m or h; a bare number means seconds.\n"
	"N is a number up to 2147483647 where nothing else is said; 0 is the default.\n"
	"SIGHUP upgrades, SIGTERM drains and ends, SIGUSR1 reopens the access log.\n"
	"See baton-httpd(1).\n";

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

static int parse_number(const struct row *row, const char *text, uint64_t *ret)
{
	char *end;

	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value > row->max)
		return complain("--%s: \"%s\" is not a number up to %llu", row->name, text,
			(unsigned long long)row->max);
	*ret = value;
	return 0;
}

static int parse_time(const struct row *row, const char *text, int *ret_ms)
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
		if (value * units[i].ms > (double)row->max ||
			value * units[i].ms < (double)row->min)
			return complain("--%s: \"%s\" is not within %s and 576h", row->name, text,
				row->min ? "1ms" : "0");
		*ret_ms = (int)(value * units[i].ms + 0.5);
		return 0;
	}
	return complain("--%s: \"%s\" is not a duration (500ms, 2s, 1m, 1h)", row->name, text);
}

bool options_has_listener(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->listener_count; i++)
		if (options->listeners[i].name && strcmp(options->listeners[i].name, name) == 0)
			return true;
	return false;
}

/* The first of http, http2, http3, ... that is free. */
static char *default_name(const struct options *options)
{
	char name[32] = "http";

	for (unsigned i = 2;
		options_has_listener(options, name) || strcmp(options->debug.name, name) == 0; i++)
		(void)snprintf(name, sizeof(name), "http%u", i);
	return strdup(name);
}

/* Once all that the user chose are known: those win, wherever they stand. */
static int choose_names(struct options *options)
{
	if (!options->debug.name)
		options->debug.name = strdup("debug");
	if (!options->debug.name)
		return complain("out of memory");
	if (options->debug.address && options_has_listener(options, options->debug.name))
		return complain("--debug: a listener of --listen is named \"%s\", too",
			options->debug.name);
	for (size_t i = 0; i < options->listener_count; i++) {
		char **name = &options->listeners[i].name;

		if (!*name)
			*name = default_name(options);
		if (!*name)
			return complain("out of memory");
	}
	return 1;
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
	bool is_taken = listener.name && options_has_listener(options, listener.name);

	listeners[options->listener_count++] = listener; /* options_finish frees what it has */
	if (is_taken)
		return complain("--listen: there are two listeners named \"%s\"", listener.name);
	return 0;
}

static int set_debug(struct options *options, const char *text)
{
	struct baton_error error;

	if (options->debug.address)
		return complain("--debug: \"%s\" is one too many: there is \"%s\" already", text,
			baton_address_text(options->debug.address));
	if (baton_address_parse_named(text, &options->debug.name, &options->debug.address, &error) <
		0)
		return complain("--debug: %s", error.text);
	return 0;
}

static int print(const char *text)
{
	return fputs(text, stdout) < 0 ? -EIO : 1;
}

/* 1: done, the text that was asked for is printed. 0: go on. Or -errno. */
static int take(struct options *options, const struct row *row, const char *value)
{
	void *member = (char *)options + row->offset;
	char version[64];

	switch (row->kind) {
	case KIND_TEXT:
		*(const char **)member = value;
		return *value ? 0 : complain("--%s: it is empty", row->name);
	case KIND_TIME:
		return parse_time(row, value, member);
	case KIND_NUMBER:
		return parse_number(row, value, member);
	case KIND_DEBUG:
		return set_debug(options, value);
	case KIND_LISTEN:
		return add_listener(options, value);
	case KIND_HELP:
		return print(help);
	case KIND_VERSION:
		break;
	}
	(void)snprintf(version, sizeof(version), "baton-httpd %d.%d.%d\n", BATON_VERSION_MAJOR,
		BATON_VERSION_MINOR, BATON_VERSION_PATCH);
	return print(version);
}

/* Of getopt's value: a letter or a row. */
static const struct row *find_row(int value)
{
	const char *name = value == 'l' ? "listen" : "help";

	if (value >= ROW_FIRST)
		return &rows[value - ROW_FIRST];
	for (size_t i = 0;; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
}

/* The option that begins most like the word; NULL if none does. */
static const char *nearest_option(const char *word)
{
	const char *nearest = NULL;
	size_t best = ALIKE - 1;

	for (size_t i = 0; i < ROW_COUNT; i++) {
		size_t length = 0;

		while (word[length] && word[length] == rows[i].name[length])
			length++;
		if (length > best) {
			best = length;
			nearest = rows[i].name;
		}
	}
	return nearest;
}

/* What getopt_long refused: argument is the word if it is a long option, optopt the letter if
 * not. */
static int refuse_option(const char *argument)
{
	const char *nearest;

	if (optopt == 'h' || optopt >= ROW_FIRST)
		return complain("option %s: it takes no value" TRY, argument);
	if (optopt)
		return complain("unknown option \"-%c\"" TRY, optopt);
	nearest = nearest_option(argument + 2);
	if (nearest)
		return complain("unknown option \"%s\", is it --%s?" TRY, argument, nearest);
	return complain("unknown option \"%s\"" TRY, argument);
}

/* As `take`. */
static int handle_option(struct options *options, int option, const char *argument)
{
	bool lacks_value = option == ':' || (optarg == argument && strcmp(argument, "--") == 0);

	if (lacks_value)
		return complain("option --%s needs a value" TRY,
			find_row(option == ':' ? optopt : option)->name);
	if (option == '?')
		return refuse_option(argument);
	return take(options, find_row(option), optarg);
}

static void fill_long_options(struct option long_options[ROW_COUNT + 1])
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		bool app_has_ended = rows[i].kind == KIND_HELP || rows[i].kind == KIND_VERSION;

		long_options[i] = (struct option){
			.name = rows[i].name,
			.has_arg = app_has_ended ? no_argument : required_argument,
			.val = ROW_FIRST + (int)i,
		};
	}
	long_options[ROW_COUNT] = (struct option){ 0 };
}

int options_parse(int argc, char **argv, struct options *options)
{
	struct option long_options[ROW_COUNT + 1];
	int option;

	*options = (struct options){
		.drain_timeout_ms = 60 * 1000,
		.keep_alive_ms = 75 * 1000,
		.request_ms = 30 * 1000,
		.answer_ms = 60 * 1000,
		.max_body = 1024 * 1024,
	};
	fill_long_options(long_options);
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hl:", long_options, NULL)) != -1) {
		int r = handle_option(options, option, argv[optind - 1]);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (optind < argc)
		return complain("unexpected argument \"%s\"" TRY, argv[optind]);
	return choose_names(options);
}

static void free_listener(struct options_listener *listener)
{
	free(listener->name);
	baton_address_destroy(listener->address);
}

void options_finish(struct options *options)
{
	for (size_t i = 0; i < options->listener_count; i++)
		free_listener(&options->listeners[i]);
	free_listener(&options->debug);
	free(options->listeners);
	options->listeners = NULL;
	options->listener_count = 0;
}
