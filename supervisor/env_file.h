/* SPDX-License-Identifier: MIT */
/*
 * A file of environment variables, read as systemd reads EnvironmentFile=
 * (systemd.exec(5)): KEY=VALUE lines, quotes, a backslash that joins lines,
 * comments with '#' and ';', nothing expanded.
 */
#ifndef SUPERVISOR_ENV_FILE_H
#define SUPERVISOR_ENV_FILE_H

#include <stddef.h>

#include <baton/error.h>

struct env;

/*
 * Sets the variables of the file in env. Never blocks on a file that is a
 * pipe. Returns 0; what open(2) or read(2) said; -EFBIG over 1 MiB; -EBADMSG
 * for a malformed line, with file:line in error; -ENOMEM. env may hold a part
 * of the variables after a failure.
 */
int env_file_read(const char *path, struct env *env, struct baton_error *error);

/* The same for text of that length; path is for the messages. */
int env_file_parse(const char *path, const char *text, size_t length, struct env *env,
	struct baton_error *error);

#endif
