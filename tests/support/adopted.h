/* SPDX-License-Identifier: MIT */
/* For suites about --adopt: workers that bind for themselves (binder.c), under the filter and with
 * a broker each, and the service that they are of. Uses `directory` and `case_loop`. */
#ifndef TESTS_SUPPORT_ADOPTED_H
#define TESTS_SUPPORT_ADOPTED_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

#include "adopt/adopt.h"
#include "adopt/broker.h"
#include "family.h"

/* A worker. Those that a case starts are ended by the teardown, if not before. */
struct adopted {
	pid_t pid;
	int pidfd;
	int commands, answers;
	struct family family;
	struct broker *broker; /* NULL: ended */
	unsigned claims;       /* how many it was said to have */
	ino_t claimed;         /* the last of them */
};

extern struct adopt adopt;

/* For struct suite. */
void adopted_setup(void);
void adopted_teardown(void);

/* What a retired worker may not remove; at the beginning of a case. */
void adopted_keep(char *const *files);

/* Starts a worker of the generation. */
void adopted_start(struct adopted *worker, unsigned generation);

/* What the worker says to a command; past the deadline the case fails. Its calls are answered
 * meanwhile, and those of all others. */
long adopted_ask(struct adopted *worker, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, which must be 0. */
void adopted_do(struct adopted *worker, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Tells it a command, without waiting for anything: see adopted_await. */
void adopted_tell(struct adopted *worker, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What it says to the one that it was told; as adopted_ask. */
long adopted_await(struct adopted *worker);

/* A socket of that worker, "inet stream" for instance. */
int adopted_socket(struct adopted *worker, const char *kind);

/* The same that listens on the address. */
int adopted_listen(struct adopted *worker, const char *kind, const char *address);

/* A stream that listens on an address where others may be beside it (SO_REUSEPORT). */
int adopted_slot(struct adopted *worker, const char *address);

/* The inode of its descriptor. */
ino_t adopted_inode(struct adopted *worker, int fd);

/* How many sockets are held. */
size_t adopted_count_held(void);

/* Ends it, and has its broker see that. */
void adopted_end(struct adopted *worker);

/* An address for TCP and UDP that is free, "HOST:PORT", on loopback: the host is this process' own.
 * Valid for the case. */
const char *adopted_free_address(void);

/* 0 and a connection to the address or the path, or -errno. */
int adopted_connect(const char *address, int *ret);

/* That the worker accepts a connection to the address on its socket. */
void adopted_expect_served(struct adopted *worker, int fd, const char *address);

/* A path in the directory. Valid for the case. */
const char *adopted_path(const char *name);

/* Whether there is anything of that name in it. */
bool adopted_exists(const char *name);

#endif
