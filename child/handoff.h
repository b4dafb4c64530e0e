/* SPDX-License-Identifier: MIT */
/* Connections that stay when the server is upgraded: what <baton/handoff.h> and a server say to
 * each other. */
#ifndef CHILD_HANDOFF_H
#define CHILD_HANDOFF_H

struct baton_error;
struct baton_upgrade;
struct server;

/* The server takes the connections of the predecessor, and passes its own to the successor. 0, or
 * -errno with the reason. */
int handoff_open(struct baton_upgrade *upgrade, struct server *server, struct baton_error *error);

#endif
