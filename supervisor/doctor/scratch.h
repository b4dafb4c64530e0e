/* SPDX-License-Identifier: MIT */
/*
 * A network of the process' own, with a loopback and nothing else: what binds there
 * is in nobody's way, and nobody else's clients come. For all that it starts from then on.
 */
#ifndef SUPERVISOR_DOCTOR_SCRATCH_H
#define SUPERVISOR_DOCTOR_SCRATCH_H

#include <baton/error.h>

/*
 * Enters one: as root, or in a user namespace in which nobody else exists, where that is allowed
 * (user_namespaces(7)); called on the only thread. 0; or -errno: as a
 * rule the process is then where it was, since a child has tried before.
 */
int scratch_enter(struct baton_error *error);

#endif
