/* SPDX-License-Identifier: MIT */
/* The state between two binaries: in a file without a name that nobody can change any more
 * (memfd_create(2), F_ADD_SEALS of fcntl(2)). */
#ifndef SUPERVISOR_REEXEC_STATE_FILE_H
#define SUPERVISOR_REEXEC_STATE_FILE_H

#include <stdbool.h>

#include <baton/error.h>

struct state;

/* Its descriptor, close-on-exec, the caller's; or -errno with the reason. */
int state_file_write(const struct state *state, struct baton_error *error);

/* Whether the descriptor is one of a sealed state, as far as that can be seen from outside. */
bool state_file_is_one(int fd);

/* Reads it; the descriptor stays the caller's. 0; -EBADMSG or -EPROTONOSUPPORT if it is none that
 * makes sense here; -ENOMEM; or what the system said. state_finish is due in any case. */
int state_file_read(int fd, struct state *ret, struct baton_error *error);

#endif
