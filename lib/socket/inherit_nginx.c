/* SPDX-License-Identifier: MIT */
/*
 * nginx: NGINX=FD;FD; with an end to every number. nginx sets it for the
 * binary it upgrades to and takes it from anybody.
 */
#include <string.h>

#include "base/env.h"
#include "base/strbuf.h"
#include "socket/inherit_found.h"
#include "socket/inherit_protocol.h"

static int decode(char *const *environment, struct inherit_found *found, struct baton_error *error)
{
	const char *entry = env_find(environment, "NGINX");
	const char *text = entry ? env_value(entry) : "";

	/* The name is so plain that people use it for other things, the path of nginx say. */
	if (text[strspn(text, "0123456789;:")])
		return 0;
	/* What follows the last end is no number to nginx either. */
	for (size_t length; text[length = strcspn(text, ";:")]; text += length + 1) {
		int r = inherit_found_add_text(found, entry, text, length, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int encode(const struct inherit_socket *sockets, size_t count, struct env *env)
{
	struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < count; i++)
		strbuf_appendf(&list, "%d;", sockets[i].fd);
	return inherit_set_list(env, "NGINX", &list);
}

const struct inherit_protocol inherit_nginx = {
	.name = "nginx",
	.bit = INHERIT_NGINX,
	.passing = (const char *const[]){ "NGINX", NULL },
	.others = (const char *const[]){ NULL },
	.encode = encode,
	.decode = decode,
};
