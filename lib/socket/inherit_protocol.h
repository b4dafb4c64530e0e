/* SPDX-License-Identifier: MIT */
/*
 * The protocols by which listening sockets are named in the environment of a
 * child, one object each: how it writes and how it reads its variables.
 * Formats and sources: baton-protocols(7).
 */
#ifndef SOCKET_INHERIT_PROTOCOL_H
#define SOCKET_INHERIT_PROTOCOL_H

#include <baton/error.h>
#include <stddef.h>

struct env;
struct inherit_found;
struct strbuf;

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
 * (NOTIFY_SOCKET, WATCHDOG_*, BATON_*), and those of protocols that baton does not speak but a
 * child may: whatever number they name, it is not what is open there in a child of ours.
 */
void inherit_forget(struct env *env);

/*
 * As inherit_forget, for the process's own environ and only those variables by which sockets are
 * passed: a program goes on to need NOTIFY_SOCKET, BATON_CHANNEL or EINHORN_SOCK_PATH.
 */
void inherit_forget_own(char **environment);

/*
 * Sets the variables with which the protocols of the set announce these
 * sockets. LISTEN_PID and, where the kernel allows, LISTEN_PIDFDID are left as
 * blanks for baton_spawn to fill in (env_get finds them for pid_text and
 * pidfdid_text). systemd demands that the numbers are 3, 4, 5, ... in this
 * order: -EINVAL otherwise. -ENOMEM.
 */
int inherit_encode(unsigned protocols, const struct inherit_socket *sockets, size_t count,
	unsigned generation, struct env *env);

/*
 * Adds to found what the environment (as environ) says was passed to this process, each socket
 * once. Changes nothing else. 0, -EINVAL, -EBADF or -ENOMEM; what was found so far is then still
 * the caller's to free.
 */
int inherit_decode(
	char *const *environment, struct inherit_found *found, struct baton_error *error);

struct inherit_protocol {
	const char *name; /* in --protocol */
	enum inherit_protocol_bit bit;
	/* The variables that name sockets, and those that go with them; NULL-terminated. In a name,
	 * '#' at the end stands for one digit or more and '*' for anything. */
	const char *const *passing;
	const char *const *others;
	/* Sets the variables; not called without sockets. NULL: none but in the supervisor's
	 * hand. */
	int (*encode)(const struct inherit_socket *sockets, size_t count, struct env *env);
	/* Adds what is passed; NULL: nothing is. */
	int (*decode)(
		char *const *environment, struct inherit_found *found, struct baton_error *error);
	const char *generation; /* the variable for the generation's number; NULL: none */
};

extern const struct inherit_protocol inherit_einhorn;
extern const struct inherit_protocol inherit_fpm;
extern const struct inherit_protocol inherit_nginx;
extern const struct inherit_protocol inherit_puma;
extern const struct inherit_protocol inherit_starter;
extern const struct inherit_protocol inherit_systemd;
extern const struct inherit_protocol inherit_unicorn;

/* For the protocols: sets key to the text of buf unless that is empty, and finishes buf. 0 or
 * -ENOMEM. */
int inherit_set_list(struct env *env, const char *key, struct strbuf *buf);

#endif
