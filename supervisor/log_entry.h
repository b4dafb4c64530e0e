/* SPDX-License-Identifier: MIT */
/* A line of the log in JSON (log_line.h), read back. Pure. */
#ifndef SUPERVISOR_LOG_ENTRY_H
#define SUPERVISOR_LOG_ENTRY_H

#include <limits.h>
#include <sys/types.h>

/* Texts are cut where they end; members that the line has not are 0 or empty. */
struct log_entry {
	unsigned generation;
	pid_t pid;
	int ms;
	char level[16];
	char event[32];
	char subject[1024 + 1];
	char message[PIPE_BUF];
};

/* Reads one line, without its end. 0; or -EINVAL: it is not one of the log's. */
int log_entry_parse(const char *line, struct log_entry *ret);

#endif
