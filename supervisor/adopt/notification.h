/* SPDX-License-Identifier: MIT */
/*
 * A system call that waits for our word, in seccomp_unotify(2)'s protocol. The
 * caller may be killed at any moment: then the answer has nobody to go to, and
 * what its pid names may be a stranger, hence notification_is_valid.
 */
#ifndef SUPERVISOR_ADOPT_NOTIFICATION_H
#define SUPERVISOR_ADOPT_NOTIFICATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct notification {
	int fd; /* of the filter; borrowed */
	uint64_t id;
	pid_t tid;     /* the thread that called; 0: in a pid namespace that we do not see */
	uint32_t arch; /* of the program, as audit(7) calls it: AUDIT_ARCH_... */
	int number;    /* of the call, on that */
	uint64_t arguments[6];
};

/* Receives the next one. 0; -ENOENT: the caller was killed meanwhile; or -errno. */
int notification_receive(int fd, struct notification *ret);

/* Whether the caller still waits: what was found out by its pid is the caller's only if so. */
bool notification_is_valid(const struct notification *notification);

/* Lets the call take place. 0; -ENOENT: nobody waits any more; or -errno. */
int notification_let_pass(const struct notification *notification);

/* The call does not take place, and returns 0, or -1 with errno -error. As
 * notification_let_pass. */
int notification_answer(const struct notification *notification, int error);

/* Makes the caller's descriptor `theirs` refer to what `ours` does. 0 or -errno. */
int notification_inject(
	const struct notification *notification, int ours, int theirs, bool is_cloexec);

#endif
