/* SPDX-License-Identifier: MIT */
/* puma: PUMA_INHERIT_0=FD:URL and so on; the URL is compared with those of its configuration. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "socket/inherit_found.h"
#include "socket/inherit_protocol.h"

enum { KEY_SIZE = 32 };

static const char prefix[] = "PUMA_INHERIT_";

static int decode(char *const *environment, struct inherit_found *found, struct baton_error *error)
{
	for (; environment && *environment; environment++) {
		const char *entry = *environment;

		if (strncmp(entry, prefix, strlen(prefix)) != 0)
			continue;
		const char *index = entry + strlen(prefix);
		size_t digits = strspn(index, "0123456789");

		if (digits == 0 || index[digits] != '=')
			continue;
		const char *text = env_value(entry);
		int r = inherit_found_add_text(found, entry, text, strcspn(text, ":"), error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int encode(const struct inherit_socket *sockets, size_t count, struct env *env)
{
	int index = 0;

	for (size_t i = 0; i < count; i++) {
		const char *bound = sockets[i].bound;
		const char *scheme = *bound == '/' || *bound == '@' ? "unix" : "tcp";
		char key[KEY_SIZE];

		if (sockets[i].type != SOCK_STREAM)
			continue;
		(void)snprintf(key, sizeof(key), "%s%d", prefix, index++); /* fits any int */
		int r = env_setf(env, key, "%d:%s://%s", sockets[i].fd, scheme, bound);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct inherit_protocol inherit_puma = {
	.name = "puma",
	.bit = INHERIT_PUMA,
	.passing = (const char *const[]){ "PUMA_INHERIT_#", NULL },
	.others = (const char *const[]){ NULL },
	.encode = encode,
	.decode = decode,
};
