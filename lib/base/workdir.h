/* SPDX-License-Identifier: MIT */
/* The working directory by the name that it was entered by. */
#ifndef BASE_WORKDIR_H
#define BASE_WORKDIR_H

/*
 * The name under which to find the working directory again later: $PWD if it
 * is one, as that keeps the symbolic links that were gone through
 * (/srv/app/current), where getcwd(3) has the directory that they led to then.
 * The caller frees it; NULL if the directory has no name or memory ran out.
 */
char *workdir_name(void);

#endif
