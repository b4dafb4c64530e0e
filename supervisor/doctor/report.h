/* SPDX-License-Identifier: MIT */
/* The diagnosis in words, and as JSON. Pure but for the writing. */
#ifndef SUPERVISOR_DOCTOR_REPORT_H
#define SUPERVISOR_DOCTOR_REPORT_H

#include <stdio.h>

#include "base/strbuf.h"
#include "doctor/examination.h"

/* What was learnt of the server, one thing a line, and what came of each way of restarting;
 * last, after an empty line, the line of `baton run` to use, if there is any. */
void report_write(FILE *out, const struct diagnosis *diagnosis, enum examination_end end);

/* The same as one object. 0 or -ENOMEM. */
int report_write_json(FILE *out, const struct diagnosis *diagnosis, enum examination_end end);

/* Appends the line of `baton run` for that way. */
void report_line(struct strbuf *line, const struct diagnosis *diagnosis, const struct rung *rung);

/* In a few words, why the attempt is none that lost nothing, or that it is. */
const char *report_outcome(const struct diagnosis *diagnosis, const struct attempt *attempt);

/* What the server does on the stop signal of an attempt that was not steered, in a few words. */
const char *report_ending(const struct attempt *attempt);

#endif
