/* SPDX-License-Identifier: MIT */
/* See resume.h. */
#include "reexec/resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include <baton/baton.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "log.h"
#include "reexec/execute.h"
#include "reexec/restore.h"
#include "reexec/state.h"
#include "reexec/state_file.h"
#include "run.h"
#include "service.h"
#include "setup.h"

/* Everything that can be done before anything is touched: from there on there is no way back. */
static int read_state(
	int file, struct state *state, struct restored *restored, struct baton_error *error)
{
	int r = state_file_read(file, state, error);

	if (r == 0 && state->pid != getpid())
		r = error_set(error, -EPERM, "it is of pid %d", (int)state->pid);
	return r == 0 ? restored_load(restored, state, error) : r;
}

/* Who has asked for it is answered. */
static void tell_success(struct service *service)
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

static int prepare(struct service *service, struct restored *restored, const struct state *state,
	char **argv, struct baton_error *error)
{
	int r = execute_set_cloexec(state, true);

	if (r < 0)
		return error_set_errno(error, r, "its descriptors are not what they were");
	r = restored_open(restored, state, error);
	if (r == 0)
		r = service_prepare(service, restored->setups[state->setup], argv,
			state->control == STATE_NONE ? NULL : restored->listeners[state->control],
			error);
	return r == 0 ? restore(service, restored, state, error) : r;
}

/* The state and what was made of it, which are finished: the service has it all. */
static int go_on(struct state *state, struct restored *restored, bool is_back, char **argv)
{
	struct service *service = malloc(sizeof(*service));
	struct setup *setup = setup_ref(restored->setups[state->setup]);
	struct baton_error error = { "out of memory" };
	int r = service ? prepare(service, restored, state, argv, &error) : -ENOMEM;

	restored_finish(restored, state);
	state_finish(state);
	if (r < 0) {
		log_error(NULL, "cannot go on: %s", error.text);
		return EX_OSERR;
	}
	manager_go_on(&service->manager);
	if (is_back)
		reexec_refuse(service, "the new binary could not go on");
	else
		tell_success(service);
	return run_service(service, setup);
}

int resume(struct execute_legacy *take_legacy, char **argv)
{
	cleanup_fd int file = take_legacy->state, old = take_legacy->old;
	struct restored restored = { 0 };
	struct state state;
	struct baton_error error;
	int r = read_state(file, &state, &restored, &error);

	if (r == 0) {
		fd_close(take_fd(&file));
		fd_close(take_fd(&old));
		return go_on(&state, &restored, take_legacy->old < 0, argv);
	}
	log_error(NULL, "cannot go on with the state of the binary before: %s", error.text);
	restored_finish(&restored, &state);
	state_finish(&state);
	if (old >= 0)
		log_error(NULL, "cannot go back to it: %s",
			strerrordesc_np(-execute_back(take_legacy, argv)));
	return EX_DATAERR;
}
