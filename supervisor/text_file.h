/* SPDX-License-Identifier: MIT */
/* A file of text that people write, read whole. */
#ifndef SUPERVISOR_TEXT_FILE_H
#define SUPERVISOR_TEXT_FILE_H

#include <stddef.h>

#include <baton/error.h>

/*
 * Reads the file, which messages call by what it is ("environment file"). Never blocks on a file
 * that is a pipe. Returns 0; what open(2) or read(2) said; -EFBIG over 1 MiB; -ENOMEM. *ret is the
 * caller's; a NUL stands behind its length bytes.
 */
int text_file_read(const char *path, const char *what, char **ret, size_t *ret_length,
	struct baton_error *error);

#endif
