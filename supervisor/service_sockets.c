/* SPDX-License-Identifier: MIT */
/* See service_sockets.h. */
#include "service_sockets.h"

#include <stdbool.h>
#include <sys/types.h>

#include "log.h"
#include "runtime.h"
#include "settings.h"
#include "socket/inherit_protocol.h"
#include "worker_messages.h"
#include "workers.h"

static bool is_ours(pid_t pid, void *data)
{
	return workers_find(data, pid) != NULL;
}

static void on_notify(pid_t sender, const struct notify_message *message, void *data)
{
	struct worker *worker = workers_find(data, sender);

	if (worker)
		worker_notified(worker, sender, message);
}

static void on_ack(pid_t sender, void *data)
{
	struct worker *worker = workers_find(data, sender);

	if (worker)
		worker_acked(worker);
}

static void on_problem(const char *text, void *data)
{
	(void)data;
	log_warning(NULL, "%s", text);
}

static struct notify_handler notify_handler(struct runtime *runtime)
{
	return (struct notify_handler){
		.is_ours = is_ours,
		.on_message = on_notify,
		.on_problem = on_problem,
		.data = runtime,
	};
}

static struct einhorn_handler einhorn_handler(struct runtime *runtime)
{
	return (struct einhorn_handler){
		.is_ours = is_ours,
		.on_ack = on_ack,
		.on_problem = on_problem,
		.data = runtime,
	};
}

int service_sockets_open(struct runtime *runtime, struct baton_error *error)
{
	const struct settings *settings = runtime->settings;
	struct notify_handler for_notify = notify_handler(runtime);
	struct einhorn_handler for_einhorn = einhorn_handler(runtime);
	int r = notify_socket_open(&runtime->notify, runtime->loop, &for_notify, error);

	if (r < 0 || !(settings->protocols & INHERIT_EINHORN))
		return r;
	return einhorn_socket_open(&runtime->einhorn, runtime->loop, &for_einhorn,
		/* What the file says of them may change, the socket stays. */
		settings->user || settings->group || settings->config_file, error);
}

int service_sockets_resume(
	struct runtime *runtime, const struct service_sockets_past *past, struct baton_error *error)
{
	struct notify_handler for_notify = notify_handler(runtime);
	struct einhorn_handler for_einhorn = einhorn_handler(runtime);

	if (past->einhorn >= 0)
		einhorn_socket_resume(&runtime->einhorn, runtime->loop, &for_einhorn, past->einhorn,
			past->einhorn_path, past->einhorn_directory);
	return notify_socket_resume(
		&runtime->notify, runtime->loop, past->notify, &for_notify, error);
}
