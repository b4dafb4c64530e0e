/* SPDX-License-Identifier: MIT */
/* Paths of requests, and opening what they name below a directory. */
#ifndef CHILD_APP_PATH_H
#define CHILD_APP_PATH_H

#include <stddef.h>

/* Bytes of a path, decoded, with its NUL. */
enum { PATH_SIZE = 4096 };

/*
 * Decodes a path from the URL (RFC 3986, section 2.1) and takes the slashes off its
 * front. 0, -EINVAL for a malformed or forbidden one (a NUL, a part that is
 * ".."), or -ENAMETOOLONG.
 */
int path_decode(const char *encoded, size_t size, char path[PATH_SIZE]);

/*
 * Opens for reading what the path names below the directory root, "" for that
 * itself. Symbolic links may lead to what is below root, too, and nothing else. Never blocks on
 * what is no file. The descriptor, or -errno: -ENOENT for whatever is not to be reached.
 */
int path_open(int root, const char *path);

#endif
