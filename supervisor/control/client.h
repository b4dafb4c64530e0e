/* SPDX-License-Identifier: MIT */
/* The other end of the control socket: a supervisor is found, asked, and its lines are read. */
#ifndef SUPERVISOR_CONTROL_CLIENT_H
#define SUPERVISOR_CONTROL_CLIENT_H

#include <jansson.h>

#include <baton/error.h>

#include "base/strbuf.h"

struct client {
	int fd; /* -1: not connected */
	struct strbuf input;
};

#define CLIENT_INIT \
	{ \
		.fd = -1, .input = STRBUF_INIT, \
	}

/*
 * Connects to the supervisor at the path control, or of the service name, or, if both are NULL, to
 * the only one of this user that runs. 0; -ENOENT if there is none; -EINVAL if there are several;
 * -EACCES; or -errno.
 */
int client_open(
	struct client *client, const char *name, const char *control, struct baton_error *error);

void client_close(struct client *client);

/* Sends a request, which is taken; NULL: no memory. 0 or -errno. */
int client_send_take(struct client *client, json_t *request, struct baton_error *error);

/*
 * Waits for the next object; timeout_ms -1: for as long as it takes. 1 and *ret, which the caller
 * releases; 0 if the supervisor has closed; -ETIMEDOUT; -EBADMSG for what is no object; or -errno.
 */
int client_receive(struct client *client, int timeout_ms, json_t **ret, struct baton_error *error);

#endif
