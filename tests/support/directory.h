/* SPDX-License-Identifier: MIT */
/* A directory of the case's own: for its setup and teardown. */
#ifndef TESTS_SUPPORT_DIRECTORY_H
#define TESTS_SUPPORT_DIRECTORY_H

/* Its path, from directory_make on. */
extern char directory[32];

void directory_make(void);

/* Removes it; fails if anything is left in it. */
void directory_remove(void);

/* Removes it with all that is in it. In this process: some cases forbid it to fork. */
void directory_remove_all(void);

#endif
