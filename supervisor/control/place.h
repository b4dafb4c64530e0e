/* SPDX-License-Identifier: MIT */
/* Where the control socket of a service is, and that no two services have one place. */
#ifndef SUPERVISOR_CONTROL_PLACE_H
#define SUPERVISOR_CONTROL_PLACE_H

#include <baton/error.h>

struct baton_listener;
struct settings;

/* What --control says for none. */
#define PLACE_NONE "none"

/* The path in the directory of the user's services; the caller's. 0 or -ENOMEM. */
int place_path(const char *name, char **ret);

/* A path of --control, made absolute; the caller's. 0, -EINVAL or -errno with what is wrong. */
int place_absolute(const char *path, char **ret, struct baton_error *error);

/*
 * Opens the control socket of a service that starts, in *ret, which is the caller's to close:
 * NULL if there is to be none, or none can be had where nobody has asked for one by its path,
 * which is logged. A name that was given by default and is taken is changed in the settings. 0;
 * -EADDRINUSE if the name or the path is that of a service that runs; or what was wrong with
 * the path.
 */
int place_open(struct settings *settings, struct baton_listener **ret, struct baton_error *error);

#endif
