/* SPDX-License-Identifier: MIT */
/*
 * Einhorn's way to say ready: the worker connects to EINHORN_SOCK_PATH and sends one line,
 *     {"command":"worker:ack", "pid":PID}
 * in JSON or in YAML with '%' and newline escaped. Only open when --protocol
 * names einhorn. Who acks is told by SO_PEERCRED; the pid in the line is not believed.
 */
#ifndef SUPERVISOR_READINESS_EINHORN_H
#define SUPERVISOR_READINESS_EINHORN_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

#include <baton/error.h>

#include "base/list.h"

#define EINHORN_LINE_SIZE   1024 /* the longest command */
#define EINHORN_PATH_SIZE   sizeof(((struct sockaddr_un *)0)->sun_path)
#define EINHORN_SOCKET_NAME "einhorn.sock"

struct einhorn_handler {
	bool (*is_ours)(pid_t pid, void *data);
	/* The process acked. May close the socket, but not free its memory. */
	void (*on_ack)(pid_t sender, void *data);
	void (*on_problem)(const char *text, void *data); /* something to log; may be NULL */
	void *data;
};

struct einhorn_socket {
	struct ev_loop *loop;
	ev_io io;
	ev_timer pause; /* of accepting, while there are no descriptors for it */
	int fd;         /* -1 when closed */
	struct list clients;
	unsigned client_count;
	struct einhorn_handler handler;
	char path[EINHORN_PATH_SIZE]; /* for EINHORN_SOCK_PATH */
	char directory[EINHORN_PATH_SIZE -
		sizeof(EINHORN_SOCKET_NAME)]; /* ours alone, removed at the
	                                                                  * end */
};

enum einhorn_command {
	EINHORN_ACK,
	EINHORN_OTHER, /* one that needs no answer here */
};

/* Parses one line without its newline: 0, or -EINVAL if it is no command. Pure. */
int einhorn_parse(const char *line, size_t length, enum einhorn_command *ret);

/*
 * Opens the socket in a fresh directory below $XDG_RUNTIME_DIR, /run/baton or
 * /tmp, the first that will do. is_shared: workers run as another user, so the path must be
 * open to them. No callback before the loop runs. 0 or -errno with the reason.
 */
int einhorn_socket_open(struct einhorn_socket *einhorn, struct ev_loop *loop,
	const struct einhorn_handler *handler, bool is_shared, struct baton_error *error);

/* The same with one that was opened so in another program of this process: its descriptor is
 * taken, path and directory are copied. */
void einhorn_socket_resume(struct einhorn_socket *einhorn, struct ev_loop *loop,
	const struct einhorn_handler *handler, int fd, const char *path, const char *directory);

/* Closes all, removes path and directory. No callback after. Harmless on a closed one (fd -1). */
void einhorn_socket_close(struct einhorn_socket *einhorn);

#endif
