/* SPDX-License-Identifier: MIT */
/*
 * The protocols by which listening sockets are named in the environment of a
 * child, one object each: how it writes and how it reads its variables.
 * Formats and sources: baton-protocols(7).
 */
#ifndef SOCKET_INHERIT_PROTOCOL_H
#define SOCKET_INHERIT_PROTOCOL_H

#include <stddef.h>

#include <baton/error.h>

struct env;

/* Bits of a set of protocols; `notify` and `baton` pass no sockets but are in the same set. */
enum inherit_protocol_bit {
	INHERIT_SYSTEMD = 1 << 0,
	INHERIT_NOTIFY = 1 << 1,
	INHERIT_STARTER = 1 << 2,
	INHERIT_EINHORN = 1 << 3,
	INHERIT_NGINX = 1 << 4,
	INHERIT_FPM = 1 << 5,
	INHERIT_UNICORN = 1 << 6,
	INHERIT_PUMA = 1 << 7,
	INHERIT_BATON = 1 << 8,
};

#define INHERIT_DEFAULT (INHERIT_SYSTEMD | INHERIT_NOTIFY | INHERIT_STARTER | INHERIT_BATON)

/* One socket as a child gets it. All strings are borrowed. */
struct inherit_socket {
	const char *name;  /* of its listener */
	const char *bound; /* as baton_listener_bound says */
	int type;          /* SOCK_STREAM, ... */
	int fd;            /* its number in the child */
};

/* "systemd,notify,nginx" to a set of bits. 0, or -EINVAL naming the word that is not known. */
int inherit_parse_protocols(const char *text, unsigned *ret, struct baton_error *error);

/*
 * Removes the variables of every protocol of this header from env, those that pass no sockets too
 * (NOTIFY_SOCKET, WATCHDOG_*, BATON_*), so that nothing stale reaches a child.
 */
void inherit_forget(struct env *env);

/*
 * Sets the variables with which the protocols of the set announce these
 * sockets. LISTEN_PID and, where the kernel allows, LISTEN_PIDFDID are left as
 * blanks for baton_spawn to fill in (env_get finds them for pid_text and
 * pidfdid_text). systemd demands that the numbers are 3, 4, 5, ... in this
 * order: -EINVAL otherwise. -ENOMEM.
 */
int inherit_encode(unsigned protocols, const struct inherit_socket *sockets, size_t count,
	unsigned generation, struct env *env);

#endif
