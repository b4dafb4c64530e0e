/* SPDX-License-Identifier: MIT */
/*
 * The predecessor's end of a handoff link: fills batches, sends them, and tells
 * what became of each connection. Those of a batch that was not answered when
 * the link breaks are the sender's still: the receiver reads nothing from a
 * connection before it has answered.
 */
#ifndef SOCKET_HANDOFF_SENDER_H
#define SOCKET_HANDOFF_SENDER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "socket/handoff_epoll.h"
#include "socket/handoff_flow.h"

struct baton_handoff_connection;
struct handoff_batch;
struct handoff_sender;

/* Called from the loop. */
struct handoff_sender_events {
	void (*on_room)(struct handoff_sender *sender);
	void (*on_passed)(struct handoff_sender *sender, void *cookie, int result);
	/* Nothing is under way, and on_room has just had the chance to change that. Or the link is
	 * lost, and all of its connections have come back. */
	void (*on_quiet)(struct handoff_sender *sender);
};

struct handoff_sender {
	struct ev_loop *loop;
	const struct handoff_sender_events *events;
	int fd;      /* -1: none, or lost */
	int failure; /* why it was lost: -EPIPE, -EPROTO, ... */
	struct handoff_flow flow;
	struct handoff_epoll epoll;
	char *packet;               /* owned: of the batch that is being filled */
	size_t size;                /* of it so far */
	struct handoff_batch *open; /* that batch, owned; NULL: none */
	struct list sent;           /* batches not answered yet, the oldest first */
	struct list answered;       /* those whose answer the host is to be told */
	uint32_t number;            /* of the last batch */
	bool is_blocked;       /* the open batch waits for the socket, or for the retry timer */
	bool has_room;         /* on_room is due */
	bool was_full;         /* the host may have more than there was room for */
	uint32_t passed, kept; /* connections, so far */
	ev_io watcher;
	ev_timer retry;
	ev_timer turn; /* never started, only fed: at the end of the loop's turn */
};

/* Zeroed and without a link. */
void handoff_sender_init(struct handoff_sender *sender, const struct handoff_sender_events *events);

/* Begins on the link, which it owns from here on, whatever it returns. 0 or -ENOMEM. */
int handoff_sender_start(struct handoff_sender *sender, struct ev_loop *loop, int take_link);

/* See baton_handoff_room. */
int handoff_sender_room(const struct handoff_sender *sender);

/* See baton_handoff_pass. */
int handoff_sender_pass(struct handoff_sender *sender,
	const struct baton_handoff_connection *connection, void *cookie);

/* The host is told that there is room, if there is, whether or not it was told before. */
void handoff_sender_offer(struct handoff_sender *sender);

/* Handles what the successor has said, as it has ended: nothing else comes. */
void handoff_sender_poll(struct handoff_sender *sender);

/* Whether the host is still to be told of something. */
bool handoff_sender_is_busy(const struct handoff_sender *sender);

/* Closes the link; no event follows. What is under way may have arrived. */
void handoff_sender_finish(struct handoff_sender *sender);

#endif
