/* SPDX-License-Identifier: MIT */
/* Becoming another binary, with a state. */
#ifndef SUPERVISOR_REEXEC_EXECUTE_H
#define SUPERVISOR_REEXEC_EXECUTE_H

#include <baton/error.h>

struct state;

/* The variable that tells the new binary where its state is: "FD", or "FD:FD" with the old binary.
 */
#define EXECUTE_VARIABLE "BATON_STATE"

/* The path or name by which this program was started, from the directory where it was; the
 * caller's. NULL: no memory. */
char *execute_find(const char *directory);

/*
 * Executes the program with what the state names open, and argv, which begins with the word `run`.
 * Returns -errno with the reason if that failed: then nothing has changed.
 */
int execute(const char *program, char *const *argv, const struct state *state,
	struct baton_error *error);

/* In the new binary, which cannot read the state: back to the old one, which is open as fd. Returns
 * -errno if that failed, too. */
int execute_back(int fd, int state, char *const *argv);

#endif
