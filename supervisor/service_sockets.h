/* SPDX-License-Identifier: MIT */
/* Where the workers of a service speak to it: the notify socket, and Einhorn's. */
#ifndef SUPERVISOR_SERVICE_SOCKETS_H
#define SUPERVISOR_SERVICE_SOCKETS_H

#include <baton/error.h>

struct runtime;

/* Those that another program of this process had open. */
struct service_sockets_past {
	int notify;
	int einhorn; /* -1: there was none */
	const char *einhorn_path, *einhorn_directory;
};

/* Opens them as the settings say. 0, or -errno with the reason. */
int service_sockets_open(struct runtime *runtime, struct baton_error *error);

/* Goes on with them; the descriptors are taken. 0, or -errno with the reason. */
int service_sockets_resume(struct runtime *runtime, const struct service_sockets_past *past,
	struct baton_error *error);

#endif
