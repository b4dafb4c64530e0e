/* SPDX-License-Identifier: MIT */
/* See reconfigure.h. */
#include "reconfigure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "census.h"
#include "config/changes.h"
#include "config/problems.h"
#include "generation.h"
#include "log.h"
#include "service.h"
#include "settings.h"
#include "setup.h"

struct machine_config reconfigure_machine_config(const struct settings *settings)
{
	return (struct machine_config){
		.workers = (unsigned)settings->workers,
		.ready_timeout_ms = settings->ready_timeout_ms,
		.bake_ms = settings->bake_ms,
		.drain_timeout_ms = settings->drain_timeout_ms,
		.max_draining = (unsigned)settings->max_draining,
		.restart = settings->restart,
		.restart_min_ms = settings->restart_min_ms,
		.restart_max_ms = settings->restart_max_ms,
		.max_restarts = settings->max_restarts,
		.configures = settings->config_file,
		.steers = settings->steer,
	};
}

void reconfigure_use(struct service *service, struct setup *setup)
{
	struct runtime *runtime = &service->runtime;
	struct setup *before = runtime->setup;
	const struct settings *settings = &setup->loaded.settings;

	runtime->setup = setup_ref(setup);
	runtime->settings = settings;
	service->settle.settle_ms = settings->settle_ms;
	service->control.fd_max = listeners_spare_fds(&setup->listeners, settings);
	log_init(settings->log_format, settings->log_level);
	if (before && before->refs == 1) /* no generation came of it */
		listeners_drop(&before->listeners);
	setup_unref(before);
}

/* Paths are from baton's own directory, as its name leads to it now. */
static int load(struct service *service, struct loaded *ret, struct problems *problems)
{
	struct runtime *runtime = &service->runtime;
	int status;
	int r = own_directory_enter(&runtime->directory);

	if (r < 0)
		log_warning(NULL, "cannot enter \"%s\" anew: %s", runtime->directory.name,
			strerrordesc_np(-r));
	r = loaded_read(service->argv, &runtime->setup->loaded, ret, problems, &status);
	own_directory_leave(&runtime->directory);
	return r;
}

/* The control socket has been called after it, whatever the command is by now. */
static int keep_name(struct settings *next, const struct settings *current)
{
	char *name = strdup(current->name);

	if (!name)
		return -ENOMEM;
	free(next->name);
	next->name = name;
	return 0;
}

static struct setup *open_next(
	const struct setup *current, struct loaded *loaded, struct problems *problems)
{
	const struct settings *settings = &current->loaded.settings;
	struct setup *next = setup_create_take(loaded);
	struct baton_error error = { "out of memory" };
	int r = next ? keep_name(&next->loaded.settings, settings) : -ENOMEM;

	if (r == 0)
		r = listeners_reopen(&next->listeners, &next->loaded.settings, &current->listeners,
			settings, &error);
	if (r == 0)
		return next;
	problems_add(problems, NULL, 0, "%s", error.text);
	setup_unref(next);
	return NULL;
}

/* NULL: there are problems. */
static struct setup *read_next(struct service *service, struct problems *problems)
{
	const struct setup *current = service->runtime.setup;
	struct loaded loaded;

	if (load(service, &loaded, problems) != 0)
		return NULL;
	struct setup *next = open_next(current, &loaded, problems);

	if (!next)
		return NULL;
	listeners_log_dropped(&next->listeners, &current->listeners);
	changes_log(&current->loaded, &next->loaded);
	changes_keep(&service->changes, &next->loaded.settings);
	return next;
}

/* A program that was to be tried is none of the upgrade that comes after this one. */
static void refuse(struct service *service, const struct problems *problems)
{
	problems_first(problems, service->refusal, sizeof(service->refusal));
	free(take_ptr(&service->runtime.next_program));
	service_feed(service, &(struct machine_event){ .type = MACHINE_EVENT_CONFIG_REFUSED });
}

void reconfigure(struct service *service)
{
	struct problems problems = PROBLEMS_INIT;
	struct setup *next = read_next(service, &problems);

	problems_log(&problems);
	if (!next)
		refuse(service, &problems);
	problems_finish(&problems);
	if (!next)
		return;
	reconfigure_use(service, next);
	service->next_config = reconfigure_machine_config(service->runtime.settings);
	setup_unref(next);
	service_feed(service,
		&(struct machine_event){
			.type = MACHINE_EVENT_CONFIGURED, .config = &service->next_config });
}

static struct generation *find_serving(struct service *service)
{
	list_for_each (link, &service->runtime.generations) {
		struct generation *generation = container_of(link, struct generation, link);
		const struct machine_generation *known =
			machine_find(&service->machine, generation->number);

		if (known && known->state == MACHINE_GENERATION_SERVING)
			return generation;
	}
	return NULL;
}

void reconfigure_back(struct service *service)
{
	struct generation *serving = find_serving(service);

	if (serving)
		reconfigure_use(service, serving->setup);
}

static bool is_needed(struct service *service, const struct setup *setup)
{
	if (setup == service->runtime.setup)
		return true;
	list_for_each (link, &service->runtime.generations) {
		struct generation *generation = container_of(link, struct generation, link);

		if (generation->setup == setup && !generation->is_retired)
			return true;
	}
	return false;
}

void reconfigure_close_unused(struct service *service)
{
	census_note(&service->runtime);
	list_for_each (link, &service->runtime.generations) {
		struct generation *generation = container_of(link, struct generation, link);

		if (!is_needed(service, generation->setup))
			listeners_drop(&generation->setup->listeners);
	}
	listeners_store(&service->runtime.setup->listeners); /* there is room now */
}

void reconfigure_close_all(struct service *service)
{
	census_note(&service->runtime);
	listeners_close(&service->runtime.setup->listeners);
	list_for_each (link, &service->runtime.generations) {
		struct generation *generation = container_of(link, struct generation, link);

		listeners_close(&generation->setup->listeners);
	}
}
