/* SPDX-License-Identifier: MIT */
/* See option_values.h. */
#include "option_values.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/parse.h"
#include "log_line.h"
#include "option_set.h"
#include "run_directory.h"
#include "settings.h"
#include "socket/inherit_protocol.h"

static void *member(const struct option *option, void *target)
{
	return (char *)target + option->offset;
}

static int bad_value(const struct option *option, const char *value, const char *expected,
	struct baton_error *error)
{
	return error_set(
		error, -EINVAL, "bad value \"%.80s\" for --%s: %s", value, option->name, expected);
}

/* Puts the option's name before what a parser of values said. */
static int refused(const struct option *option, int r, const struct baton_error *reason,
	struct baton_error *error)
{
	return error_set(error, r, "--%s: %s", option->name, reason->text);
}

int option_apply_text(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	char **text = member(option, target);

	if (!*value)
		return bad_value(option, value, "it is empty", error);
	char *copy = strdup(value);

	if (!copy)
		return error_set(error, -ENOMEM, "out of memory");
	free(*text);
	*text = copy;
	return 0;
}

int option_apply_number(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	int max = option->max ? option->max : INT_MAX;

	if (parse_int(value, option->min, max, member(option, target)) == 0)
		return 0;
	return error_set(error, -EINVAL, "bad value \"%.80s\" for --%s: not a number from %d to %d",
		value, option->name, option->min, max);
}

/* With the sign or without. */
int option_apply_percent(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	size_t length = strlen(value);
	bool has_sign = length > 0 && value[length - 1] == '%';
	cleanup_free char *number = strndup(value, has_sign ? length - 1 : length);

	if (!number)
		return error_set(error, -ENOMEM, "out of memory");
	return option_apply_number(option, target, number, error);
}

int option_apply_duration(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	int ms;
	int r = parse_duration(value, &ms);

	if (r == -ERANGE)
		return bad_value(option, value, "more than 24 days", error);
	if (r < 0)
		return bad_value(
			option, value, "not a duration such as 500ms, 2s, 1m or 1h", error);
	if (ms < option->min)
		return bad_value(option, value, "it must be longer", error);
	*(int *)member(option, target) = ms;
	return 0;
}

/*
 * Whether a server may take the signal for the wish to end. Not STOP, which it never
 * sees, nor what the kernel or a terminal sends for reasons of its own; WINCH is Apache's.
 */
static bool can_ask_to_end(int signal)
{
	static const int others[] = { SIGSTOP, SIGCONT, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU,
		SIGURG };

	for (size_t i = 0; i < array_length(others); i++)
		if (signal == others[i])
			return false;
	return true;
}

int option_apply_signal(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	int signal;

	if (parse_signal(value, &signal) < 0)
		return bad_value(
			option, value, "not a signal such as TERM, USR2 or RTMIN+1", error);
	/* KILL asks nobody, but ends who has nothing to finish: see settings_check. */
	if (signal != SIGKILL && !can_ask_to_end(signal))
		return bad_value(option, value, "it cannot ask a worker to end", error);
	*(int *)member(option, target) = signal;
	return 0;
}

int option_apply_false(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	(void)value;
	(void)error;
	*(bool *)member(option, target) = false;
	return 0;
}

int option_apply_true(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	(void)value;
	(void)error;
	*(bool *)member(option, target) = true;
	return 0;
}

int option_apply_name(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	struct baton_error reason;
	int r = run_directory_check_name(value, &reason);

	return r < 0 ? bad_value(option, value, reason.text, error)
		     : option_apply_text(option, target, value, error);
}

int option_apply_keep_file(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	if (!*value)
		return bad_value(option, value, "it is empty", error);
	if (settings_add_keep_file(target, value) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

int option_apply_listen(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	struct baton_error reason;
	int r = settings_add_listener(target, value, &reason);

	return r < 0 ? refused(option, r, &reason, error) : 0;
}

/* The text stays with the settings, because the mode points into it. */
int option_apply_ready(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	struct settings *settings = target;
	cleanup_free char *text = strdup(value);
	struct baton_error reason;

	if (!text)
		return error_set(error, -ENOMEM, "out of memory");
	int r = readiness_parse(text, &settings->ready, &reason);
	if (r < 0)
		return refused(option, r, &reason, error);
	free(settings->ready_text);
	settings->ready_text = take_ptr(&text);
	return 0;
}

int option_apply_protocols(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	struct baton_error reason;
	int r = inherit_parse_protocols(value, member(option, target), &reason);

	return r < 0 ? refused(option, r, &reason, error) : 0;
}

int option_apply_log_format(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	if (log_parse_format(value, member(option, target)) < 0)
		return bad_value(option, value, "text or json", error);
	return 0;
}

int option_apply_log_level(
	const struct option *option, void *target, const char *value, struct baton_error *error)
{
	if (log_parse_level(value, member(option, target)) < 0)
		return bad_value(option, value, "error, warning, notice, info or debug", error);
	return 0;
}
