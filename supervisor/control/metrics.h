/* SPDX-License-Identifier: MIT */
/* The status and the counts of a service as Prometheus reads them: its text format, 0.0.4. Pure. */
#ifndef SUPERVISOR_CONTROL_METRICS_H
#define SUPERVISOR_CONTROL_METRICS_H

#include <jansson.h>

/* The text of a status (status_describe) and of how often the machine reported what
 * (MACHINE_REPORT_COUNT counts). The caller's; NULL: no memory. */
json_t *metrics_describe(const json_t *status, const unsigned long *counts);

#endif
