/* SPDX-License-Identifier: MIT */
/* See resume.h. */
#include "reexec/resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include <baton/baton.h>
#include <baton/listener.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pid_file.h"
#include "control/protocol.h"
#include "log.h"
#include "reexec/execute.h"
#include "reexec/restore.h"
#include "reexec/state.h"
#include "reexec/state_file.h"
#include "reexec/state_shapes.h"
#include "service.h"
#include "setup.h"

bool resume_is_due(void)
{
	return getenv(EXECUTE_VARIABLE) != NULL;
}

/* What the variable says, which no child is to find; -1 for what it does not say. */
static void read_variable(int *ret_state, int *ret_old)
{
	const char *value = getenv(EXECUTE_VARIABLE);

	*ret_state = *ret_old = -1;
	(void)sscanf(value, "%d:%d", ret_state, ret_old);
	(void)unsetenv(EXECUTE_VARIABLE); /* cannot fail for a valid name */
}

static int read_state(int fd, struct state *ret, struct baton_error *error)
{
	int r = state_file_read(fd, ret, error);

	if (r == 0 && ret->pid != getpid())
		r = error_set(error, -EPERM, "$%s is for pid %d", EXECUTE_VARIABLE, (int)ret->pid);
	return r;
}

static int set_cloexec(int fd, void *data)
{
	(void)data;
	return fd_set_cloexec(fd, true);
}

/* Who has asked for it is answered. */
static void tell(struct service *service)
{
	char version[32];

	(void)snprintf(version, sizeof(version), "%d.%d.%d", BATON_VERSION_MAJOR,
		BATON_VERSION_MINOR, BATON_VERSION_PATCH);
	log_notice(&(struct log_where){ .event = "reexec", .subject = version },
		"baton has replaced its own binary: this is version %s", version);
	list_for_each (link, &service->control.sessions) {
		struct session *session = container_of(link, struct session, link);

		if (session->wait != SESSION_WAITS_FOR_REEXEC)
			continue;
		session_send_take(session, json_pack("{sb,ss}", "ok", 1, "version", version));
		session_resume(session);
	}
}

/* The service, ready to run; the state has given everything to it. */
static int make(struct service *service, struct setup **ret, const struct state *state, char **argv)
{
	struct restored restored;
	struct baton_error error;
	int r = restored_init(&restored, state, &error);

	if (r == 0)
		r = service_prepare(service, restored.setups[state->setup], argv,
			state->control == STATE_NONE ? NULL : restored.listeners[state->control],
			&error);
	if (r == 0)
		r = restore(service, &restored, state, &error);
	if (r == 0)
		*ret = setup_ref(restored.setups[state->setup]);
	else
		log_error(NULL, "cannot go on: %s", error.text);
	restored_finish(&restored, state);
	return r;
}

/* As run.c has it, which began all this. */
static int run_to_the_end(struct service *service, struct setup *setup)
{
	const char *pid_file = setup->loaded.settings.pid_file;
	struct baton_listener *place = service->place;

	tell(service);
	int status = service_run(service);

	service_finish(service);
	if (pid_file)
		(void)pid_file_remove(pid_file, getpid()); /* another's by now: fine */
	setup_unref(setup);
	baton_listener_close(place);
	return status;
}

static int go_on(struct state *state, char **argv)
{
	struct service *service = malloc(sizeof(*service));
	struct setup *setup;
	int status = EX_OSERR;
	int r = service ? fields_each_fd(&state_shape, state, set_cloexec, NULL) : -ENOMEM;

	if (r < 0)
		log_error(NULL, "cannot go on: %s", strerrordesc_np(-r));
	else
		r = make(service, &setup, state, argv);
	state_finish(state);
	if (r == 0)
		status = run_to_the_end(service, setup);
	free(service);
	return status;
}

int resume(char **argv)
{
	struct state state;
	struct baton_error error;
	int file, old;

	read_variable(&file, &old);
	int r = read_state(file, &state, &error);

	if (r == 0) {
		fd_close(old);
		fd_close(file);
		return go_on(&state, argv);
	}
	log_error(NULL, "cannot go on with the state: %s", error.text);
	state_finish(&state);
	if (old >= 0) /* nothing has been touched: whoever wrote it can */
		r = execute_back(old, file, argv);
	log_error(NULL, "cannot go back to the binary before: %s", strerrordesc_np(-r));
	return EX_DATAERR;
}
