/* SPDX-License-Identifier: MIT */
/* A look at the server's processes while it serves. */
#ifndef SUPERVISOR_DOCTOR_LOOK_H
#define SUPERVISOR_DOCTOR_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct look {
	uint64_t caught;    /* signals that the main process has a handler for, signal 1 in bit 0 */
	bool has_user;      /* some process is of another user than the doctor */
	uid_t user;         /* of the first of those */
	char user_name[64]; /* or its number, if it has none */
};

/* main is the main process, or 0 if that is not known; root is above all processes. 0 or
 * -errno. */
int look_at(pid_t root, pid_t main, struct look *ret);

/* Finds a line "NAME:\tVALUE" in the text of /proc/PID/status, its number in that base. 0 or
 * -EINVAL. Pure. */
int look_find(const char *status, const char *name, int base, uint64_t *ret);

#endif
