/* SPDX-License-Identifier: MIT */
/* What Prometheus' client libraries tell of any process, by the names that they all use. */
#ifndef CHILD_DEBUG_PROCESS_METRICS_H
#define CHILD_DEBUG_PROCESS_METRICS_H

#include "http/buffer.h"

/* What cannot be read is left out. 0 or -ENOMEM. */
int process_metrics_write(struct buffer *out);

#endif
