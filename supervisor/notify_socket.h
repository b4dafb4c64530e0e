/* SPDX-License-Identifier: MIT */
/*
 * The socket that workers' READY=1 arrives at: a datagram socket with an
 * abstract address, for which the kernel vouches who sent what
 * (SCM_CREDENTIALS). Anybody on the machine can send to it, so nothing is
 * believed of a sender that is_ours does not know.
 */
#ifndef SUPERVISOR_NOTIFY_SOCKET_H
#define SUPERVISOR_NOTIFY_SOCKET_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include <baton/error.h>

#include "notify_message.h"

struct notify_handler {
	/* Whether the process belongs to the service (family_of). */
	bool (*is_ours)(pid_t pid, void *data);
	/* A message of one of ours. May close the socket, but not free its memory. */
	void (*on_message)(pid_t sender, const struct notify_message *message, void *data);
	/* Something to log, once a burst: a stranger's message, a malformed one. May be NULL. */
	void (*on_problem)(const char *text, void *data);
	void *data;
};

/* What is complained about at most once in a while. */
struct notify_complaint {
	ev_tstamp made_at;    /* 0: never */
	unsigned long unsaid; /* without a word since */
};

struct notify_socket {
	struct ev_loop *loop;
	ev_io io;
	int fd;           /* -1 when closed */
	char address[64]; /* for NOTIFY_SOCKET: "@...", printable */
	struct notify_handler handler;
	struct notify_complaint refused, malformed;
};

/*
 * Opens the socket, bound to an address of the kernel's choice, and watches
 * it. No callback before the loop runs. 0 or -errno with the reason.
 */
int notify_socket_open(struct notify_socket *notify, struct ev_loop *loop,
	const struct notify_handler *handler, struct baton_error *error);

/* The same with a socket that was opened so in another program of this process; it is taken. */
int notify_socket_resume(struct notify_socket *notify, struct ev_loop *loop, int fd,
	const struct notify_handler *handler, struct baton_error *error);

/* Handles what has arrived but not been read, then no more: for the moment a worker has exited
 * and its last message counts. Callbacks run inside. */
void notify_socket_drain(struct notify_socket *notify);

/* No callback after. Harmless on a closed one (fd -1). */
void notify_socket_close(struct notify_socket *notify);

#endif
