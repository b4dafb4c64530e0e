/* SPDX-License-Identifier: MIT */
/*
 * What a worker says of itself: sd_notify(3), the channel, Einhorn's ack; and
 * the watchdog that it asked for.
 */
#ifndef SUPERVISOR_WORKER_MESSAGES_H
#define SUPERVISOR_WORKER_MESSAGES_H

#include <sys/types.h>

struct notify_message;
struct worker;

/* Prepares the watchers of a worker that worker_init was called for. */
void worker_messages_init(struct worker *worker);

/* Listens to the channel, whose our end the worker has got. */
void worker_messages_start(struct worker *worker);

/* Handles what it has said on the channel already: of two ways to say something one is the
 * quicker. */
void worker_messages_poll(struct worker *worker);

/* Stops listening, and the watchdog. */
void worker_messages_stop(struct worker *worker);

/* A process of the worker's family said so to Einhorn's socket, or on the channel. */
void worker_acked(struct worker *worker);

/* A process of the worker's family sent this to the notify socket. */
void worker_notified(struct worker *worker, pid_t sender, const struct notify_message *message);

#endif
