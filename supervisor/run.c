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

static int serve(struct setup *setup, char **argv, struct baton_listener *place)
{
	struct service *service = malloc(sizeof(*service));
	struct baton_error error;

	if (!service) {
		log_error(NULL, "out of memory");
		return EX_OSERR;
	}
	int status = EX_OSERR;

	if (service_init(service, setup, argv, place, &error) == 0) {
		service_start(service);
		status = service_run(service);
	} else {
		log_error(NULL, "%s", error.text);
	}
	service_finish(service);
	free(service);
	return status;
}

static int serve_with_pid_file(struct setup *setup, char **argv, struct baton_listener *place)
{
	const struct settings *settings = &setup->loaded.settings;
	int status = write_pid_file(settings);

	if (status != EX_OK)
		return status;
	status = serve(setup, argv, place);
	if (settings->pid_file)
		(void)pid_file_remove(settings->pid_file, getpid()); /* another's by now: fine */
	return status;
}

static int run_setup(struct setup *setup, char **argv)
{
	struct settings *settings = &setup->loaded.settings;
	struct baton_listener *place = NULL;
	struct baton_error error;
	int r = listeners_open(&setup->listeners, settings, &error);
	if (r == 0)
		r = place_open(settings, &place, &error);
	if (r < 0) {
		log_error(NULL, "%s", error.text);
		return exit_status(EXIT_STEP_LISTEN, r);
	}
	int status = serve_with_pid_file(setup, argv, place);

	baton_listener_close(place);
	return status;
}

static int run_loaded(struct loaded *loaded, char **argv)
{
	log_init(loaded->settings.log_format, loaded->settings.log_level);
	struct setup *setup = setup_create_take(loaded);

	if (!setup) {
		log_error(NULL, "out of memory");
		return EX_OSERR;
	}
	int status = run_setup(setup, argv);

	setup_unref(setup);
	return status;
}

int run(int argc, char **argv)
{
	struct problems problems = PROBLEMS_INIT;
	struct loaded loaded;
	int status;
	(void)argc;
	if (resume_is_due())
		return resume(argv);
	int r = loaded_read(argv, NULL, &loaded, &problems, &status);

	problems_log(&problems);
	problems_finish(&problems);
	if (r == OPTIONS_HELP) {
		options_help(stdout);
		return EX_OK;
	}
	return r < 0 ? status : run_loaded(&loaded, argv);
}
