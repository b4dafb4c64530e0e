/* SPDX-License-Identifier: MIT */
/* What a report of the machine is about, and what is known of that. */
#ifndef SUPERVISOR_REPORT_FACTS_H
#define SUPERVISOR_REPORT_FACTS_H

#include "log.h"
#include "machine.h"

struct service;

struct log_where report_where(const struct machine_action *action);

/* The same with the process that the report is about. */
struct log_where report_where_of_worker(
	struct service *service, const struct machine_action *action);

/* How the worker that the report is about ended, or else the machine's word for it. */
const char *report_fate(struct service *service, const struct machine_action *action);

/* The generation that serves; 0 if none does. */
unsigned report_serving_generation(struct service *service);

/* Since the generation was started; 0 if it is gone. */
int report_age_ms(struct service *service, unsigned generation);

const char *report_reason_to_end(enum machine_exit exit);

#endif
