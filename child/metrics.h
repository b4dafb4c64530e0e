/* SPDX-License-Identifier: MIT */
/*
 * Counts of a service, and how Prometheus reads them: its text format, version
 * 0.0.4. Pure.
 */
#ifndef CHILD_METRICS_H
#define CHILD_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "http/buffer.h"
#include "http/response.h"

enum { METRICS_BUCKETS = 12 };

/* Zeroed at first. */
struct metrics {
	uint64_t requests[RESPONSE_STATUSES]; /* by response_status_index */
	uint64_t sent;                        /* bytes of content */
	uint64_t took[METRICS_BUCKETS + 1];   /* requests by how long they took; the last: longer */
	uint64_t took_us;                     /* all of them together */
};

/* A request is over. */
void metrics_add(struct metrics *metrics, int status, uint64_t sent, int64_t took_us);

/* Begins a family: its help and its type. 0 or -ENOMEM, as all that follow. */
int metrics_begin(struct buffer *out, const char *name, const char *type, const char *help);

/* One sample of a family; labels is "" or as `{server="app"}`. */
int metrics_sample(struct buffer *out, const char *name, const char *labels, double value);

/* What several services have counted, family by family; names are those of the services. */
int metrics_write(struct buffer *out, const struct metrics *const *metrics,
	const char *const *names, size_t count);

#endif
