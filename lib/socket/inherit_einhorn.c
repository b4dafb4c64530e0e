/* SPDX-License-Identifier: MIT */
/*
 * Einhorn: EINHORN_FD_COUNT, EINHORN_FD_0 and so on, with the address family
 * in EINHORN_FD_FAMILY_0, which Python clients need. Its older form, still
 * what socketmaster sets, is EINHORN_FDS with spaces between the numbers.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/parse.h"
#include "socket/inherit_found.h"
#include "socket/inherit_protocol.h"

enum { KEY_SIZE = 32 };

/* Whether the variables were set by our parent, as Einhorn's own clients ask. Without
 * EINHORN_MASTER_PID (socketmaster) there is nothing to tell. */
static int is_for_us(char *const *environment, struct baton_error *error)
{
	const char *entry = env_find(environment, "EINHORN_MASTER_PID");
	int pid;

	if (!entry)
		return 1;
	if (parse_int(env_value(entry), 1, INT_MAX, &pid) < 0)
		return inherit_refuse(error, -EINVAL, entry, "not a pid");
	return pid == getppid();
}

static int decode_list(const char *entry, struct inherit_found *found, struct baton_error *error)
{
	const char *text = env_value(entry);

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");
		int r = inherit_found_add_text(found, entry, text, length, error);
		if (r < 0)
			return r;
		text += length;
	}
	return 0;
}

static int decode(char *const *environment, struct inherit_found *found, struct baton_error *error)
{
	const char *count_entry = env_find(environment, "EINHORN_FD_COUNT");
	const char *list_entry = env_find(environment, "EINHORN_FDS");
	int count;
	int r = is_for_us(environment, error);
	if (r <= 0)
		return r;

	if (!count_entry)
		return list_entry ? decode_list(list_entry, found, error) : 0;
	if (parse_int(env_value(count_entry), 0, INT_MAX, &count) < 0)
		return inherit_refuse(error, -EINVAL, count_entry, "not a number of descriptors");
	for (int i = 0; i < count; i++) {
		char key[KEY_SIZE];

		(void)snprintf(key, sizeof(key), "EINHORN_FD_%d", i); /* fits any int */
		const char *entry = env_find(environment, key);
		if (!entry)
			return inherit_refuse(error, -EINVAL, count_entry, "%s is not set", key);
		const char *text = env_value(entry);
		r = inherit_found_add_text(found, entry, text, strlen(text), error);
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *family_name(const char *bound)
{
	switch (*bound) {
	case '/':
	case '@':
		return "AF_UNIX";
	case '[':
		return "AF_INET6";
	default:
		return "AF_INET";
	}
}

static int encode(const struct inherit_socket *sockets, size_t count, struct env *env)
{
	int r = env_setf(env, "EINHORN_FD_COUNT", "%zu", count);

	for (size_t i = 0; i < count && r == 0; i++) {
		char key[KEY_SIZE];

		(void)snprintf(key, sizeof(key), "EINHORN_FD_%d", (int)i); /* fits any int */
		r = env_setf(env, key, "%d", sockets[i].fd);
		if (r < 0)
			break;
		(void)snprintf(key, sizeof(key), "EINHORN_FD_FAMILY_%d", (int)i); /* likewise */
		r = env_set(env, key, family_name(sockets[i].bound));
	}
	return r;
}

const struct inherit_protocol inherit_einhorn = {
	.name = "einhorn",
	.bit = INHERIT_EINHORN,
	.passing = (const char *const[]){ "EINHORN_FD_COUNT", "EINHORN_FD_#", "EINHORN_FD_FAMILY_#",
		"EINHORN_FDS", NULL },
	.others = (const char *const[]){ "EINHORN_*", NULL },
	.encode = encode,
	.decode = decode,
};
