/* SPDX-License-Identifier: MIT */
/* What the log of a trial tells of the server: facts, whatever the options were. Pure. */
#ifndef SUPERVISOR_DOCTOR_FINDINGS_H
#define SUPERVISOR_DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "adopt/binding.h"

struct log_entry;

enum {
	FINDINGS_SOCKETS_MAX = 32, /* more of either are left out of the report */
	FINDINGS_FILES_MAX = 8,
	FINDINGS_FILE_SIZE = 1024 + 1,
};

struct findings {
	char sockets[FINDINGS_SOCKETS_MAX][BINDING_TEXT_SIZE]; /* each address once */
	size_t socket_count;
	bool binds_any_port; /* one that the system chooses */
	bool is_opaque;      /* what it binds cannot be seen, as it may not be traced */
	bool removes_paths;  /* of its sockets, as it ends */
	bool shuts_down;     /* its listening sockets */
	bool is_daemon;      /* puts itself into the background */
	char pid_files[FINDINGS_FILES_MAX][FINDINGS_FILE_SIZE]; /* that it removes as it ends */
	size_t pid_file_count;
	int ready_ms; /* of the first generation that was; -1: none was */
	char ready_how[32];
};

/* Nothing is known. */
void findings_init(struct findings *findings);

/* Takes in what the line tells, if it tells anything. */
void findings_take(struct findings *findings, const struct log_entry *entry);

#endif
