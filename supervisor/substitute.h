/* SPDX-License-Identifier: MIT */
/*
 * {fd:NAME} and {port:NAME} in the arguments of the command. Any other brace
 * is left as it is, for arguments may be JSON or a program; so is a number for
 * which there is no listener, as in listen({port:8080}).
 */
#ifndef SUPERVISOR_SUBSTITUTE_H
#define SUPERVISOR_SUBSTITUTE_H

#include <stddef.h>

#include <baton/error.h>

struct substitute_value {
	const char *name; /* of a listener */
	int fd;           /* its first descriptor */
	int port;         /* -1: it has none */
};

/*
 * Copies text with the values put in. *ret is the caller's. Returns 0, -EINVAL
 * for a name that is not among the values or that has no port, or -ENOMEM.
 */
int substitute(const char *text, const struct substitute_value *values, size_t count, char **ret,
	struct baton_error *error);

#endif
