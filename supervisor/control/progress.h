/* SPDX-License-Identifier: MIT */
/* The steps of an upgrade as they come: one line that changes on a terminal, else a line each. */
#ifndef SUPERVISOR_CONTROL_PROGRESS_H
#define SUPERVISOR_CONTROL_PROGRESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct progress {
	FILE *out;
	bool can_move;
	bool has_line; /* which the next step writes over */
};

/* The words for an event of an upgrade; "" for one that is no step. Pure. */
const char *progress_text(const json_t *event, char *text, size_t size);

void progress_begin(struct progress *progress, FILE *out);

/* data is the progress. */
void progress_show(const json_t *event, void *data);

/* Leaves the last line as it is. */
void progress_end(struct progress *progress);

#endif
