/* SPDX-License-Identifier: MIT */
/* The configuration file, as baton.conf(5) has it: its sections and keys become a struct config. */
#ifndef SUPERVISOR_CONFIG_CONFIG_FILE_H
#define SUPERVISOR_CONFIG_CONFIG_FILE_H

#include <stddef.h>

struct config;
struct problems;

/*
 * Reads the text, each value of which is looked at by itself. All that is wrong is added to the
 * problems, with path and line. Returns 0; -EBADMSG; or -ENOMEM. *ret is written on 0 only, and is
 * the caller's. Pure.
 */
int config_file_parse(const char *path, const char *text, size_t length, struct config *ret,
	struct problems *problems);

/* The same for the file at path; also what open(2) and read(2) say, or -EFBIG. */
int config_file_read(const char *path, struct config *ret, struct problems *problems);

#endif
