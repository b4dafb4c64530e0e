/* SPDX-License-Identifier: MIT */
/* See reexec.h. */
#include "reexec/reexec.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

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
	program_finish(&reexec->program);
	reexec->state = REEXEC_IDLE;
}

void reexec_refuse(struct service *service, const char *reason)
{
	log_error(&(struct log_where){ .event = "reexec-failed" },
		"baton goes on as it is, and is not replaced: %s", reason);
	list_for_each (link, &service->control.sessions) {
		struct session *session = container_of(link, struct session, link);

		if (session->wait != SESSION_WAITS_FOR_REEXEC)
			continue;
		session_refuse(session, "baton goes on as it is: %s", reason);
		session_resume(session);
	}
}

static void give_up(struct reexec *reexec, const char *reason)
{
	become_idle(reexec);
	reexec_refuse(reexec->service, reason);
}

/* The state of the service as it is now, to be finished in either case. 0 or -ENOMEM. */
static int save_now(struct service *service, struct state *ret, struct baton_error *error)
{
	state_init(ret);
	int r = save(service, ret);

	return r < 0 ? error_set(error, r, "out of memory") : 0;
}

/* Runs the rehearsal. 0, or -errno with the reason. */
static int begin_rehearsal(struct reexec *reexec, struct baton_error *error)
{
	struct service *service = reexec->service;
	struct state state;
	int r = save_now(service, &state, error);
	cleanup_fd int file = r < 0 ? r : state_file_write(&state, error);

	state_finish(&state);
	if (file < 0)
		return file;
	return rehearsal_start(
		&reexec->rehearsal, &service->runtime.families, reexec->program.path, file, error);
}

/* What is on the disk at this moment. */
static void try(struct reexec *reexec)
{
	struct baton_error error;

	program_finish(&reexec->program);
	int r = program_find(&reexec->program, reexec->service->runtime.directory.name);

	r = r < 0 ? error_set(&error, r, "out of memory") : begin_rehearsal(reexec, &error);
	if (r < 0) {
		give_up(reexec, error.text);
		return;
	}
	log_info(NULL, "%s is tried: whether it can go on in our place", reexec->program.path);
	reexec->state = REEXEC_TRYING;
}

/* Another may have come in its place since, of which nothing is known. */
static bool is_proven(struct reexec *reexec)
{
	if (program_is_same(&reexec->program))
		return true;
	log_info(NULL, "%s is another one by now", reexec->program.path);
	reexec->state = REEXEC_WAITING;
	return false;
}

static void on_rehearsal_end(const char *reason, void *data)
{
	struct reexec *reexec = data;
	char text[BATON_ERROR_SIZE];

	if (!reason) {
		reexec->state = REEXEC_PROVEN;
		return;
	}
	(void)snprintf(text, sizeof(text), "%.120s cannot go on in its place: %s",
		reexec->program.path, reason);
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
	if (reexec->state == REEXEC_PROVEN && is_proven(reexec)) {
		reexec->state = REEXEC_DUE;
		ev_break(loop, EVBREAK_ALL);
	}
	if (reexec->state == REEXEC_WAITING)
		try(reexec);
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
	if (is_ending(reexec->service)) {
		reexec_refuse(reexec->service, "the service is stopping");
		return;
	}
	if (obstacle)
		log_notice(NULL, "asked to replace its own binary: when %s", obstacle);
	else
		log_info(NULL, "asked to replace its own binary");
	reexec->state = REEXEC_WAITING;
	ev_prepare_start(reexec->service->runtime.loop, &reexec->before_waiting);
}

bool reexec_is_due(const struct reexec *reexec)
{
	return reexec->state == REEXEC_DUE;
}

/* Returns only if it failed. */
static void execute_now(struct reexec *reexec)
{
	struct baton_error error;
	struct state state;
	int r = save_now(reexec->service, &state, &error);

	if (r == 0)
		r = execute(reexec->program.path, reexec->service->argv, &state, &error);
	state_finish(&state);
	if (r < 0)
		give_up(reexec, error.text);
}

void reexec_now(struct reexec *reexec)
{
	sigset_t all, before;

	/* What comes from now on waits for the new binary; what libev has already been told of is
	 * handled here. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before); /* cannot fail with these arguments */
	ev_run(reexec->service->runtime.loop, EVRUN_NOWAIT);
	if (reexec->state == REEXEC_DUE && rest_obstacle(reexec->service))
		reexec->state = REEXEC_PROVEN; /* a worker has died just now, say */
	if (reexec->state == REEXEC_DUE && is_proven(reexec))
		execute_now(reexec);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

void reexec_finish(struct reexec *reexec)
{
	if (reexec->service)
		become_idle(reexec);
}
