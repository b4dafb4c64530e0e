/* SPDX-License-Identifier: MIT */
/* See worker_readiness.h. */
#include "worker_readiness.h"

#include "generation.h"
#include "log.h"
#include "runtime.h"
#include "settings.h"
#include "worker.h"
#include "worker_family.h"

static void on_ready(struct readiness *readiness, enum readiness_how how, void *data)
{
	(void)readiness;
	worker_ready(data, how);
}

static void on_problem(struct readiness *readiness, const char *text, void *data)
{
	struct log_where at = worker_where(data);

	(void)readiness;
	log_warning(&at, "%s", text);
}

void worker_readiness_init(struct worker *worker)
{
	struct runtime *runtime = worker->generation->runtime;

	readiness_init(&worker->readiness, runtime->loop,
		&(struct readiness_options){
			.mode = worker->generation->settings->ready,
			.memory = &runtime->memory,
			.family = &worker->family->processes,
			.sockets = &worker->sockets,
			.binds_itself = worker->family->broker != NULL,
			.envp = worker->probe_env.entries,
			.workdir = worker->generation->settings->workdir,
			.user = worker->generation->settings->user,
			.group = worker->generation->settings->group,
			.on_ready = on_ready,
			.on_problem = on_problem,
			.data = worker,
		});
}

int worker_readiness_start(struct worker *worker, struct baton_error *error)
{
	worker_readiness_init(worker);
	return readiness_start(&worker->readiness, error);
}
