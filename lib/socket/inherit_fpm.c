/* SPDX-License-Identifier: MIT */
/*
 * php-fpm: FPM_SOCKETS=KEY=FD,KEY=FD and, past 128 of them, FPM_SOCKETS_1 and so
 * on. The key is compared with what php-fpm makes of its own configuration:
 * ADDRESS:PORT, no brackets around an IPv6 address, or the path.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/strbuf.h"
#include "socket/inherit_found.h"
#include "socket/inherit_protocol.h"

enum { KEY_SIZE = 32 };

static int decode_list(const char *entry, struct inherit_found *found, struct baton_error *error)
{
	const char *text = env_value(entry);

	while (*text) {
		size_t length = strcspn(text, ",");
		const char *equals = memrchr(text, '=', length);
		if (!equals)
			return inherit_refuse(error, -EINVAL, entry, "no \"=\" in \"%.*s\"",
				length > 40 ? 40 : (int)length, text);
		size_t key_length = (size_t)(equals - text) + 1;
		int r = inherit_found_add_text(
			found, entry, text + key_length, length - key_length, error);
		if (r < 0)
			return r;
		text += length + (text[length] == ',');
	}
	return 0;
}

static int decode(char *const *environment, struct inherit_found *found, struct baton_error *error)
{
	const char *entry = env_find(environment, "FPM_SOCKETS");

	for (int i = 1; entry; i++) {
		char key[KEY_SIZE];
		int r = decode_list(entry, found, error);
		if (r < 0)
			return r;
		(void)snprintf(key, sizeof(key), "FPM_SOCKETS_%d", i); /* fits any int */
		entry = env_find(environment, key);
	}
	return 0;
}

static void append_key(struct strbuf *list, const char *bound)
{
	const char *bracket = *bound == '[' ? strchr(bound, ']') : NULL;

	if (bracket)
		strbuf_appendf(list, "%.*s%s", (int)(bracket - bound - 1), bound + 1, bracket + 1);
	else
		strbuf_append(list, bound);
}

static int encode(const struct inherit_socket *sockets, size_t count, struct env *env)
{
	struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < count; i++) {
		const char *bound = sockets[i].bound;

		/* php-fpm knows neither datagrams nor abstract names nor zones, and splits at each
		 * ',' and the first '='. It closes what it does not match, so a socket
		 * that is left out loses nothing. */
		if (sockets[i].type != SOCK_STREAM || *bound == '@' || strpbrk(bound, ",=") ||
			(*bound == '[' && strchr(bound, '%')))
			continue;
		if (list.length)
			strbuf_append(&list, ",");
		append_key(&list, bound);
		strbuf_appendf(&list, "=%d", sockets[i].fd);
	}
	return inherit_set_list(env, "FPM_SOCKETS", &list);
}

const struct inherit_protocol inherit_fpm = {
	.name = "fpm",
	.bit = INHERIT_FPM,
	.passing = (const char *const[]){ "FPM_SOCKETS", "FPM_SOCKETS_#", NULL },
	.others = (const char *const[]){ NULL },
	.encode = encode,
	.decode = decode,
};
