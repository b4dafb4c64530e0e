/* SPDX-License-Identifier: MIT */
/* What is lost with a generation that is killed: the connections that it still has, seen from
 * outside as for the status. */
#ifndef SUPERVISOR_CUT_OFF_H
#define SUPERVISOR_CUT_OFF_H

#include <stddef.h>
#include <stdint.h>

struct runtime;

enum { CUT_OFF_SIZE = 256, CUT_OFF_PORTS_MAX = 256 };

/* Zeroed: nothing has been noted. */
struct cut_off {
	uint16_t ports[CUT_OFF_PORTS_MAX]; /* of the sockets that were open last */
	size_t count;
};

/* Notes the ports: before they are closed, at a stop. */
void cut_off_note(struct cut_off *cut_off, const struct runtime *runtime);

/*
 * Looks, before it is killed. Returns how many there are, 0 also if that cannot be seen, and
 * writes them in words for the end of a line of the log, "" if there are none. CUT_OFF_SIZE is
 * enough.
 */
int cut_off_count(struct cut_off *cut_off, struct runtime *runtime, unsigned generation, char *text,
	size_t size);

#endif
