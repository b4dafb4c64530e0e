/* SPDX-License-Identifier: MIT */
/* Answers the calls of one worker and its family that wait for baton's word: see adopt.h. */
#ifndef SUPERVISOR_ADOPT_BROKER_H
#define SUPERVISOR_ADOPT_BROKER_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "adopt/held.h"
#include "adopt/open_sockets.h"
#include "adopt/record.h"
#include "log.h"
#include "process_tree.h"

struct adopt;
struct family;
struct notification;

/* The worker has the socket of that inode now. */
typedef void (*broker_claim_fn)(ino_t socket, void *data);

struct broker_options {
	struct ev_loop *loop;
	struct adopt *adopt;
	struct log_where where;   /* the worker */
	struct family *family;    /* its processes, until broker_release; NULL: another baton's */
	broker_claim_fn on_claim; /* until broker_detach */
	void *data;
};

struct broker {
	struct list link; /* adopt::brokers */
	struct broker_options options;
	struct held_claimant claimant;
	uint64_t number;                 /* no other of the service has it */
	unsigned former_generation;      /* of another baton: see reclaim.h */
	struct process process;          /* the worker's main one */
	char marker[RECORD_MARKER_SIZE]; /* of its family; "": none is known */
	int fd;                          /* of the notifications */
	ev_io watcher;
	bool is_ready;
	struct open_sockets open; /* of its family, as seen in that turn of the loop */
	unsigned seen_in;
	struct list deferred; /* calls that are looked at again, a millisecond later */
	ev_timer again;
	bool has_complained; /* that it may not look into a process */
};

/* Takes the descriptor, whatever it returns: NULL if memory ran out. */
struct broker *broker_create(int fd, const struct broker_options *options);

/*
 * The worker is gone: its claims are, too. Somebody of it may be left all the same, whom nobody
 * can be seen to have started: then the broker goes on to answer, until they are gone, and does not
 * ask for its family any more. NULL is allowed.
 */
void broker_release(struct broker *broker);

/* At the end of the service: whoever is left is answered by nobody. */
void broker_destroy(struct broker *broker);

/* Another process is the worker's main one now. */
void broker_set_main(struct broker *broker, pid_t pid);

/* The worker accepts. */
void broker_ready(struct broker *broker);

/* It was told to stop. */
void broker_retire(struct broker *broker);

/* Whether anybody is left who could call: the kernel knows, whatever has become of parents. */
bool broker_has_tasks(const struct broker *broker);

/* The worker has been given up, and a new one takes its place: no callback any more, and what it
 * had claimed is free. */
void broker_detach(struct broker *broker);

/*
 * For the calls, each in a file of its own. They answer, with a function of
 * notification.h, exactly once; a result of -ENOENT means that the caller was killed. -EAGAIN, of a
 * bind that is not late: it was not answered, and is to be looked at again soon.
 */
int broker_on_bind(struct broker *broker, const struct notification *notification, bool is_late);
int broker_on_listen(struct broker *broker, const struct notification *notification);
int broker_on_shutdown(struct broker *broker, const struct notification *notification);
int broker_on_unlink(struct broker *broker, const struct notification *notification);
int broker_on_rename(struct broker *broker, const struct notification *notification);

/* Puts the held socket in the place of the one of that inode, wherever the caller has it. 0 or
 * -errno. */
int broker_replace(struct broker *broker, const struct notification *notification, ino_t fresh,
	struct held *held);

/* What was let pass takes place in a moment: has a look then, whether it has worked. */
void broker_look_soon(struct broker *broker);

/* The worker has the socket: it is noted and said. 0 or -ENOMEM. */
int broker_claim(struct broker *broker, struct held *held);

/* Something about the caller could not be found out, or cannot be done for it (-ENOEXEC: its
 * program is for another processor): says so once, and why. */
void broker_complain(struct broker *broker, pid_t tid, int error);

#endif
