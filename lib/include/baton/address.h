/* SPDX-License-Identifier: MIT */
/*
 * Addresses to listen on, from text and back.
 *
 *     tcp://HOST:PORT  udp://HOST:PORT  HOST:PORT  :PORT  PORT
 *     unix:/path  unix:@abstract  unix-dgram:...  unix-seqpacket:...
 *     fd:N  systemd:NAME
 *
 * HOST is a name, an IPv4 address or an IPv6 address in brackets, with a zone
 * where needed ([fe80::1%eth0]); none means every address, IPv6 and IPv4 both.
 * Options follow as ?key=value&key=value; see struct baton_address_options and
 * baton-address(7). Parsing looks nothing up: names are resolved when a
 * listener is opened.
 */
#ifndef BATON_ADDRESS_H
#define BATON_ADDRESS_H

#include <baton/error.h>
#include <stdbool.h>
#include <stddef.h>

BATON_BEGIN

struct baton_address;

enum baton_address_kind {
	BATON_ADDRESS_TCP,
	BATON_ADDRESS_UDP,
	BATON_ADDRESS_UNIX, /* a stream socket */
	BATON_ADDRESS_UNIX_DGRAM,
	BATON_ADDRESS_UNIX_SEQPACKET,
	BATON_ADDRESS_FD,      /* a descriptor this process was started with */
	BATON_ADDRESS_SYSTEMD, /* a descriptor passed under that name (LISTEN_FDNAMES) */
};

struct baton_address_options {
	int backlog;   /* connections waiting to be accepted; -1: the system's maximum */
	int reuseport; /* how many sockets share the address with SO_REUSEPORT; 0: one, without */
	int v6only;    /* IPV6_V6ONLY: 1 or 0; -1: 1 if HOST was given, 0 if not */
	int fastopen;  /* TCP_FASTOPEN queue length; 0: off */
	int defer_accept;  /* TCP_DEFER_ACCEPT in seconds; 0: off */
	bool freebind;     /* IP_FREEBIND: the address need not exist yet */
	bool mptcp;        /* IPPROTO_MPTCP, plain TCP where the kernel has none */
	int mode;          /* permissions of a unix path; -1: 0666 without the umask's bits */
	const char *user;  /* owner of a unix path, name or number; NULL: this process's */
	const char *group; /* group of a unix path, name or number; NULL: this process's */
};

/*
 * Parses text. The result is the caller's, to be given to
 * baton_address_destroy. Returns 0, -ENOMEM, -ENAMETOOLONG (a unix path of more
 * than 107 bytes) or -EINVAL; error names the part that is wrong.
 */
BATON_API int baton_address_parse(
	const char *text, struct baton_address **ret, struct baton_error *error);

/*
 * Parses "[NAME=]ADDRESS", as programs take it on their command lines. A '='
 * behind one of ":/?@[" is part of the address. *ret_name is NULL if there is
 * no name, otherwise the caller's to free(3). Returns as baton_address_parse,
 * and -EINVAL for a name that no listener may have (see <baton/listener.h>).
 */
BATON_API int baton_address_parse_named(
	const char *text, char **ret_name, struct baton_address **ret, struct baton_error *error);

/* Frees the address; NULL is allowed. */
BATON_API void baton_address_destroy(struct baton_address *address);

BATON_API enum baton_address_kind baton_address_kind(const struct baton_address *address);

/* The host without brackets, "" for every address; NULL for a kind that has none. Borrowed. */
BATON_API const char *baton_address_host(const struct baton_address *address);

/* The port, 0 for one that the system chooses; -1 for a kind that has none. */
BATON_API int baton_address_port(const struct baton_address *address);

/*
 * The path of a unix address ('@' first for an abstract one) or the name of a
 * systemd one; NULL for the other kinds. Borrowed.
 */
BATON_API const char *baton_address_path(const struct baton_address *address);

/* The number of an fd address; -1 for the other kinds. */
BATON_API int baton_address_fd(const struct baton_address *address);

/* The options, with their defaults filled in. Borrowed. */
BATON_API const struct baton_address_options *baton_address_options(
	const struct baton_address *address);

/*
 * The address in its canonical form, options that differ from the default
 * included: parsing it gives an equal address. Borrowed, as long as the address.
 */
BATON_API const char *baton_address_text(const struct baton_address *address);

BATON_END

#endif
