/* SPDX-License-Identifier: MIT */
/* What is lost with a generation that is killed: the connections that it still has, seen from
 * outside as for the status. */
#ifndef SUPERVISOR_CUT_OFF_H
#define SUPERVISOR_CUT_OFF_H

#include <stddef.h>

struct runtime;

enum { CUT_OFF_SIZE = 256 };

/*
 * Looks, before it is killed. Returns how many there are, 0 also if that cannot be seen, and
 * writes them in words for the end of a line of the log, "" if there are none. CUT_OFF_SIZE is
 * enough.
 */
int cut_off_count(struct runtime *runtime, unsigned generation, char *text, size_t size);

#endif
