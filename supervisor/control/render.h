/* SPDX-License-Identifier: MIT */
/* The status of a service, for people. Pure. */
#ifndef SUPERVISOR_CONTROL_RENDER_H
#define SUPERVISOR_CONTROL_RENDER_H

#include <jansson.h>
#include <stddef.h>
#include <time.h>

#include "base/strbuf.h"

struct table_style;

/* Appends what status_describe has told. What is missing is left empty. */
void render_status(
	const json_t *status, time_t now, const struct table_style *style, struct strbuf *out);

/* A time of an event: "10:11:12", in local time, with the date in front if that is not now's; what
 * is no time stays as it is. */
const char *render_time(const char *time, time_t now, char *text, size_t size);

/* "850 ms", "12.3 s", "5m 3s", "2h 5m", "3d 4h". */
const char *render_duration(long long ms, char *text, size_t size);

/* "512 B", "12.5 MiB". */
const char *render_bytes(long long bytes, char *text, size_t size);

#endif
