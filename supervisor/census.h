/* SPDX-License-Identifier: MIT */
/*
 * How many connections the generations have at a moment, seen from outside: those that came in on
 * sockets of the service, which of TCP the kernel lists, and of unix sockets are looked for among
 * the descriptors.
 */
#ifndef SUPERVISOR_CENSUS_H
#define SUPERVISOR_CENSUS_H

#include <stdbool.h>
#include <sys/types.h>

#include "connections.h"
#include "inlets.h"

struct generation;
struct runtime;

struct census {
	struct connections connections;
	int error; /* of the look at all of them; 0: it has worked */
};

/* Notes the sockets of every generation as they are now: due before any is closed. */
void census_note(struct runtime *runtime);

/* Looks; finish is due. */
void census_begin(struct census *census, struct runtime *runtime);

/* Adds the connections of a process of the generation to the tally. 0, or -errno if they cannot be
 * seen. */
int census_count_process(struct census *census, const struct generation *generation, pid_t pid,
	struct connections_tally *tally);

/* Told of each process that has any. */
typedef void (*census_fn)(pid_t pid, void *data);

/* The same of all its processes; fn may be NULL. It counts on where one cannot be seen. */
int census_count(struct census *census, struct generation *generation,
	struct connections_tally *tally, census_fn fn, void *data);

void census_finish(struct census *census);

#endif
