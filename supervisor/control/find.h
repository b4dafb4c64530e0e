/* SPDX-License-Identifier: MIT */
/* The services of this user that run: whose control socket answers. */
#ifndef SUPERVISOR_CONTROL_FIND_H
#define SUPERVISOR_CONTROL_FIND_H

#include <baton/error.h>

/* A connection to the socket at that path, non-blocking; or -errno: -EPERM if it is another
 * user's who listens, unless we are root. */
int find_connect(const char *path);

/* The name of the only service that runs; the caller's. 0; -ENOENT if there is none, -EINVAL if
 * there are several, whose names error has; or -errno. */
int find_only(char **ret, struct baton_error *error);

#endif
