/* SPDX-License-Identifier: MIT */
/* See doctor_options.h. */
#include "doctor/doctor_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/error.h"
#include "option_set.h"
#include "option_values.h"

enum { RESTARTS = 5, RESTARTS_MAX = 1000, READY_TIMEOUT_MS = 20000, TIME_LIMIT_MS = 120000 };

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Reads what stands behind a backslash. How long that is, or -EINVAL. */
static int read_escape(const char *text, char *ret)
{
	static const char letters[] = "rnt\\", meanings[] = "\r\n\t\\";
	const char *letter = *text ? strchr(letters, *text) : NULL;

	if (letter) {
		*ret = meanings[letter - letters];
		return 1;
	}
	if (*text != 'x' || !isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
		return -EINVAL;
	*ret = (char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
	return 3;
}

int doctor_options_unescape(char *text)
{
	int length = 0;

	for (const char *from = text; *from; length++) {
		int used = 1;

		if (*from == '\\')
			used = 1 + read_escape(from + 1, &text[length]);
		else
			text[length] = *from;
		if (used < 1)
			return -EINVAL;
		from += used;
	}
	text[length] = '\0';
	return length;
}

static int apply_send(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	struct doctor_options *options = target;
	int r = option_apply_text(option, target, value, error);
	if (r < 0)
		return r;
	r = doctor_options_unescape(options->send);
	if (r < 0)
		return error_set(error, r,
			"bad value \"%.80s\" for --send: a \\ is followed by r, n, t, \\ or xHH",
			value);
	options->send_length = (size_t)r;
	return 0;
}

static int apply_http(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	if (*value != '/' || strpbrk(value, " \t\r\n"))
		return error_set(error, -EINVAL,
			"bad value \"%.80s\" for --http: a path such as /health", value);
	return option_apply_text(option, target, value, error);
}

static int apply_run_option(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	struct doctor_options *options = target;
	size_t count = 0;

	if (value[0] != '-')
		return error_set(error, -EINVAL,
			"bad value \"%.80s\" for --%s: an option such as --user=www", value,
			option->name);
	while (options->run_options && options->run_options[count])
		count++;
	char **list = reallocarray(options->run_options, count + 2, sizeof(*list));

	if (!list)
		return error_set(error, -ENOMEM, "out of memory");
	options->run_options = list;
	list[count] = strdup(value);
	list[count + 1] = NULL;
	return list[count] ? 0 : error_set(error, -ENOMEM, "out of memory");
}

static const struct option table[] = {
	{
		.section = "The trial",
		.name = "restarts",
		.value = "N",
		.apply = option_apply_number,
		.offset = offsetof(struct doctor_options, restarts),
		.min = 1,
		.max = RESTARTS_MAX,
		.help = "how many a way has to take without a loss, 1 to\n1000 (default: 5)",
	},
	{
		.name = "http",
		.value = "PATH",
		.apply = apply_http,
		.offset = offsetof(struct doctor_options, http_path),
		.help = "what to ask for, where HTTP is spoken\n(default: /)",
	},
	{
		.name = "send",
		.value = "TEXT",
		.apply = apply_send,
		.offset = offsetof(struct doctor_options, send),
		.help = "what to say first, and any answer is right; with\n\\r, \\n, \\t, \\\\ "
			"and \\xHH (default: nothing)",
	},
	{
		.name = "run-option",
		.value = "OPTION",
		.apply = apply_run_option,
		.help = "an option of baton run that is always to be used,\nas --user=www; may be "
			"repeated (default: none)",
	},
	{
		.name = "ready-timeout",
		.value = "TIME",
		.apply = option_apply_duration,
		.offset = offsetof(struct doctor_options, ready_timeout_ms),
		.min = 1,
		.help = "how long a start may take (default: 20s)",
	},
	{
		.name = "time-limit",
		.value = "TIME",
		.apply = option_apply_duration,
		.offset = offsetof(struct doctor_options, time_limit_ms),
		.min = 1,
		.help = "how long all of it may take; what has not been\ntried by then is not "
			"(default: 2m)",
	},
	{
		.name = "host-network",
		.apply = option_apply_true,
		.offset = offsetof(struct doctor_options, on_host),
		.help = "bind on this machine, not in a network of the\ntrial's own where nobody "
			"else is reached",
	},
	{
		.section = "The report",
		.name = "json",
		.apply = option_apply_true,
		.offset = offsetof(struct doctor_options, is_json),
		.help = "as one JSON object",
	},
	{
		.letter = 'v',
		.name = "verbose",
		.apply = option_apply_true,
		.offset = offsetof(struct doctor_options, is_verbose),
		.help = "with the log of baton and what the server says,\non standard error",
	},
};

const struct option_set doctor_option_set = {
	.command = "doctor",
	.intro = "Usage: baton doctor [OPTIONS] [--] COMMAND [ARG...]\n"
		 "\n"
		 "Starts COMMAND, restarts it under load in one way after the other until nothing\n"
		 "is lost, and says how it behaves and which line of baton run to use. COMMAND is\n"
		 "really run, again and again, with whatever else it does.\n",
	.outro = "TIME is a number with ms, s, m or h; a bare number means seconds.\n"
		 "Exit status: 0 the line that is printed lost nothing; 1 there is none; 69 the\n"
		 "command does not start or binds nothing that can be tried. See "
		 "baton-doctor(1).\n",
	.options = table,
	.count = array_length(table),
};

static int parse(char **argv, struct doctor_options *options, struct baton_error *error)
{
	int rest;

	options->http_path = strdup("/");
	if (!options->http_path)
		return error_set(error, -ENOMEM, "out of memory");
	int r = option_set_parse(&doctor_option_set, argv, options, &rest, error);
	if (r != 0)
		return r;
	options->command = argv + rest;
	return *options->command
		? 0
		: error_set(error, -EINVAL, "no command given (try: baton doctor --help)");
}

int doctor_options_parse(char **argv, struct doctor_options *ret, struct baton_error *error)
{
	struct doctor_options options = {
		.restarts = RESTARTS,
		.ready_timeout_ms = READY_TIMEOUT_MS,
		.time_limit_ms = TIME_LIMIT_MS,
	};
	int r = parse(argv, &options, error);

	if (r != 0)
		doctor_options_finish(&options);
	else
		*ret = options;
	return r;
}

void doctor_options_finish(struct doctor_options *options)
{
	free(options->http_path);
	free(options->send);
	for (size_t i = 0; options->run_options && options->run_options[i]; i++)
		free(options->run_options[i]);
	free(options->run_options);
	*options = (struct doctor_options){ 0 };
}

void doctor_options_help(FILE *out)
{
	option_set_help(&doctor_option_set, out);
}
