/* SPDX-License-Identifier: MIT */
/*
 * Server::Starter: SERVER_STARTER_PORT=KEY=FD;KEY=FD, where the key is where the
 * socket is bound. TCP and UDP on one port have the same key, so whoever
 * reads it has to ask the socket for its type, and may then as well ask it
 * for its address: the key is not used here.
 */
#include <errno.h>
#include <string.h>

#include "base/env.h"
#include "base/strbuf.h"
#include "socket/inherit_found.h"
#include "socket/inherit_protocol.h"

/* From text to the end of its element: the '=', digits and then ';' or the end. A path may have
 * '=' and ';' in it, so neither ends anything alone. NULL if there is no such end. */
static const char *find_number(const char *text)
{
	for (; (text = strchr(text, '=')); text++) {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits > 0 && (text[1 + digits] == ';' || !text[1 + digits]))
			return text + 1;
	}
	return NULL;
}

static int decode(char *const *environment, struct inherit_found *found, struct baton_error *error)
{
	const char *entry = env_find(environment, "SERVER_STARTER_PORT");
	const char *text = entry ? env_value(entry) : "";

	while (*text) {
		const char *number = find_number(text);
		if (!number)
			return inherit_refuse(error, -EINVAL, entry,
				"no \"=DESCRIPTOR\" at the end of \"%.40s\"", text);
		size_t digits = strcspn(number, ";");
		int r = inherit_found_add_text(found, entry, number, digits, error);
		if (r < 0)
			return r;
		text = number + digits + (number[digits] == ';');
	}
	return 0;
}

static int encode(const struct inherit_socket *sockets, size_t count, struct env *env)
{
	struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < count; i++) {
		/* The other readers split at every ';' and at the first '=': such a path would
		 * have them take a wrong number. */
		if (strpbrk(sockets[i].bound, ";="))
			continue;
		strbuf_appendf(
			&list, "%s%s=%d", list.length ? ";" : "", sockets[i].bound, sockets[i].fd);
	}
	return inherit_set_list(env, "SERVER_STARTER_PORT", &list);
}

const struct inherit_protocol inherit_starter = {
	.name = "starter",
	.bit = INHERIT_STARTER,
	.passing = (const char *const[]){ "SERVER_STARTER_PORT", NULL },
	.others = (const char *const[]){ "SERVER_STARTER_GENERATION", NULL },
	.encode = encode,
	.decode = decode,
	.generation = "SERVER_STARTER_GENERATION",
};
