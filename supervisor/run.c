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
#include "config/problems.h"
#include "control/place.h"
#include "exit_status.h"
#include "log.h"
#include "options.h"
#include "reexec/execute.h"
#include "reexec/resume.h"
#include "service.h"
#include "setup.h"

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

static void finish(struct service *service, struct setup *setup)
{
	const char *pid_file = setup->loaded.settings.pid_file;
	struct baton_listener *place = service->place;

	service_finish(service);
	free(service);
	if (pid_file)
		(void)pid_file_remove(pid_file, getpid()); /* another's by now: fine */
	baton_listener_close(place);
	setup_unref(setup);
}

int run_service(struct service *take_service, struct setup *take_setup)
{
	int status = service_run(take_service);

	finish(take_service, take_setup);
	return status;
}

/* Takes both. */
static int serve(struct setup *setup, char **argv, struct baton_listener *place)
{
	struct service *service = malloc(sizeof(*service));
	struct baton_error error;

	if (!service) {
		log_error(NULL, "out of memory");
		baton_listener_close(place);
		setup_unref(setup);
		return EX_OSERR;
	}
	if (service_init(service, setup, argv, place, &error) < 0) {
		log_error(NULL, "%s", error.text);
		finish(service, setup);
		return EX_OSERR;
	}
	service_start(service);
	return run_service(service, setup);
}

/* Takes both. */
static int serve_with_pid_file(struct setup *setup, char **argv, struct baton_listener *place)
{
	int status = write_pid_file(&setup->loaded.settings);

	if (status == EX_OK)
		return serve(setup, argv, place);
	baton_listener_close(place);
	setup_unref(setup);
	return status;
}

/* Takes it. */
static int run_setup(struct setup *setup, char **argv)
{
	struct settings *settings = &setup->loaded.settings;
	struct baton_listener *place = NULL;
	struct baton_error error;
	int r = listeners_open(&setup->listeners, settings, &error);
	if (r == 0)
		r = place_open(settings, &place, &error);
	if (r == 0)
		return serve_with_pid_file(setup, argv, place);
	log_error(NULL, "%s", error.text);
	setup_unref(setup);
	return exit_status(EXIT_STEP_LISTEN, r);
}

static int run_loaded(struct loaded *loaded, char **argv)
{
	log_init(loaded->settings.log_format, loaded->settings.log_level);
	struct setup *setup = setup_create_take(loaded);

	if (!setup) {
		log_error(NULL, "out of memory");
		return EX_OSERR;
	}
	return run_setup(setup, argv);
}

int run(int argc, char **argv)
{
	struct problems problems = PROBLEMS_INIT;
	struct execute_legacy legacy;
	struct loaded loaded;
	int status;

	(void)argc;
	if (execute_find_legacy(&legacy))
		return resume(&legacy, argv);
	int r = loaded_read(argv, NULL, &loaded, &problems, &status);

	problems_log(&problems);
	problems_finish(&problems);
	if (r == OPTIONS_HELP) {
		options_help(stdout);
		return EX_OK;
	}
	return r < 0 ? status : run_loaded(&loaded, argv);
}
