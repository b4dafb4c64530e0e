/* SPDX-License-Identifier: MIT */
/* What a signal would do to a process: proc_pid_status(5) says what it has of handlers. */
#ifndef SUPERVISOR_DISPOSITION_H
#define SUPERVISOR_DISPOSITION_H

#include <stdint.h>
#include <sys/types.h>

enum disposition {
	DISPOSITION_HARMLESS, /* it is handled, ignored, or does nothing by default */
	DISPOSITION_STOPS,
	DISPOSITION_ENDS,
};

/* Signals as bits, the first is 1. */
struct disposition_masks {
	uint64_t caught;
	uint64_t ignored;
	uint64_t blocked; /* in the main thread: for sigwait(3) or signalfd(2), as a rule */
};

/* Reads the text of /proc/PID/status. 0, or -EBADMSG if a mask is missing. */
int disposition_parse(const char *status, struct disposition_masks *ret);

/* What the signal does then. */
enum disposition disposition_of(const struct disposition_masks *masks, int signal);

/* The same of a process; harmless if that cannot be found out. */
enum disposition disposition_read(pid_t pid, int signal);

#endif
