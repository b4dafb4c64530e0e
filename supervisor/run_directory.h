/* SPDX-License-Identifier: MIT */
/*
 * Where running supervisors are found by the names of their services: a
 * directory of the user's own, with a socket for each. $BATON_RUNTIME_DIR, if
 * set; else /run/baton for root and $XDG_RUNTIME_DIR/baton for others; without
 * that /tmp/baton-UID.
 */
#ifndef SUPERVISOR_RUN_DIRECTORY_H
#define SUPERVISOR_RUN_DIRECTORY_H

#include <baton/error.h>

/* Longest name of a service: with any suffix it fits sockaddr_un's 108 bytes in the directories
 * above. */
enum { RUN_DIRECTORY_NAME_MAX = 48 };

/* Whether a service may be called so: 0; -EINVAL, with error set, for a name that is empty, longer
 * than RUN_DIRECTORY_NAME_MAX, begins with '.' or has a '/' or a control character. */
int run_directory_check_name(const char *name, struct baton_error *error);

/* The path, which the caller frees; nothing is made or looked at. 0 or -ENOMEM. */
int run_directory_path(char **ret);

/*
 * The path, which the caller frees, of a directory that is there: made if need
 * be. Refused is one that others could put something into. 0; -EPERM for such
 * a one, -ENOTDIR, -ENOMEM, or what mkdir(2) said.
 */
int run_directory_make(char **ret, struct baton_error *error);

#endif
