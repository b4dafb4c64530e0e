/* SPDX-License-Identifier: MIT */
/* One message of sd_notify(3), from text to values. Pure. */
#ifndef SUPERVISOR_NOTIFY_MESSAGE_H
#define SUPERVISOR_NOTIFY_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <baton/error.h>

#define NOTIFY_MESSAGE_SIZE 4096 /* the longest message, as in systemd */
#define NOTIFY_STATUS_SIZE  256  /* with the NUL; what is longer is cut at a character */

enum notify_field {
	NOTIFY_READY = 1 << 0,            /* READY=1 */
	NOTIFY_RELOADING = 1 << 1,        /* RELOADING=1 */
	NOTIFY_STOPPING = 1 << 2,         /* STOPPING=1 */
	NOTIFY_BARRIER = 1 << 3,          /* BARRIER=1; answered by notify_socket */
	NOTIFY_WATCHDOG = 1 << 4,         /* WATCHDOG=1: still alive */
	NOTIFY_WATCHDOG_TRIGGER = 1 << 5, /* WATCHDOG=trigger: treat as if it had timed out */
	NOTIFY_STATUS = 1 << 6,
	NOTIFY_ERRNO = 1 << 7,
	NOTIFY_MAINPID = 1 << 8,
	NOTIFY_EXTEND_TIMEOUT = 1 << 9,
	NOTIFY_WATCHDOG_USEC = 1 << 10,
	NOTIFY_MONOTONIC = 1 << 11,
};

struct notify_message {
	unsigned fields; /* enum notify_field: what was said; the values below are 0 otherwise */
	int errno_value; /* ERRNO= */
	pid_t main_pid;  /* MAINPID=; as the sender counts pids, and not checked in any way */
	uint64_t extend_timeout_usec;
	uint64_t watchdog_usec;
	uint64_t monotonic_usec;
	char status[NOTIFY_STATUS_SIZE]; /* one line of valid UTF-8, control characters are '?' */
};

/*
 * Parses length bytes of KEY=VALUE lines. Unknown keys are ignored; of a key
 * said twice the first counts. Returns 0; or the number of lines that were
 * left out because their value is malformed, the first of which error names; or
 * -EINVAL if the message as a whole is none (a NUL inside), -EMSGSIZE if it is longer
 * than NOTIFY_MESSAGE_SIZE.
 */
int notify_message_parse(
	const char *text, size_t length, struct notify_message *ret, struct baton_error *error);

#endif
