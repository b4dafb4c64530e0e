/* SPDX-License-Identifier: MIT */
/* See inherit_start.h. */
#include "support/inherit_start.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <baton/spawn.h>

#include "base/env.h"
#include "socket/inherit_protocol.h"
#include "support/process.h"

/* Built of tests/support/inherit_child.c. */
static const char *const helper = PROCESS_PROGRAM("inherit-child");

struct baton_listener *listeners[INHERIT_START_MAX];
static size_t listener_count;
char output[OUTPUT_SIZE];

const struct baton_listener *listen_on(const char *name, const char *text)
{
	struct baton_address *address;
	struct baton_error error;
	struct baton_listener **listener = &listeners[listener_count++];

	ck_assert_uint_le(listener_count, INHERIT_START_MAX);
	ck_assert_msg(baton_address_parse(text, &address, &error) == 0, "%s", error.text);
	int r = baton_listener_open(name, address, listener, &error);

	baton_address_destroy(address);
	ck_assert_msg(r == 0, "%s", error.text);
	return *listener;
}

void inherit_start_finish(void)
{
	while (listener_count > 0)
		baton_listener_close(listeners[--listener_count]);
}

/* Fills in the map and what the protocols say of it; returns how many. */
static size_t map_sockets(struct baton_spawn_fd *map, struct inherit_socket *sockets)
{
	size_t count = 0;

	for (size_t i = 0; i < listener_count; i++) {
		for (size_t j = 0; j < baton_listener_count(listeners[i]); j++, count++) {
			int to = 3 + (int)count;

			ck_assert_uint_lt(count, INHERIT_START_MAX);
			map[count] =
				(struct baton_spawn_fd){ .from = baton_listener_fd(listeners[i], j),
					.to = to };
			sockets[count] =
				(struct inherit_socket){ .name = baton_listener_name(listeners[i]),
					.bound = baton_listener_bound(listeners[i], j),
					.type = baton_listener_type(listeners[i]),
					.fd = to };
		}
	}
	return count;
}

/* Starts the program with all listeners; its standard output is in output then. */
void inherit_start(const struct inherit_start *start)
{
	const char *argv[INHERIT_START_MAX + 2] = { start->program ? start->program : helper };
	struct baton_spawn_fd map[INHERIT_START_MAX];
	struct inherit_socket sockets[INHERIT_START_MAX];
	struct env env = ENV_INIT;
	size_t count = map_sockets(map, sockets);

	for (size_t i = 0; i < INHERIT_START_MAX && start->arguments[i]; i++)
		argv[i + 1] = start->arguments[i];
	ck_assert_int_eq(env_set(&env, "PATH", "/usr/bin:/bin"), 0);
	ck_assert_int_eq(inherit_encode(start->protocols, sockets, count, 1, &env), 0);
	for (size_t i = 0; i < INHERIT_START_MAX && start->set[i]; i++)
		ck_assert_int_eq(env_copy(&env, (char *const[]){ (char *)start->set[i], NULL }), 0);
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = (char *const *)argv,
		.envp = env.entries,
		.fds = map,
		.fd_count = count,
		.pid_text = start->is_pid_wrong ? NULL : env_get(&env, "LISTEN_PID"),
		.pidfdid_text = start->is_pidfdid_wrong ? NULL : env_get(&env, "LISTEN_PIDFDID"),
	};

	ck_assert_int_eq(process_capture(&options, output, sizeof(output)), 0);
	env_finish(&env);
}

/* Whether the child said so. */
void assert_said(const char *format, ...)
{
	char line[512] = "\n", text[OUTPUT_SIZE + 1];
	va_list args;

	va_start(args, format);
	vsnprintf(line + 1, sizeof(line) - 2, format, args);
	va_end(args);
	strcat(line, "\n");
	snprintf(text, sizeof(text), "\n%s", output);
	ck_assert_msg(strstr(text, line) != NULL, "expected \"%s\" in:\n%s", line + 1, output);
}

void assert_not_said(const char *word)
{
	ck_assert_msg(strstr(output, word) == NULL, "unexpected \"%s\" in:\n%s", word, output);
}

const char *bound(size_t index)
{
	return baton_listener_bound(listeners[index], 0);
}
