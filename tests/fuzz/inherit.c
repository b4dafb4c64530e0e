/* SPDX-License-Identifier: MIT */
/*
 * Environments as a hostile or broken starter might write them: a line an
 * entry, KEY=VALUE. "LISTEN_PID=self" stands for the right pid, which cannot
 * be guessed. Some descriptors have sockets behind them, so that values of the
 * right form get all the way.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/env.h"
#include "socket/inherit_found.h"
#include "socket/inherit_protocol.h"

enum { SOCKETS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* On the numbers from 3 on, as far as the driver has not taken them itself. */
static void open_sockets(void)
{
	static int opened;

	for (; opened < SOCKETS; opened++)
		if (socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) == -1)
			abort();
}

static void add_entry(struct env *env, const char *line, size_t length)
{
	char *entry = strndup(line, length);
	int r = 0;

	if (entry && strcmp(entry, "LISTEN_PID=self") == 0)
		r = env_setf(env, "LISTEN_PID", "%d", (int)getpid());
	else if (entry)
		r = env_copy(env, (char *const[]){ entry, NULL });
	if (!entry || r < 0)
		abort();
	free(entry);
}

static void add_entries(struct env *env, const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes;

	while (length > 0) {
		const char *end = memchr(text, '\n', length);
		size_t line = end ? (size_t)(end - text) : length;

		add_entry(env, text, line);
		text += line + (end != NULL);
		length -= line + (end != NULL);
	}
}

/* Returns how many sockets were found, 0 for an error. */
static size_t decode(const struct env *env)
{
	struct inherit_found found = INHERIT_FOUND_INIT;
	struct baton_error error = { "" };
	int r = inherit_decode(env->entries, &found, &error);
	size_t count = r < 0 ? 0 : found.count;

	if (r > 0 || (r < 0) != (error.text[0] != '\0'))
		abort();
	for (size_t i = 0; i < found.count; i++)
		if (found.sockets[i].fd < 3)
			abort();
	inherit_found_finish(&found);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct env env = ENV_INIT;

	open_sockets();
	add_entries(&env, bytes, length);
	(void)decode(&env); /* its checks are all that is wanted */
	inherit_forget(&env);
	if (decode(&env) != 0)
		abort();
	env_finish(&env);
	return 0;
}
