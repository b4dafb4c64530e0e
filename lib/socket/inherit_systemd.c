/* SPDX-License-Identifier: MIT */
/*
 * systemd's socket activation, sd_listen_fds(3): LISTEN_FDS sockets from 3 on,
 * meant for the process that LISTEN_PID and LISTEN_PIDFDID name and for no
 * other, with LISTEN_FDNAMES.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fd.h"
#include "base/parse.h"
#include "base/pidfd.h"
#include "base/strbuf.h"
#include "socket/inherit_found.h"
#include "socket/inherit_protocol.h"

/* 1 if the variables are meant for this process, 0 if not, or an error. */
static int is_for_us(char *const *environment, struct baton_error *error)
{
	const char *pid_entry = env_find(environment, "LISTEN_PID");
	const char *id_entry = env_find(environment, "LISTEN_PIDFDID");
	uint64_t id, own_id;
	int pid;

	if (!pid_entry)
		return 0;
	if (parse_int(env_value(pid_entry), 1, INT_MAX, &pid) < 0)
		return inherit_refuse(error, -EINVAL, pid_entry, "not a pid");
	if (pid != getpid())
		return 0;
	if (!id_entry)
		return 1;
	if (parse_unsigned(env_value(id_entry), 0, UINT64_MAX, &id) < 0)
		return inherit_refuse(error, -EINVAL, id_entry, "not a number");
	/* Where the kernel gives no identity, the pid has to do: so does libsystemd. */
	return pidfd_own_identity(&own_id) < 0 || id == own_id;
}

static size_t count_names(const char *names)
{
	size_t count = 1;

	for (; *names; names++)
		count += *names == ':';
	return count;
}

/* Adds count descriptors; each takes its name off the front of names, unless that is NULL. */
static int add_named(struct inherit_found *found, const char *entry, int count, const char *names,
	struct baton_error *error)
{
	for (int i = 0; i < count; i++) {
		int index = inherit_found_add(found, entry, FD_FIRST + i, error);
		if (index < 0)
			return index;
		if (!names)
			continue;
		size_t length = strcspn(names, ":");

		if (length > 0) {
			char *name = strndup(names, length);
			if (!name)
				return inherit_refuse(error, -ENOMEM, entry, "out of memory");
			found->sockets[index].name = name;
		}
		names += length +
			1; /* count_names has seen that there is another one, or this is the last */
	}
	return 0;
}

static int decode(char *const *environment, struct inherit_found *found, struct baton_error *error)
{
	const char *fds_entry = env_find(environment, "LISTEN_FDS");
	const char *names_entry = env_find(environment, "LISTEN_FDNAMES");
	const char *names = names_entry ? env_value(names_entry) : NULL;
	int count;
	int r = is_for_us(environment, error);
	if (r <= 0 || !fds_entry)
		return r < 0 ? r : 0;

	if (parse_int(env_value(fds_entry), 0, INT_MAX - FD_FIRST, &count) < 0)
		return inherit_refuse(error, -EINVAL, fds_entry, "not a number of descriptors");
	if (count > 0 && names && count_names(names) != (size_t)count)
		return inherit_refuse(error, -EINVAL, names_entry,
			"%zu names for LISTEN_FDS=%d descriptors", count_names(names), count);
	return add_named(found, fds_entry, count, names, error);
}

/* Sets key to size - 1 digits that baton_spawn overwrites. Left as it is, the value names
 * nobody. */
static int set_blank(struct env *env, const char *key, int size)
{
	return env_setf(env, key, "%0*d", size - 1, 0);
}

static int encode(const struct inherit_socket *sockets, size_t count, struct env *env)
{
	struct strbuf names = STRBUF_INIT;
	uint64_t identity;
	int r;

	for (size_t i = 0; i < count; i++) {
		if ((size_t)sockets[i].fd != i + FD_FIRST) {
			strbuf_finish(&names);
			return -EINVAL;
		}
		strbuf_appendf(&names, "%s%s", i ? ":" : "", sockets[i].name);
	}
	r = inherit_set_list(env, "LISTEN_FDNAMES", &names);
	if (r == 0)
		r = env_setf(env, "LISTEN_FDS", "%zu", count);
	if (r == 0)
		r = set_blank(env, "LISTEN_PID", PIDFD_PID_SIZE);
	if (r == 0 && pidfd_own_identity(&identity) == 0)
		r = set_blank(env, "LISTEN_PIDFDID", PIDFD_IDENTITY_SIZE);
	return r;
}

const struct inherit_protocol inherit_systemd = {
	.name = "systemd",
	.bit = INHERIT_SYSTEMD,
	.passing = (const char *const[]){ "LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID",
		"LISTEN_FDNAMES", NULL },
	.others = (const char *const[]){ NULL },
	.encode = encode,
	.decode = decode,
};
