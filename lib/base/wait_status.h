/* SPDX-License-Identifier: MIT */
/* How a process ended, from the status of waitpid(2), for people and for exit(3). */
#ifndef BASE_WAIT_STATUS_H
#define BASE_WAIT_STATUS_H

#include <stddef.h>

#define WAIT_STATUS_SIZE 64 /* enough for every text */

/* "exited with status 1", "was killed by SIGKILL", "was killed by SIGSEGV (core dumped)". Returns
 * text. */
const char *wait_status_text(int status, char *text, size_t size);

/* The same as a shell's $?: the exit status, or 128 and the signal's number. */
int wait_status_code(int status);

#endif
