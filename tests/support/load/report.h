/* SPDX-License-Identifier: MIT */
/* The statistics as text for people or as one JSON object. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "support/load/statistics.h"

void report_text(const struct statistics *statistics, struct strbuf *out);
void report_json(const struct statistics *statistics, struct strbuf *out);

/* True if something was answered and nothing failed that counts. */
bool report_is_good(const struct statistics *statistics, bool allows_kept_failures);

#endif
