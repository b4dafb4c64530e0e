/* SPDX-License-Identifier: MIT */
/* What is wrong with a configuration: one line each, all of them, in the order they were found. */
#ifndef SUPERVISOR_CONFIG_PROBLEMS_H
#define SUPERVISOR_CONFIG_PROBLEMS_H

#include <stddef.h>

#include "base/strbuf.h"

struct problems {
	size_t count;
	struct strbuf text; /* a line each, with its newline */
};

#define PROBLEMS_INIT \
	{ \
		0 \
	}

/* Adds "PATH:LINE: MESSAGE"; without the line if that is 0, without either if path is NULL. */
void problems_add(struct problems *problems, const char *path, unsigned line, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Logs each line as an error. */
void problems_log(const struct problems *problems);

/* The first of them, cut to the size. */
void problems_first(const struct problems *problems, char *ret, size_t size);

void problems_finish(struct problems *problems);

#endif
