/* SPDX-License-Identifier: MIT */
/* See run.h: settings, listeners, service, one after the other. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include <baton/listener.h>

#include "base/error.h"
#include "base/pid_file.h"
#include "control/place.h"
#include "exit_status.h"
#include "listeners.h"
#include "log.h"
#include "options.h"
#include "service.h"
#include "settings.h"

/* The pid file is for scripts: the service runs without it, too, but who asked for one relies on
 * it. */
static int write_pid_file(const struct settings *settings)
{
	int r = settings->pid_file ? pid_file_write(settings->pid_file, getpid()) : 0;

	if (r < 0)
		log_error(NULL, "cannot write the pid file \"%s\": %s", settings->pid_file,
			strerrordesc_np(-r));
	return r < 0 ? EX_CANTCREAT : EX_OK;
}

static int serve(struct settings *settings, struct listeners *listeners, int control)
{
	struct service *service = malloc(sizeof(*service));
	struct baton_error error;

	if (!service) {
		log_error(NULL, "out of memory");
		return EX_OSERR;
	}
	int status = EX_OSERR;

	if (service_init(service, settings, listeners, control, &error) == 0)
		status = service_run(service);
	else
		log_error(NULL, "%s", error.text);
	service_finish(service);
	free(service);
	return status;
}

static int serve_with_pid_file(struct settings *settings, struct listeners *listeners, int control)
{
	int status = write_pid_file(settings);

	if (status != EX_OK)
		return status;
	status = serve(settings, listeners, control);
	if (settings->pid_file)
		(void)pid_file_remove(settings->pid_file, getpid()); /* another's by now: fine */
	return status;
}

static int run_settings(struct settings *settings)
{
	struct listeners listeners = LISTENERS_INIT;
	struct baton_listener *control = NULL;
	struct baton_error error;
	int r = listeners_open(&listeners, settings, &error);
	if (r == 0)
		r = place_open(settings, &control, &error);
	if (r < 0) {
		log_error(NULL, "%s", error.text);
		listeners_close(&listeners);
		return exit_status(EXIT_STEP_LISTEN, r);
	}
	int status = serve_with_pid_file(
		settings, &listeners, control ? baton_listener_fd(control, 0) : -1);

	baton_listener_close(control);
	listeners_close(&listeners);
	return status;
}

int run(int argc, char **argv)
{
	struct settings settings;
	struct baton_error error;
	int r = options_parse(argc, argv, &settings, &error);
	if (r == OPTIONS_HELP) {
		options_help(stdout);
		return EX_OK;
	}
	if (r < 0) {
		log_error(NULL, "%s", error.text);
		return exit_status(EXIT_STEP_SETTINGS, r);
	}
	log_init(settings.log_format, settings.log_level);
	int status = run_settings(&settings);

	settings_finish(&settings);
	return status;
}
