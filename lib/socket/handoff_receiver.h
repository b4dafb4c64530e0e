/* SPDX-License-Identifier: MIT */
/*
 * The successor's end of a handoff link: says how many connections it takes,
 * gives them to the host, and answers. A batch that lost descriptors on its way, as the
 * table was full after all, is refused as a whole: nothing of it was read.
 */
#ifndef SOCKET_HANDOFF_RECEIVER_H
#define SOCKET_HANDOFF_RECEIVER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct baton_handoff_connection;
struct handoff_receiver;

/* Called from the loop. */
struct handoff_receiver_events {
	/* 0: the callee owns the descriptor. Or -errno. */
	int (*on_connection)(struct handoff_receiver *receiver,
		const struct baton_handoff_connection *connection);
	/* No more come: 0 at the sender's end of the link, or -EPROTO, ... */
	void (*on_end)(struct handoff_receiver *receiver, int result);
};

struct handoff_receiver {
	struct ev_loop *loop;
	const struct handoff_receiver_events *events;
	int fd;            /* -1: none, or at its end */
	char *packet;      /* owned */
	uint32_t granted;  /* connections that may be sent, from the beginning on */
	uint32_t received; /* so far */
	uint32_t grant;    /* the last one: when half of it is used up there is another */
	uint32_t number;   /* of the last batch */
	uint32_t taken, refused;
	ev_io watcher;
	ev_timer shortage; /* runs while no more can be taken */
};

/* Zeroed and without a link. */
void handoff_receiver_init(
	struct handoff_receiver *receiver, const struct handoff_receiver_events *events);

/* Begins on the link, which it owns from here on, whatever it returns. 0 or -errno. */
int handoff_receiver_start(struct handoff_receiver *receiver, struct ev_loop *loop, int take_link);

/* Closes the link: what was not received is the sender's. No event follows. */
void handoff_receiver_finish(struct handoff_receiver *receiver);

#endif
