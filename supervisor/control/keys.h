/* SPDX-License-Identifier: MIT */
/*
 * Single keys of the terminal that is standard input, as they are pressed, and unseen. Whatever
 * ends or stops the program meanwhile, a signal too, leaves the terminal as it was. One at a time.
 */
#ifndef SUPERVISOR_CONTROL_KEYS_H
#define SUPERVISOR_CONTROL_KEYS_H

#include <stdbool.h>

/* Whether there are any: standard input is a terminal, and we are in its foreground. */
bool keys_begin(void);

/* The next key that is there, without waiting: 0: none; -1: there will be no more. */
int keys_read(void);

/* The terminal is as it was. Harmless if nothing was begun. */
void keys_end(void);

#endif
