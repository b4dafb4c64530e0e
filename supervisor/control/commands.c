/* SPDX-License-Identifier: MIT */
/* See commands.h. */
#include "control/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/parse.h"
#include "control/command_options.h"
#include "control/conversation.h"
#include "control/list.h"
#include "control/progress.h"
#include "control/render.h"
#include "control/screen.h"
#include "control/table.h"
#include "control/top.h"
#include "exit_status.h"
#include "log_line.h"

/* Answers that wait for nothing come at once, or the supervisor is busy beyond hope. */
enum { ANSWER_MS = 30 * 1000 };

/* What was printed may have gone nowhere: a full disk, say. */
static int printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EX_OK;
	(void)fprintf(stderr, "baton: cannot write to standard output\n");
	return EX_IOERR;
}

/* A question with an answer at once. */
static int ask(const struct command_options *options, json_t *take, json_t **ret)
{
	return conversation_hold(
		&(struct conversation){
			.options = options,
			.request = take,
			.timeout_ms = ANSWER_MS,
			.end_status = EX_UNAVAILABLE,
		},
		ret);
}

/* The same if nothing but that it was done is of interest. */
static int tell(const struct command_options *options, json_t *take)
{
	json_t *answer = NULL;
	int status = ask(options, take, &answer);

	json_decref(answer);
	return status;
}

static json_t *request(const char *command)
{
	return json_pack("{ss}", "command", command);
}

static int print_json(const json_t *object)
{
	cleanup_free char *text = json_dumps(object, JSON_INDENT(2));

	if (!text)
		return EX_OSERR;
	(void)puts(text); /* seen by printed */
	return printed();
}

static int print_text(struct strbuf *take)
{
	cleanup_free char *text = strbuf_take(take);

	if (!text)
		return EX_OSERR;
	(void)fputs(text, stdout); /* seen by printed */
	return printed();
}

static int print_status(const json_t *status)
{
	struct table_style style = screen_style(stdout);
	struct strbuf out = STRBUF_INIT;

	render_status(status, time(NULL), &style, &out);
	return print_text(&out);
}

static int status(const struct command_options *options, char **arguments)
{
	json_t *answer = NULL;
	int exit = ask(options, request("status"), &answer);

	(void)arguments;
	if (exit == EX_OK) {
		const json_t *now = json_object_get(answer, "status");

		exit = options->is_json ? print_json(now) : print_status(now);
	}
	json_decref(answer);
	return exit;
}

static int metrics(const struct command_options *options, char **arguments)
{
	json_t *answer = NULL;
	int exit = ask(options, request("metrics"), &answer);

	(void)arguments;
	if (exit == EX_OK) {
		const char *text = json_string_value(json_object_get(answer, "metrics"));

		(void)fputs(text ? text : "", stdout); /* seen by printed */
		exit = printed();
	}
	json_decref(answer);
	return exit;
}

static int reopen(const struct command_options *options, char **arguments)
{
	json_t *answer = NULL, *worker;
	int exit = ask(options, request("reopen"), &answer);
	size_t i;

	(void)arguments;
	json_array_foreach(json_object_get(answer, "spared"), i, worker)
	{
		(void)fprintf(stderr,
			"baton: SIGUSR1 is not sent to pid %lld: it has no handler, and would "
			"die\n",
			(long long)json_integer_value(json_object_get(worker, "pid")));
	}
	json_decref(answer);
	return exit;
}

/* As long as what is under way takes. */
static int reexec(const struct command_options *options, char **arguments)
{
	json_t *answer = NULL;
	int exit = conversation_hold(
		&(struct conversation){
			.options = options,
			.request = request("reexec"),
			.timeout_ms = -1,
			.end_status = EX_UNAVAILABLE,
		},
		&answer);
	const char *version = json_string_value(json_object_get(answer, "version"));

	(void)arguments;
	if (version)
		(void)printf("baton %s goes on\n", version); /* seen by printed */
	json_decref(answer);
	return exit == EX_OK ? printed() : exit;
}

static int kill_generation(const struct command_options *options, char **arguments)
{
	int number;

	if (parse_int(arguments[0], 1, INT_MAX, &number) < 0) {
		(void)fprintf(
			stderr, "baton: \"%.40s\" is no number of a generation\n", arguments[0]);
		return EX_USAGE;
	}
	return tell(
		options, json_pack("{ss,si}", "command", "kill-generation", "generation", number));
}

static void print_event(const json_t *event, void *data)
{
	cleanup_free char *text = json_dumps(event, JSON_COMPACT);

	(void)data;
	if (text)
		(void)puts(text); /* seen by printed */
	(void)fflush(stdout);     /* likewise */
}

static int events(const struct command_options *options, char **arguments)
{
	json_t *answer = NULL;
	int exit = conversation_hold(
		&(struct conversation){
			.options = options,
			.request = json_pack(
				"{ss,sb}", "command", "events", "follow", options->follows),
			.on_event = print_event,
			.timeout_ms = options->follows ? -1 : ANSWER_MS,
			.end_status = options->follows ? EX_OK : EX_UNAVAILABLE,
		},
		&answer);

	(void)arguments;
	json_decref(answer);
	return exit == EX_OK ? printed() : exit;
}

static int set(const struct command_options *options, char **arguments)
{
	json_t *change = request("set"), *answer = NULL;

	(void)arguments;
	if (options->drain_timeout_ms >= 0)
		(void)json_object_set_new(
			change, "drain_timeout_ms", json_integer(options->drain_timeout_ms));
	if (options->end_idle_ms >= 0)
		(void)json_object_set_new(
			change, "end_idle_ms", json_integer(options->end_idle_ms));
	if (options->log_level)
		(void)json_object_set_new(
			change, "log_level", json_string(log_level_name(options->log_level)));
	if (options->workers)
		(void)json_object_set_new(change, "workers", json_integer(options->workers));
	int exit = ask(options, change, &answer);

	if (exit == EX_OK) {
		(void)json_object_del(answer, "ok");
		exit = print_json(answer);
	}
	json_decref(answer);
	return exit;
}

static int list(const struct command_options *options, char **arguments)
{
	struct table_style style = screen_style(stdout);
	struct strbuf out = STRBUF_INIT;
	struct baton_error error;
	json_t *services = list_services(&error);

	(void)arguments;
	if (!services)
		return conversation_fail(-EIO, &error);
	if (!options->is_json)
		list_render(services, &style, &out);
	int exit = options->is_json ? print_json(services) : print_text(&out);

	json_decref(services);
	return exit;
}

static int top(const struct command_options *options, char **arguments)
{
	(void)arguments;
	return top_show(options);
}

static int waiting_ms(const struct command_options *options)
{
	return !options->waits ? ANSWER_MS : options->timeout_ms ? options->timeout_ms : -1;
}

static int stop(const struct command_options *options, char **arguments)
{
	json_t *answer = NULL;
	int exit = conversation_hold(
		&(struct conversation){
			.options = options,
			.request = json_pack("{ss,sb,sb}", "command", "stop", "now",
				options->is_now, "wait", options->waits),
			.timeout_ms = waiting_ms(options),
			.late = options->waits
				? "it has not stopped within the --timeout, and goes on to stop"
				: NULL,
			.end_status = EX_OK, /* it has stopped, and how */
		},
		&answer);

	(void)arguments;
	json_decref(answer);
	return exit;
}

static int upgrade(const struct command_options *options, char **arguments)
{
	struct progress progress;
	json_t *answer = NULL;

	(void)arguments;
	progress_begin(&progress, stdout);
	int exit = conversation_hold(
		&(struct conversation){
			.options = options,
			.request = json_pack("{ss,sb,ss*}", "command", "upgrade", "wait",
				options->waits, "program", options->program),
			.on_event = progress_show,
			.data = &progress,
			.timeout_ms = waiting_ms(options),
			.late = options->waits
				? "no outcome within the --timeout: the upgrade goes on, and baton "
				  "status has its end"
				: NULL,
			.end_status = EX_UNAVAILABLE,
		},
		&answer);

	progress_end(&progress);
	json_decref(answer);
	return exit == EX_OK ? printed() : exit;
}

static const struct {
	const char *name;
	int (*run)(const struct command_options *options, char **arguments);
	int arguments; /* after the options */
} commands[] = {
	{ "events", events, 0 },
	{ "kill-generation", kill_generation, 1 },
	{ "list", list, 0 },
	{ "metrics", metrics, 0 },
	{ "reexec", reexec, 0 },
	{ "reopen", reopen, 0 },
	{ "set", set, 0 },
	{ "status", status, 0 },
	{ "stop", stop, 0 },
	{ "top", top, 0 },
	{ "upgrade", upgrade, 0 },
};

static int usage(const char *command, const char *text)
{
	(void)fprintf(stderr, "baton: %s (try: baton %s --help)\n", text, command);
	return EX_USAGE;
}

/* Of many programs it is the name of a service. */
static int too_many(const char *command, const char *argument)
{
	(void)fprintf(stderr,
		"baton: \"%.48s\" is an argument too many: a service is named with -n, as in "
		"baton %s -n %.48s (try: baton %s --help)\n",
		argument, command, argument, command);
	return EX_USAGE;
}

static int check_and_run(size_t index, const struct command_options *options, char **arguments)
{
	int count = 0;

	while (arguments[count])
		count++;
	if (count < commands[index].arguments)
		return usage(commands[index].name, "an argument is missing");
	if (count > commands[index].arguments)
		return too_many(commands[index].name, arguments[0]);
	if (options->timeout_ms && !options->waits)
		return usage(commands[index].name, "--timeout needs --wait");
	return commands[index].run(options, arguments);
}

static const struct option_set *find_set(const char *name)
{
	for (size_t i = 0; i < command_option_set_count; i++)
		if (strcmp(command_option_sets[i].command, name) == 0)
			return &command_option_sets[i];
	return NULL;
}

static int parse_and_run(size_t index, char **argv)
{
	const struct option_set *set_of_it = find_set(commands[index].name);
	struct command_options options;
	struct baton_error error;
	char **arguments = NULL;
	int exit;
	int r = command_options_parse(set_of_it, argv, &options, &arguments, &error);

	if (r == OPTION_SET_HELP) {
		option_set_help(set_of_it, stdout);
		exit = printed();
	} else if (r < 0) {
		(void)fprintf(stderr, "baton: %s\n", error.text);
		exit = exit_status(EXIT_STEP_SETTINGS, r);
	} else {
		exit = check_and_run(index, &options, arguments);
	}
	command_options_finish(&options);
	return exit;
}

int commands_run(int argc, char **argv)
{
	for (size_t i = 0; argc > 0 && i < array_length(commands); i++)
		if (strcmp(commands[i].name, argv[0]) == 0)
			return parse_and_run(i, argv);
	return EX_USAGE;
}
