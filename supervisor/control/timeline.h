/* SPDX-License-Identifier: MIT */
/* The generations that there are, each as a bar from its start until now. Pure. */
#ifndef SUPERVISOR_CONTROL_TIMELINE_H
#define SUPERVISOR_CONTROL_TIMELINE_H

#include <jansson.h>

#include "base/strbuf.h"

struct table_style;

/* Appends a line each: '=' since its start, '-' since it was told to drain, on a scale that the
 * oldest fills. Of a width of at most that of the style. */
void timeline_render(const json_t *status, const struct table_style *style, struct strbuf *out);

#endif
