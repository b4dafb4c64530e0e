/* SPDX-License-Identifier: MIT */
/* The services of this user: whose control socket answers, or what a holder waits for. */
#ifndef SUPERVISOR_CONTROL_FIND_H
#define SUPERVISOR_CONTROL_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <baton/error.h>

struct find_service {
	char *name; /* owned */
	bool runs;
	bool has_holder; /* that waits for another baton: it does not run */
};

/* { 0 } has none. */
struct find_services {
	struct find_service *items; /* owned, by name */
	size_t count;
};

/* Who listens at the other end of a connection. Where everybody may make directories somebody else
 * may have made ours, and listen there: -EPERM if it is another user, unless we are root, who
 * may speak to any. 0 or -errno. */
int find_check_peer(int fd, pid_t *ret);

/* A connection to the socket at that path, non-blocking; or -errno: -EPERM if it is another
 * user's who listens, unless we are root. */
int find_connect(const char *path);

/* Those that run, or are held; finish is due in either case. 0 or -errno. */
int find_services(struct find_services *ret, struct baton_error *error);

void find_services_finish(struct find_services *services);

/* The name of the only service that runs; the caller's. 0; -ENOENT if there is none, -EINVAL if
 * there are several, whose names error has; or -errno. */
int find_only(char **ret, struct baton_error *error);

#endif
