/* SPDX-License-Identifier: MIT */
/*
 * Starts a program under a seccomp filter whose notifications come to the
 * starter: seccomp_unotify(2). Not public: what a filter may not break is the
 * business of whoever answers.
 */
#ifndef PROCESS_SPAWN_FILTER_H
#define PROCESS_SPAWN_FILTER_H

#include <baton/spawn.h>

struct sock_fprog;

/* What a started program is known by; all of it is the caller's to reap and close. */
struct spawned {
	pid_t pid;
	int pidfd;
	int notifications; /* the listener of seccomp(2), close-on-exec; -1 without a filter */
};

/*
 * As baton_spawn, with a filter unless that is NULL. Only without CAP_SYS_ADMIN
 * is the program also kept from gaining privileges by execve (PR_SET_NO_NEW_PRIVS),
 * as the kernel demands then. The errors are baton_spawn's, and from the filter -EBUSY:
 * another one with notifications is in force; -EINVAL, -ENOSYS: the kernel has none;
 * -EACCES or -EPERM: forbidden.
 */
int spawn_filtered(const struct baton_spawn_options *options, const struct sock_fprog *filter,
	struct spawned *ret, struct baton_error *error);

#endif
