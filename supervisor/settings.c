/* SPDX-License-Identifier: MIT */
/* See settings.h. */
#include "settings.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/env.h"
#include "base/error.h"
#include "env_file.h"
#include "process/spawn_user.h"
#include "run_directory.h"
#include "socket/inherit_protocol.h"
#include "substitute.h"

void settings_init(struct settings *settings)
{
	*settings = (struct settings){
		.workers = 1,
		.drain_when_idle = true,
		.canary = 50,
		.ready = { .kind = READINESS_AUTO },
		.ready_timeout_ms = 60 * 1000,
		.settle_ms = 100,
		.drain_timeout_ms = 60 * 1000,
		.stop_signal = SIGTERM,
		.max_draining = 8,
		.restart = true,
		.restart_min_ms = 100,
		.restart_max_ms = 30 * 1000,
		.max_restarts = -1,
		.protocols = INHERIT_DEFAULT,
		.log_format = LOG_FORMAT_TEXT,
		.log_level = LOG_LEVEL_NOTICE,
	};
}

static void finish_listener(struct settings_listener *listener)
{
	free(listener->name);
	baton_address_destroy(listener->address);
}

void settings_finish(struct settings *settings)
{
	for (size_t i = 0; i < settings->listener_count; i++)
		finish_listener(&settings->listeners[i]);
	for (char **word = settings->command; word && *word; word++)
		free(*word);
	for (char **file = settings->keep_files; file && *file; file++)
		free(*file);
	free(settings->listeners);
	free(settings->keep_files);
	free(settings->config_file);
	free(settings->ready_text);
	free(settings->name);
	free(settings->control);
	free(settings->workdir);
	free(settings->env_file);
	free(settings->user);
	free(settings->group);
	free(settings->pid_file);
	free(settings->status_file);
	free(settings->command);
	settings_init(settings);
}

static bool has_listener(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->listener_count; i++)
		if (settings->listeners[i].name && strcmp(settings->listeners[i].name, name) == 0)
			return true;
	return false;
}

/* The first of "default", "default2", ... that is free; NULL if memory ran out. */
static char *default_name(const struct settings *settings)
{
	char *name = strdup("default");

	for (size_t i = 2; name && has_listener(settings, name); i++) {
		free(name);
		if (asprintf(&name, "default%zu", i) == -1)
			return NULL;
	}
	return name;
}

/* A name that the user chose wins, also one that comes later. */
static void forget_default_names(struct settings *settings)
{
	for (size_t i = 0; i < settings->listener_count; i++) {
		if (settings->listeners[i].is_named)
			continue;
		free(settings->listeners[i].name);
		settings->listeners[i].name = NULL;
	}
}

static int give_default_names(struct settings *settings)
{
	for (size_t i = 0; i < settings->listener_count; i++) {
		struct settings_listener *listener = &settings->listeners[i];

		if (!listener->is_named)
			listener->name = default_name(settings);
		if (!listener->name)
			return -ENOMEM;
	}
	return 0;
}

static int fill_listener(const struct settings *settings, const char *text,
	struct settings_listener *ret, struct baton_error *error)
{
	int r = baton_address_parse_named(text, &ret->name, &ret->address, error);
	if (r < 0)
		return r;
	ret->is_named = ret->name;
	if (ret->name && has_listener(settings, ret->name))
		return error_set(error, -EEXIST, "two listeners are called \"%s\"", ret->name);
	return 0;
}

int settings_add_listener(struct settings *settings, const char *text, struct baton_error *error)
{
	size_t count = settings->listener_count;
	struct settings_listener listener = { 0 };
	struct settings_listener *listeners =
		reallocarray(settings->listeners, count + 1, sizeof(*listeners));
	if (!listeners)
		return error_set(error, -ENOMEM, "out of memory");

	settings->listeners = listeners;
	forget_default_names(settings);
	int r = fill_listener(settings, text, &listener, error);
	if (r < 0) {
		finish_listener(&listener);
		return r;
	}
	listeners[count] = listener;
	settings->listener_count++;
	return give_default_names(settings) < 0 ? error_set(error, -ENOMEM, "out of memory") : 0;
}

int settings_name_service(struct settings *settings)
{
	settings->is_named = settings->name;
	if (settings->is_named)
		return 0;
	const char *base = basename(settings->command[0]);
	char *name = strndup(base, RUN_DIRECTORY_NAME_MAX);
	struct baton_error reason;

	if (name && run_directory_check_name(name, &reason) < 0) {
		free(name);
		name = strdup("service");
	}
	settings->name = name;
	return name ? 0 : -ENOMEM;
}

int settings_add_keep_file(struct settings *settings, const char *path)
{
	size_t count = 0;

	while (settings->keep_files && settings->keep_files[count])
		count++;
	char **files = reallocarray(settings->keep_files, count + 2, sizeof(*files));

	if (!files)
		return -ENOMEM;
	settings->keep_files = files;
	files[count] = strdup(path);
	files[count + 1] = NULL;
	return files[count] ? 0 : -ENOMEM;
}

/* The values are not known yet, but whether there will be any is. */
static int check_arguments(const struct settings *settings, struct baton_error *error)
{
	size_t count = settings->listener_count;
	cleanup_free struct substitute_value *values = calloc(count + 1, sizeof(*values));

	if (!values)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		const struct settings_listener *listener = &settings->listeners[i];

		values[i].name = listener->name;
		values[i].port = baton_address_path(listener->address) &&
				baton_address_kind(listener->address) != BATON_ADDRESS_SYSTEMD
			? -1
			: 0;
	}
	for (char **word = settings->command; word && *word; word++) {
		cleanup_free char *text = NULL;
		int r = substitute(*word, values, count, &text, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_readiness(const struct settings *settings, struct baton_error *error)
{
	const unsigned telling = INHERIT_NOTIFY | INHERIT_BATON | INHERIT_EINHORN;

	if (settings->ready.kind == READINESS_ACCEPT && settings->listener_count == 0 &&
		!settings->adopt)
		return error_set(error, -EINVAL,
			"--ready accept needs a listener to look at (--listen, --adopt)");
	if (settings->ready.kind == READINESS_NOTIFY && !(settings->protocols & telling))
		return error_set(error, -EINVAL,
			"--ready notify needs notify, einhorn or baton in --protocol");
	return 0;
}

static int check_workdir(const struct settings *settings, struct baton_error *error)
{
	struct stat st;

	if (!settings->workdir)
		return 0;
	int r = stat(settings->workdir, &st) == -1 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;

	return r < 0 ? error_set_errno(error, r, "cannot use directory \"%s\"", settings->workdir)
		     : 0;
}

static int check_env_file(const struct settings *settings, struct baton_error *error)
{
	struct env env = ENV_INIT;

	if (!settings->env_file)
		return 0;
	int r = env_file_read(settings->env_file, &env, error);

	env_finish(&env);
	return r;
}

static int check_user(const struct settings *settings, struct baton_error *error)
{
	struct spawn_user user;
	int r = spawn_user_init(&user, settings->user, settings->group, error);

	if (r == 0)
		spawn_user_finish(&user);
	return r;
}

static int check_steer(const struct settings *settings, struct baton_error *error)
{
	if (settings->steer && !settings->adopt && settings->listener_count == 0)
		return error_set(
			error, -EINVAL, "--steer needs sockets to steer to (--listen, --adopt)");
	return 0;
}

static int check_drain_when_idle(const struct settings *settings, struct baton_error *error)
{
	if (!settings->drain_when_idle && !settings->steer)
		return error_set(error, -EINVAL,
			"--no-drain-when-idle needs --steer: without it the old generation gets "
			"new connections until it is told to stop, and is told at once");
	return 0;
}

static int check_takeover(const struct settings *settings, struct baton_error *error)
{
	return settings->takeover && !settings->adopt
		? error_set(error, -EINVAL, "--takeover needs --adopt")
		: 0;
}

static int check_keep_files(const struct settings *settings, struct baton_error *error)
{
	return settings->keep_files && !settings->adopt
		? error_set(error, -EINVAL, "--keep-file needs --adopt")
		: 0;
}

static int refuse_kill(const struct settings *settings, int signal, struct baton_error *error)
{
	if (signal != SIGKILL || (settings->steer && settings->drain_when_idle))
		return 0;
	return error_set(error, -EINVAL,
		"KILL cannot ask a worker to end; to kill at once: --drain-timeout 0; to kill what "
		"is idle: --steer");
}

static int check_stop_signal(const struct settings *settings, struct baton_error *error)
{
	return refuse_kill(settings, settings->stop_signal, error);
}

static int check_hup_signal(const struct settings *settings, struct baton_error *error)
{
	return refuse_kill(settings, settings->hup_signal, error);
}

static int check_command(const struct settings *settings, struct baton_error *error)
{
	return settings->command && settings->command[0]
		? 0
		: error_set(error, -EINVAL, "no command given");
}

static int check_restarts(const struct settings *settings, struct baton_error *error)
{
	return settings->restart_min_ms > settings->restart_max_ms
		? error_set(error, -EINVAL, "--restart-min is longer than --restart-max")
		: 0;
}

/* What each of them is about. */
static const struct {
	const char *option;
	int (*check)(const struct settings *settings, struct baton_error *error);
} checks[] = {
	{ "command", check_command },
	{ "restart-min", check_restarts },
	{ "ready", check_readiness },
	{ "steer", check_steer },
	{ "no-drain-when-idle", check_drain_when_idle },
	{ "takeover", check_takeover },
	{ "keep-file", check_keep_files },
	{ "stop-signal", check_stop_signal },
	{ "hup-signal", check_hup_signal },
	{ "command", check_arguments },
	{ "user", check_user },
	{ "workdir", check_workdir },
	{ "env-file", check_env_file },
};

int settings_check_each(const struct settings *settings, settings_problem_fn on_problem, void *data)
{
	int result = 0;

	for (size_t i = 0; i < array_length(checks); i++) {
		struct baton_error error;
		int r = checks[i].check(settings, &error);

		if (r == 0)
			continue;
		on_problem(data, checks[i].option, &error);
		if (result == 0)
			result = r;
	}
	return result;
}

static void keep_first(void *data, const char *option, const struct baton_error *error)
{
	struct baton_error *first = data;

	(void)option;
	if (!first->text[0])
		*first = *error;
}

int settings_check(const struct settings *settings, struct baton_error *error)
{
	struct baton_error first = { "" };
	int r = settings_check_each(settings, keep_first, &first);

	if (r < 0 && error)
		*error = first;
	return r;
}
