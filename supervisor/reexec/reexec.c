/* SPDX-License-Identifier: MIT */
/* See reexec.h. */
#include "reexec/reexec.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "log.h"
#include "reexec/execute.h"
#include "reexec/rest.h"
#include "reexec/save.h"
#include "reexec/state.h"
#include "reexec/state_file.h"
#include "service.h"

static bool is_ending(const struct service *service)
{
	enum machine_state state = service->machine.state;

	return state == MACHINE_ENDING || state == MACHINE_STOPPING || state == MACHINE_ENDED;
}

static void become_idle(struct reexec *reexec)
{
	ev_prepare_stop(reexec->service->runtime.loop, &reexec->before_waiting);
	rehearsal_finish(&reexec->rehearsal);
	free(take_ptr(&reexec->program));
	reexec->state = REEXEC_IDLE;
}

/* It goes on as it is. */
static void give_up(struct reexec *reexec, const char *reason)
{
	log_error(&(struct log_where){ .event = "reexec-failed" },
		"baton goes on as it is, and is not replaced: %s", reason);
	become_idle(reexec);
	list_for_each (link, &reexec->service->control.sessions) {
		struct session *session = container_of(link, struct session, link);

		if (session->wait != SESSION_WAITS_FOR_REEXEC)
			continue;
		session_refuse(session, "baton goes on as it is: %s", reason);
		session_resume(session);
	}
}

/* The descriptor of the state as it is now, the caller's; or -errno with the reason. */
static int write_state(struct service *service, struct baton_error *error)
{
	struct state state;

	state_init(&state);
	int r = save(service, &state);

	r = r < 0 ? error_set(error, r, "out of memory") : state_file_write(&state, error);
	state_finish(&state);
	return r;
}

static void try(struct reexec *reexec)
{
	struct service *service = reexec->service;
	struct baton_error error;
	cleanup_fd int state = write_state(service, &error);
	int r = state < 0 ? state
			  : rehearsal_start(&reexec->rehearsal, &service->runtime.families,
				    reexec->program, state, &error);

	if (r < 0) {
		give_up(reexec, error.text);
		return;
	}
	log_info(NULL, "%s is tried: whether it can go on in our place", reexec->program);
	reexec->state = REEXEC_TRYING;
}

static void on_rehearsal_end(const char *reason, void *data)
{
	struct reexec *reexec = data;
	char text[BATON_ERROR_SIZE];

	if (!reason) {
		reexec->state = REEXEC_PROVEN;
		return;
	}
	(void)snprintf(
		text, sizeof(text), "%s cannot go on in its place: %s", reexec->program, reason);
	give_up(reexec, text);
}

static void on_before_waiting(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct reexec *reexec = container_of(w, struct reexec, before_waiting);

	(void)revents;
	if (is_ending(reexec->service)) {
		give_up(reexec, "the service is stopping");
		return;
	}
	if (rest_obstacle(reexec->service))
		return;
	if (reexec->state == REEXEC_WAITING) {
		try(reexec);
	} else if (reexec->state == REEXEC_PROVEN) {
		reexec->state = REEXEC_DUE;
		ev_break(loop, EVBREAK_ALL);
	}
}

void reexec_init(struct reexec *reexec, struct service *service)
{
	*reexec = (struct reexec){ .service = service };
	rehearsal_init(&reexec->rehearsal, service->runtime.loop, on_rehearsal_end, reexec);
	ev_prepare_init(&reexec->before_waiting, on_before_waiting);
}

void reexec_ask(struct reexec *reexec)
{
	const char *obstacle = rest_obstacle(reexec->service);

	if (reexec->state != REEXEC_IDLE) {
		log_info(NULL, "asked again to replace its own binary: that is one");
		return;
	}
	reexec->program = execute_find(reexec->service->runtime.directory.name);
	if (!reexec->program || is_ending(reexec->service)) {
		give_up(reexec, reexec->program ? "the service is stopping" : "out of memory");
		return;
	}
	log_info(NULL, "asked to replace its own binary%s%s", obstacle ? ": when " : "",
		obstacle ? obstacle : "");
	reexec->state = REEXEC_WAITING;
	ev_prepare_start(reexec->service->runtime.loop, &reexec->before_waiting);
}

bool reexec_is_due(const struct reexec *reexec)
{
	return reexec->state == REEXEC_DUE;
}

/* Returns only if it failed. */
static int execute_now(struct reexec *reexec, struct baton_error *error)
{
	struct state state;

	state_init(&state);
	int r = save(reexec->service, &state);

	r = r < 0 ? error_set(error, r, "out of memory")
		  : execute(reexec->program, reexec->service->argv, &state, error);
	state_finish(&state);
	return r;
}

void reexec_now(struct reexec *reexec)
{
	struct baton_error error;
	sigset_t all, before;

	/* What comes from now on waits for the new binary; what libev has already been told of is
	 * handled here. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before); /* cannot fail with these arguments */
	ev_run(reexec->service->runtime.loop, EVRUN_NOWAIT);
	if (reexec->state != REEXEC_DUE || rest_obstacle(reexec->service)) {
		if (reexec->state == REEXEC_DUE)
			reexec->state = REEXEC_PROVEN;
	} else if (execute_now(reexec, &error) < 0) {
		give_up(reexec, error.text);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

void reexec_finish(struct reexec *reexec)
{
	if (reexec->service)
		become_idle(reexec);
}
