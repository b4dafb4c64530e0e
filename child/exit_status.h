/* SPDX-License-Identifier: MIT */
/* The exit status of a server that could not begin: see baton-httpd(1). Those of baton(1), as far
 * as both do the same. Pure. */
#ifndef CHILD_EXIT_STATUS_H
#define CHILD_EXIT_STATUS_H

enum exit_step {
	EXIT_STEP_CREATE, /* sockets, and files that are written */
	EXIT_STEP_READ,   /* a directory that has to be there */
};

/* For -errno, which the step ended with. */
int exit_status(enum exit_step step, int error);

#endif
