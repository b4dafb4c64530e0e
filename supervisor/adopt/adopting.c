/* SPDX-License-Identifier: MIT */
/* See adopting.h. */
#include "adopt/adopting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "adopt/reclaim.h"
#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "log.h"
#include "run_directory.h"
#include "settings.h"

/* Seconds: so long may clients wait for a server that has closed its socket. */
static const ev_tstamp LOOK_EVERY = 2;

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	adopt_look(&container_of(w, struct adopting, timer)->adopt);
}

void adopting_init(struct adopting *adopting, struct ev_loop *loop,
	struct family_registry *families, const struct settings *settings)
{
	*adopting = (struct adopting){ 0 };
	adopt_init(&adopting->adopt, settings->keep_files, settings->steer);
	takeover_init(&adopting->takeover, loop, &adopting->adopt);
	mirror_init(&adopting->mirror, loop, families);
	ev_timer_init(&adopting->timer, on_timer, LOOK_EVERY, LOOK_EVERY);
}

/* Where a holder of the service has its door; NULL, with the reason in the log: nowhere. */
static char *door_path(const struct settings *settings)
{
	cleanup_free char *directory = NULL;
	cleanup_free char *path = NULL;
	struct baton_error error;
	int r = run_directory_make(&directory, &error);

	if (r == 0 && asprintf(&path, "%s/%s.holder", directory, settings->name) == -1)
		r = error_set(&error, -ENOMEM, "out of memory");
	if (r == 0 && strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		r = error_set(&error, -ENAMETOOLONG,
			"\"%s\" is too long for a socket; set $BATON_RUNTIME_DIR to a shorter "
			"directory",
			path);
	if (r == 0)
		return take_ptr(&path);
	log_warning(NULL, "no holder: %s; if baton is killed, what its servers bind later fails",
		error.text);
	return NULL;
}

static void start_holder(struct adopting *adopting, const struct settings *settings)
{
	char *path = door_path(settings);

	if (!path)
		return;
	deposit_init(&adopting->deposit, &adopting->adopt, settings->command);
	int former = reclaim(&(struct reclaim_options){
		.loop = adopting->takeover.loop,
		.adopt = &adopting->adopt,
		.takeover = &adopting->takeover,
		.name = settings->name,
		.is_named = settings->is_named,
		.path = path,
	});

	mirror_start(&adopting->mirror,
		&(struct mirror_options){ .path = path,
			.former = former,
			.fill = deposit_fill,
			.data = &adopting->deposit });
}

/* ADOPTING_ON, ADOPTING_OFF, or -errno with the reason. */
static int try(const struct settings *settings, struct baton_error *error)
{
	struct baton_error reason;

	if (!settings->adopt)
		return ADOPTING_OFF;
	int r = adopt_try(&reason);
	if (r < 0 && settings->takeover)
		return error_set(error, r, "--adopt is not possible here: %s", reason.text);
	if (r < 0) {
		log_warning(NULL,
			"--adopt is not possible here: %s; what the command binds for itself is "
			"lost at an upgrade",
			reason.text);
		return ADOPTING_OFF;
	}
	return ADOPTING_ON;
}

int adopting_begin(
	struct adopting *adopting, const struct settings *settings, struct baton_error *error)
{
	struct steer *steer = &adopting->adopt.held.steer;
	int r = try(settings, error);
	if (r < 0)
		return r;
	steer->is_on = settings->steer && (r == ADOPTING_ON || settings->listener_count);
	if (r == ADOPTING_ON || steer->is_on)
		ev_timer_start(adopting->takeover.loop, &adopting->timer);
	if (r == ADOPTING_OFF)
		return r;
	start_holder(adopting, settings);
	r = settings->takeover ? takeover_begin(&adopting->takeover, settings->takeover, error) : 0;
	return r < 0 ? r : ADOPTING_ON;
}

void adopting_resume(struct adopting *adopting, const struct settings *settings, bool is_on,
	const struct mirror_past *holder)
{
	char *path = is_on ? door_path(settings) : NULL;

	if (is_on || adopting->adopt.held.steer.is_on)
		ev_timer_start(adopting->takeover.loop, &adopting->timer);
	if (!path) {
		fd_close(holder->link);
		return;
	}
	deposit_init(&adopting->deposit, &adopting->adopt, settings->command);
	mirror_resume(&adopting->mirror,
		&(struct mirror_options){ .path = path,
			.former = -1,
			.fill = deposit_fill,
			.data = &adopting->deposit },
		holder);
}

/* What was taken over, and nobody serves in its place yet, is for another baton. */
const struct process *adopting_holder(const struct adopting *adopting)
{
	return adopting->adopt.is_borrowing && mirror_runs(&adopting->mirror)
		? &adopting->mirror.family.leader
		: NULL;
}

void adopting_finish(struct adopting *adopting)
{
	if (!adopting->takeover.loop)
		return;
	mirror_finish(&adopting->mirror, !adopting->adopt.is_borrowing);
	adopt_finish(&adopting->adopt);
	adopt_abandon(&adopting->adopt);
	takeover_finish(&adopting->takeover);
	ev_timer_stop(adopting->takeover.loop, &adopting->timer);
}
