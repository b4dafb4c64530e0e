/* SPDX-License-Identifier: MIT */
/* See child_env.h. */
#include "child_env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/strbuf.h"
#include "env_file.h"
#include "listeners.h"
#include "process/channel.h"
#include "process/upgrade_steer.h"
#include "settings.h"
#include "socket/inherit_protocol.h"
#include "substitute.h"

/* The sockets of the worker: as the child sees them, and what they are duplicates of. */
struct sockets {
	struct inherit_socket *list;
	int *fds;
	size_t count;
};

static unsigned count_workers(const struct child_env_input *input)
{
	return input->worker_count ? input->worker_count : (unsigned)input->settings->workers;
}

static int find_sockets(const struct child_env_input *input, struct sockets *ret)
{
	size_t room = listeners_socket_count(input->listeners) + 1;
	cleanup_free struct inherit_socket *list = calloc(room, sizeof(*list));
	cleanup_free int *fds = calloc(room, sizeof(*fds));

	if (!list || !fds)
		return -ENOMEM;
	ret->count = listeners_of_worker(
		input->listeners, input->worker, count_workers(input), list, fds);
	ret->list = take_ptr(&list);
	ret->fds = take_ptr(&fds);
	return 0;
}

static void finish_sockets(struct sockets *sockets)
{
	free(sockets->list);
	free(sockets->fds);
}

/* The number the channel gets in the child: the first that no socket has. */
static int channel_number(const struct sockets *sockets)
{
	return FD_FIRST + (int)sockets->count;
}

static bool has_channel(const struct child_env_input *input)
{
	return input->channel_fd != -1 && input->settings->protocols & INHERIT_BATON;
}

static int build_fds(
	const struct child_env_input *input, const struct sockets *sockets, struct child_env *child)
{
	struct baton_spawn_fd *fds = calloc(sockets->count + 2, sizeof(*fds));
	size_t count = 0;

	if (!fds)
		return -ENOMEM;
	for (; count < sockets->count; count++)
		fds[count] = (struct baton_spawn_fd){
			.from = sockets->fds[count],
			.to = sockets->list[count].fd,
		};
	if (has_channel(input))
		fds[count++] = (struct baton_spawn_fd){
			.from = input->channel_fd,
			.to = channel_number(sockets),
		};
	if (input->stderr_fd > 0)
		fds[count++] = (struct baton_spawn_fd){
			.from = input->stderr_fd,
			.to = STDERR_FILENO,
		};
	child->fds = fds;
	child->socket_count = sockets->count;
	child->options.fds = fds;
	child->options.fd_count = count;
	return 0;
}

static bool is_steerable(const struct baton_listener *listener)
{
	return baton_listener_type(listener) == SOCK_DGRAM && baton_listener_shares(listener) > 1;
}

/*
 * Of which UDP listeners the worker has all sockets, and may choose among them (<baton/steer.h>).
 * Of none if they are shared out to several workers, if baton chooses itself, or
 * if the worker's own calls of bind(2) are carried out by baton.
 */
static int add_steerable(const struct child_env_input *input, struct env *env)
{
	const struct settings *settings = input->settings;
	struct strbuf list = STRBUF_INIT;

	if (count_workers(input) > 1 || settings->steer || settings->adopt)
		return 0;
	for (size_t i = 0; i < input->listeners->count; i++) {
		const struct baton_listener *listener = input->listeners->items[i].listener;

		if (!is_steerable(listener))
			continue;
		strbuf_appendf(
			&list, "%s%s", list.length ? ";" : "", baton_listener_bound(listener, 0));
	}
	cleanup_free char *text = strbuf_take(&list);
	if (!text)
		return -ENOMEM;
	return *text ? env_set(env, UPGRADE_STEERABLE_VARIABLE, text) : 0;
}

/* The variables by which baton itself is spoken to, rather than sockets passed. */
static int add_own_variables(
	const struct child_env_input *input, const struct sockets *sockets, struct env *env)
{
	unsigned protocols = input->settings->protocols;
	int r = env_copy(env, (char *const[]){ (char *)input->marker, NULL });

	if (r == 0 && protocols & INHERIT_NOTIFY && input->notify_path)
		r = env_set(env, "NOTIFY_SOCKET", input->notify_path);
	if (r == 0 && protocols & INHERIT_EINHORN && input->einhorn_path) {
		r = env_setf(env, "EINHORN_MASTER_PID", "%d", (int)getpid());
		if (r == 0)
			r = env_set(env, "EINHORN_SOCK_PATH", input->einhorn_path);
		if (r == 0)
			r = env_setf(env, "EINHORN_CHILD_INDEX", "%u", input->worker);
	}
	if (r == 0 && protocols & INHERIT_BATON)
		r = env_setf(env, "BATON_WORKER", "%u", input->worker + 1);
	if (r == 0 && protocols & INHERIT_BATON)
		r = add_steerable(input, env);
	if (r == 0 && has_channel(input))
		r = env_setf(env, CHANNEL_VARIABLE, "%d", channel_number(sockets));
	return r;
}

/*
 * What baton's own starter said to baton, and what a copy of such an
 * environment in the file says, is not for the worker: a stale LISTEN_PIDFDID
 * alone would make it see no sockets.
 */
static int build_env(const struct child_env_input *input, const struct sockets *sockets,
	struct child_env *child, struct baton_error *error)
{
	struct env *env = &child->env;
	int r = env_copy(env, environ);

	if (r == 0 && input->settings->env_file) {
		r = env_file_read(input->settings->env_file, env, error);
		if (r < 0)
			return r;
	}
	inherit_forget(env);
	if (r == 0)
		r = inherit_encode(input->settings->protocols, sockets->list, sockets->count,
			input->generation, env);
	if (r == 0)
		r = add_own_variables(input, sockets, env);
	if (r < 0)
		return error_set_errno(error, r, "cannot build the environment");
	child->options.envp = env->entries;
	child->options.pid_text = env_get(env, "LISTEN_PID");
	child->options.pidfdid_text = env_get(env, "LISTEN_PIDFDID");
	return 0;
}

/* Fills in what {fd:NAME} and {port:NAME} mean for this worker. */
static struct substitute_value *find_values(
	const struct listeners *listeners, const struct sockets *sockets)
{
	struct substitute_value *values = calloc(listeners->count + 1, sizeof(*values));

	for (size_t i = 0; values && i < listeners->count; i++) {
		values[i].name = listeners->items[i].name;
		values[i].port = baton_listener_port(listeners->items[i].listener);
		for (size_t j = sockets->count; j-- > 0;)
			if (strcmp(sockets->list[j].name, values[i].name) == 0)
				values[i].fd = sockets->list[j].fd;
	}
	return values;
}

static int build_argv(const struct child_env_input *input, const struct sockets *sockets,
	struct child_env *child, struct baton_error *error)
{
	cleanup_free struct substitute_value *values = find_values(input->listeners, sockets);
	char **command = input->settings->command;
	size_t count = 0;

	while (command[count])
		count++;
	child->argv = calloc(count + 1, sizeof(*child->argv));
	if (!values || !child->argv)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		const char *word = i == 0 && input->program ? input->program : command[i];
		int r = substitute(word, values, input->listeners->count, &child->argv[i], error);
		if (r < 0)
			return r;
	}
	child->options.argv = child->argv;
	return 0;
}

int child_env_build(
	const struct child_env_input *input, struct child_env *ret, struct baton_error *error)
{
	const struct settings *settings = input->settings;
	struct sockets sockets = { 0 };
	struct child_env child = {
		.options = {
			.size = sizeof(child.options),
			.workdir = settings->workdir,
			.user = settings->user,
			.group = settings->group,
			.new_process_group = true,
		},
		.env = ENV_INIT,
	};
	int r = find_sockets(input, &sockets);

	if (r == 0)
		r = build_fds(input, &sockets, &child);
	if (r < 0)
		(void)error_set(error, r, "out of memory");
	if (r == 0)
		r = build_env(input, &sockets, &child, error);
	if (r == 0)
		r = build_argv(input, &sockets, &child, error);
	finish_sockets(&sockets);
	if (r < 0) {
		child_env_finish(&child);
		return r;
	}
	*ret = child;
	return 0;
}

void child_env_finish(struct child_env *child)
{
	for (char **word = child->argv; word && *word; word++)
		free(*word);
	free(child->argv);
	free(child->fds);
	env_finish(&child->env);
	*child = (struct child_env){ 0 };
}
