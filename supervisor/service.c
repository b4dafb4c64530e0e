/* SPDX-License-Identifier: MIT */
/* See service.h. */
#include "service.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "actions.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/error.h"
#include "base/signal_name.h"
#include "capture.h"
#include "control/requests.h"
#include "former.h"
#include "generation.h"
#include "log.h"
#include "reconfigure.h"
#include "service_sockets.h"
#include "settings.h"
#include "setup.h"
#include "socket/inherit_protocol.h"
#include "worker_family.h"
#include "workers.h"

static void step(struct service *service, const struct machine_event *event)
{
	struct machine_actions actions;
	bool was_ending = service->machine.exit != MACHINE_EXIT_NONE;

	machine_step(&service->machine, event, &actions);
	/* Others end after this one, but this one decided. */
	if (!was_ending && service->machine.exit != MACHINE_EXIT_NONE)
		service->ending_status = service->runtime.command_status;
	for (size_t i = 0; i < actions.count; i++)
		actions_carry_out(service, &actions.list[i]);
}

void service_feed(struct service *service, const struct machine_event *event)
{
	assert(service->queue_length < SERVICE_QUEUE_SIZE);
	service->queue[service->queue_length++] = *event;
	if (service->is_stepping)
		return;
	service->is_stepping = true;
	for (size_t i = 0; i < service->queue_length; i++) {
		struct machine_event next = service->queue[i];

		step(service, &next);
	}
	service->queue_length = 0;
	service->is_stepping = false;
}

void service_ask_upgrade(struct service *service)
{
	int delay_ms = settle_ask(&service->settle, clock_ms());

	ev_timer_stop(service->runtime.loop, &service->settle_timer);
	if (delay_ms == 0) {
		service_feed(service, &(struct machine_event){ .type = MACHINE_EVENT_HUP });
		return;
	}
	log_info(NULL, "asked for an upgrade again: it waits until this has settled");
	ev_timer_set(&service->settle_timer, delay_ms / 1e3, 0);
	ev_timer_start(service->runtime.loop, &service->settle_timer);
}

static void on_settle_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct service *service = container_of(w, struct service, settle_timer);

	(void)loop;
	(void)revents;
	settle_over(&service->settle);
	service_feed(service, &(struct machine_event){ .type = MACHINE_EVENT_HUP });
}

/* What workers tell of. That they were asked to upgrade counts as if we had been. */
static void feed(struct runtime *runtime, const struct machine_event *event)
{
	struct service *service = container_of(runtime, struct service, runtime);

	if (event->type == MACHINE_EVENT_HUP)
		service_ask_upgrade(service);
	else
		service_feed(service, event);
}

void service_ask_stop(struct service *service, bool is_now)
{
	service->ends_now |= is_now;
	/* The last of a baton before us may be all that is waited for. */
	if (is_now || service->adopting.takeover.is_last)
		takeover_kill(&service->adopting.takeover);
	if (is_now)
		service_feed(service, &(struct machine_event){ .type = MACHINE_EVENT_STOP_NOW });
	else if (stop_wish_repeats(&service->stop_wish, clock_ms()))
		log_info(NULL, "told to stop twice at once: that counts as once");
	else
		service_feed(service, &(struct machine_event){ .type = MACHINE_EVENT_STOP });
}

static void on_request(enum signals_request request, int signal, void *data)
{
	char name[SIGNAL_NAME_SIZE];
	struct service *service = data;

	switch (request) {
	case SIGNALS_UPGRADE:
		service_ask_upgrade(service);
		break;
	case SIGNALS_STOP:
		service_ask_stop(service, false);
		break;
	case SIGNALS_STOP_NOW:
		service_ask_stop(service, true);
		break;
	case SIGNALS_REEXEC:
		reexec_ask(&service->reexec);
		break;
	case SIGNALS_PASS_ON:
		log_info(NULL, "passing %s on to the workers",
			signal_name(signal, name, sizeof(name)));
		(void)workers_pass_on(&service->runtime, signal, NULL, NULL);
		break;
	case SIGNALS_LEAVE: /* all others are not watched */
		log_info(NULL,
			"%s is not passed on: baton is in the foreground of a terminal, "
			"which may have sent it",
			signal_name(signal, name, sizeof(name)));
		break;
	}
}

/* Whoever it was: the last member of a family may be gone now. */
static void on_any_child(struct ev_loop *loop, ev_child *w, int revents)
{
	struct service *service = container_of(w, struct service, any_child);

	(void)loop;
	(void)revents;
	worker_family_check_strays(&service->runtime);
	/* Each end may free a generation: look anew after it. */
	for (struct worker *worker; (worker = workers_find_ended(&service->runtime));)
		worker_end(worker);
}

/* What is held has to be there for --steer, whether the command binds or inherits. 0 or -errno with
 * the reason. */
static int begin_holding(struct service *service, struct baton_error *error)
{
	struct runtime *runtime = &service->runtime;
	const struct settings *settings = runtime->settings;
	int r = adopting_begin(&service->adopting, settings, error);

	if (r < 0)
		return r;
	runtime->adopt = r == ADOPTING_ON ? &service->adopting.adopt : NULL;
	return service->adopting.adopt.held.steer.is_on
		? own_sockets_begin(&runtime->own_sockets, &runtime->setup->listeners,
			  settings->protocols & INHERIT_NGINX, error)
		: 0;
}

int service_prepare(struct service *service, struct setup *setup, char **argv,
	struct baton_listener *place, struct baton_error *error)
{
	const struct settings *settings = &setup->loaded.settings;
	struct machine_config config = reconfigure_machine_config(settings);

	*service = (struct service){
		.runtime = {
			.loop = ev_default_loop(0),
			.feed = feed,
			.notify = { .fd = -1 },
			.einhorn = { .fd = -1 },
			.directory = { .fd = -1 },
			.held = &service->adopting.adopt.held,
		},
		.argv = argv,
		.place = place,
		.started_at_ms = clock_ms(),
	};
	settle_init(&service->settle, settings->settle_ms);
	reconfigure_use(service, setup);
	if (!service->runtime.loop)
		return error_set(error, -ENOMEM, "cannot make an event loop");
	list_init(&service->runtime.generations);
	list_init(&service->runtime.strays);
	list_init(&service->runtime.captures);
	family_registry_init(&service->runtime.families);
	own_directory_init(&service->runtime.directory);
	adopting_init(
		&service->adopting, service->runtime.loop, &service->runtime.families, settings);
	own_sockets_init(&service->runtime.own_sockets, service->runtime.held);
	reexec_init(&service->reexec, service);
	machine_init(&service->machine, &config);
	signals_init(&service->signals, service->runtime.loop, on_request, service);
	ev_child_init(&service->any_child, on_any_child, 0, 0);
	ev_child_start(service->runtime.loop, &service->any_child);
	ev_timer_init(&service->settle_timer, on_settle_timer, 0, 0);
	manager_init(&service->manager, service->runtime.loop);
	control_init(&service->control, service->runtime.loop,
		place ? baton_listener_fd(place, 0) : -1, requests_handle, service);
	service->control.fd_max = listeners_spare_fds(&setup->listeners, settings);
	if (events_init(&service->events) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	service->events.on_event = requests_tell;
	service->events.data = service;
	/* Orphans of the workers become ours to reap, and to kill at the hammer. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		return error_set_errno(error, -errno, "cannot become a subreaper");
	int r = status_file_init(&service->status_file, settings->status_file);

	return r < 0 ? error_set_errno(error, r, "cannot keep a status file") : 0;
}

int service_init(struct service *service, struct setup *setup, char **argv,
	struct baton_listener *place, struct baton_error *error)
{
	int r = service_prepare(service, setup, argv, place, error);
	if (r == 0)
		r = begin_holding(service, error);
	if (r == 0)
		r = former_take(setup->listeners.store, &service->adopting.takeover, error);
	return r < 0 ? r : service_sockets_open(&service->runtime, error);
}

void service_start(struct service *service)
{
	service_feed(service, &(struct machine_event){ .type = MACHINE_EVENT_START });
}

int service_run(struct service *service)
{
	while (service->machine.state != MACHINE_ENDED) {
		ev_run(service->runtime.loop, 0);
		if (!reexec_is_due(&service->reexec))
			break;
		reexec_now(&service->reexec);
	}
	return service->exit_status;
}

void service_write_status_file(struct service *service)
{
	struct status_entry entries[MACHINE_GENERATIONS_MAX * MACHINE_WORKERS_MAX];

	if (!service->runtime.settings->status_file)
		return;
	size_t count = workers_list(&service->runtime, entries, array_length(entries));

	status_file_write(&service->status_file, entries, count);
}

static void finish_loop(struct service *service)
{
	list_for_each_safe (link, &service->runtime.generations) {
		struct generation *generation = container_of(link, struct generation, link);

		generation_kill(generation);
		generation_destroy(generation);
	}
	worker_family_kill_strays(&service->runtime);
	free(take_ptr(&service->runtime.next_program));
	/* What could be attributed to nobody: see family.h. */
	(void)process_tree_kill_below(getpid(), adopting_holder(&service->adopting));
	adopting_finish(&service->adopting);
	own_sockets_finish(&service->runtime.own_sockets);
	list_for_each_safe (link, &service->runtime.captures)
		capture_destroy(container_of(link, struct capture, link));
	notify_socket_close(&service->runtime.notify);
	einhorn_socket_close(&service->runtime.einhorn);
	status_file_finish(&service->status_file);
	own_directory_finish(&service->runtime.directory);
	control_finish(&service->control);
	events_finish(&service->events);
	manager_finish(&service->manager);
	reexec_finish(&service->reexec);
	ev_timer_stop(service->runtime.loop, &service->settle_timer);
	ev_child_stop(service->runtime.loop, &service->any_child);
	signals_finish(&service->signals);
}

void service_finish(struct service *service)
{
	if (service->runtime.loop)
		finish_loop(service);
	setup_unref(service->runtime.setup);
}
