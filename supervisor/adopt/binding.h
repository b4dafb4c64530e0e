/* SPDX-License-Identifier: MIT */
/* What a call of bind asks for: the socket as it is, and the address. */
#ifndef SUPERVISOR_ADOPT_BINDING_H
#define SUPERVISOR_ADOPT_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "socket/resolve.h"

struct stat;

/* Enough for every binding in words: "tcp://127.0.0.1:80", "unix:/path", ... */
#define BINDING_TEXT_SIZE 144

/* A name in a directory, both as they are found by whoever looks. */
struct binding_path {
	int directory; /* O_PATH, owned; -1: the address is no path */
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
};

enum { BINDING_MPTCP = 262 /* IPPROTO_MPTCP */ };

struct binding {
	int type; /* SOCK_STREAM, ... */
	int protocol;
	bool is_v6only;
	bool is_reuseport; /* or, of datagrams, SO_REUSEADDR: others may have the address, too */
	bool is_nonblocking;
	int interface;    /* the index of what it is bound to (SO_BINDTODEVICE); 0: none */
	uint64_t network; /* the cookie of its network namespace; 0: the kernel tells none */
	ino_t socket;     /* the inode of the socket */
	struct socket_address address;
	struct binding_path path;
};

/* No binding, which owns nothing. */
#define BINDING_INIT \
	{ \
		.path = {.directory = -1 } \
	}

/*
 * Finds out what binding the socket to the address means, but for the path. 0; -EAFNOSUPPORT if
 * it is none that could be held: not TCP, UDP or a unix socket, or a port that the
 * system is to choose; or -errno.
 */
int binding_read(int socket, const struct socket_address *address, struct binding *ret);

/* Has others be able to share the address of the held socket, as they could that of the fresh one.
 * 0 or -errno. */
int binding_share(int held, int fresh);

/* Closes what it owns. */
void binding_finish(struct binding *binding);

/* Whether both ask for the same, paths aside. */
bool binding_equal(const struct binding *a, const struct binding *b);

/* Whether the address is a path, and which; NULL otherwise. Borrowed. */
const char *binding_file(const struct binding *binding);

/*
 * Opens the directory of what the path names to the thread: see directory.h. 0, and the descriptor
 * is the caller's; -ENAMETOOLONG if the name is longer than any socket's; or -errno.
 */
int binding_path_open(pid_t tid, int directory, const char *path, struct binding_path *ret);

/* The same of the binding's own path, if its address is one. */
int binding_open_file(struct binding *binding, pid_t tid);

/* What is there. False: nothing, or the address is no path. */
bool binding_path_stat(const struct binding_path *path, struct stat *ret);

/* Whether the socket listens. */
bool binding_listens(int socket);

/* Whether others may come in on it: it listens, or takes datagrams from all. */
bool binding_takes_new(int socket);

/* In words. */
const char *binding_text(const struct binding *binding, char *buf, size_t size);

#endif
