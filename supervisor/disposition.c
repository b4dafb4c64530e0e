/* SPDX-License-Identifier: MIT */
/* See disposition.h. */
#include "disposition.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "procfs.h"

enum { STATUS_SIZE = 8192 }; /* Groups and Cpus_allowed may be long; what counts comes before */

/* The line that begins so is in hexadecimal. */
static int parse_mask(const char *status, const char *name, uint64_t *ret)
{
	const char *at = strstr(status, name);
	char *end;

	if (!at)
		return -EBADMSG;
	at += strlen(name);
	uint64_t mask = strtoull(at, &end, 16);
	if (end == at)
		return -EBADMSG;
	*ret = mask;
	return 0;
}

int disposition_parse(const char *status, struct disposition_masks *ret)
{
	struct disposition_masks masks;
	int r = parse_mask(status, "\nSigBlk:", &masks.blocked);

	if (r == 0)
		r = parse_mask(status, "\nSigIgn:", &masks.ignored);
	if (r == 0)
		r = parse_mask(status, "\nSigCgt:", &masks.caught);
	if (r == 0)
		*ret = masks;
	return r;
}

/* By default: signal(7). */
static enum disposition default_of(int signal)
{
	switch (signal) {
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
		return DISPOSITION_HARMLESS;
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return DISPOSITION_STOPS;
	}
	return DISPOSITION_ENDS;
}

enum disposition disposition_of(const struct disposition_masks *masks, int signal)
{
	uint64_t bit = UINT64_C(1) << (signal - 1);

	return (masks->caught | masks->ignored | masks->blocked) & bit ? DISPOSITION_HARMLESS
								       : default_of(signal);
}

enum disposition disposition_read(pid_t pid, int signal)
{
	char path[32], status[STATUS_SIZE];
	struct disposition_masks masks;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (procfs_read(path, status, sizeof(status)) < 0 || disposition_parse(status, &masks) < 0)
		return DISPOSITION_HARMLESS;
	enum disposition disposition = disposition_of(&masks, signal);

	/* A zombie has no handlers any more, nor anything to lose. */
	return procfs_has_ended(pid) ? DISPOSITION_HARMLESS : disposition;
}
