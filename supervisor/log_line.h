/* SPDX-License-Identifier: MIT */
/* One line of the log, as text or JSON, and the names of its options. Pure: no clock, no output. */
#ifndef SUPERVISOR_LOG_LINE_H
#define SUPERVISOR_LOG_LINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "log.h"

/* A pipe takes up to PIPE_BUF bytes as a whole (pipe(7)), so lines never mix. */
struct log_line {
	char text[PIPE_BUF];
	size_t length;
};

struct log_record {
	enum log_level level;
	const struct log_where *where; /* may be NULL */
	const char *message;
	struct timespec time; /* since the epoch; JSON only */
	bool has_priority;    /* text only: <N> in front, for the journal */
};

/* "text" or "json", "error" to "debug". 0 or -EINVAL. */
int log_parse_format(const char *text, enum log_format *ret);
int log_parse_level(const char *text, enum log_level *ret);

/* The word that log_parse_level knows it by. */
const char *log_level_name(enum log_level level);

/* Fills line with the record, cut if it is too long, newline included. */
void log_line_format(
	struct log_line *line, enum log_format format, const struct log_record *record);

#endif
