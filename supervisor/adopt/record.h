/* SPDX-License-Identifier: MIT */
/*
 * What a holder (holder/holder.h) keeps of a service, in bytes: who reads them may be another
 * version of baton than who wrote them, on the same machine. Each begins with the version and its
 * kind; one that is not understood is refused, and what it stands for lost.
 */
#ifndef SUPERVISOR_ADOPT_RECORD_H
#define SUPERVISOR_ADOPT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "holder/holder_message.h"
#include "process_tree.h"
#include "socket/resolve.h"

enum record_kind {
	RECORD_SERVICE = 1, /* no descriptor */
	RECORD_SOCKET = 2,  /* with it, and with the directory of its file if it has one */
	RECORD_WORKER = 3,  /* with the descriptor of its notifications */
};

enum { RECORD_COMMAND_SIZE = 400, RECORD_MARKER_SIZE = 64 };

struct record_service {
	char command[RECORD_COMMAND_SIZE]; /* in words, cut where that ends */
};

struct record_socket {
	ino_t socket;
	unsigned generation;
	int position;      /* in its group; -1: in none */
	bool is_selected;  /* it is the turn of its generation, or nothing is steered */
	bool is_closed;    /* by its server: nothing is steered there */
	bool is_reuseport; /* as the server wanted it, whatever became of it */
	bool has_directory;
	struct socket_address address;
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1]; /* of its file */
};

struct record_worker {
	uint64_t number; /* of its broker, no other of the service has it */
	unsigned generation;
	struct process process;          /* the main one */
	char marker[RECORD_MARKER_SIZE]; /* of its family: see family.h */
	bool is_selected;                /* as of a socket */
	bool is_ready;
	bool is_retired;
};

/* Each writes key, record and is_live; the descriptors are the caller's business. */
void record_write_service(const struct record_service *service, struct holder_entry *ret);
void record_write_socket(const struct record_socket *socket, struct holder_entry *ret);
void record_write_worker(const struct record_worker *worker, struct holder_entry *ret);

/* The kind; or -EPROTO: none that this version knows. */
int record_kind(const struct holder_entry *entry);

/* For an entry of that kind. 0; or -EPROTO: it makes no sense. */
int record_read_service(const struct holder_entry *entry, struct record_service *ret);
int record_read_socket(const struct holder_entry *entry, struct record_socket *ret);
int record_read_worker(const struct holder_entry *entry, struct record_worker *ret);

#endif
