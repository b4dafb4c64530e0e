/* SPDX-License-Identifier: MIT */
/* The directory below which a baton-httpd of a test serves files, in `directory`. */
#ifndef TESTS_SUPPORT_ROOT_H
#define TESTS_SUPPORT_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the directory `served` in `directory`; -1 while there is none. */
extern int root_fd;

/* Its path, for --root. */
extern char root_path[64];

/* For a suite's setup and teardown, which removes all that is in it. */
void root_make(void);
void root_remove(void);

/* Makes a file or a directory of that path in it. */
void root_write(const char *path, const char *content);
void root_mkdir(const char *path);

/* Makes a symbolic link. */
void root_link(const char *path, const char *target);

/* Makes a file whose bytes are those of root_byte. */
void root_write_bytes(const char *path, size_t size);

/* The byte at that offset of a file. */
static inline unsigned char root_byte(uint64_t offset)
{
	return (unsigned char)(offset * 31 + (offset >> 8) * 7 + (offset >> 16));
}

/*
 * From now on programs that are started here are bound by permissions, also as
 * root. Returns false, having said so, where that takes rights we have not.
 */
bool root_obey_permissions(void);

#endif
