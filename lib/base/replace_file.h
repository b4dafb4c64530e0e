/* SPDX-License-Identifier: MIT */
/* A small file that is replaced whole, so that a reader sees the old text or the new one, never
 * a part. */
#ifndef BASE_REPLACE_FILE_H
#define BASE_REPLACE_FILE_H

/*
 * Writes text under a name of its own beside path, PATH.XXXXXX, and renames
 * that into place; mode 0644. 0, or -errno: the old file is then as it was and
 * nothing is left of the new one.
 */
int replace_file(const char *path, const char *text);

#endif
