/* SPDX-License-Identifier: MIT */
/* Signals by name, for messages. */
#ifndef BASE_SIGNAL_NAME_H
#define BASE_SIGNAL_NAME_H

#include <stddef.h>

#define SIGNAL_NAME_SIZE 24 /* enough for every text */

/* "SIGTERM", "SIGRTMIN+3", which parse_signal reads, or "signal 99" for a number that has no name.
 * Returns text. */
const char *signal_name(int signal, char *text, size_t size);

#endif
