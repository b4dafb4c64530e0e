/* SPDX-License-Identifier: MIT */
/* unicorn: UNICORN_FD=FD,FD, which its manual offers to whoever starts it. */
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/strbuf.h"
#include "socket/inherit_found.h"
#include "socket/inherit_protocol.h"

static int decode(char *const *environment, struct inherit_found *found, struct baton_error *error)
{
	const char *entry = env_find(environment, "UNICORN_FD");
	const char *text = entry ? env_value(entry) : "";

	while (*text) {
		size_t length = strcspn(text, ",");
		int r = inherit_found_add_text(found, entry, text, length, error);
		if (r < 0)
			return r;
		text += length + (text[length] == ',');
	}
	return 0;
}

static int encode(const struct inherit_socket *sockets, size_t count, struct env *env)
{
	struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < count; i++) {
		/* unicorn makes a TCPServer or a UNIXServer of each, and dies of another type. */
		if (sockets[i].type != SOCK_STREAM)
			continue;
		strbuf_appendf(&list, "%s%d", list.length ? "," : "", sockets[i].fd);
	}
	return inherit_set_list(env, "UNICORN_FD", &list);
}

const struct inherit_protocol inherit_unicorn = {
	.name = "unicorn",
	.bit = INHERIT_UNICORN,
	.passing = (const char *const[]){ "UNICORN_FD", NULL },
	.others = (const char *const[]){ NULL },
	.encode = encode,
	.decode = decode,
};
