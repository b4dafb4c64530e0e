/* SPDX-License-Identifier: MIT */
/* Becoming another binary, with a state: what both sides of the exec have to agree on. */
#ifndef SUPERVISOR_REEXEC_EXECUTE_H
#define SUPERVISOR_REEXEC_EXECUTE_H

#include <stdbool.h>

#include <baton/error.h>

struct state;

/* The variable that tells a program that it goes on where another was: "STATE:OLD", descriptors of
 * the state and of the binary before; or "STATE", if that is the binary before itself. */
#define EXECUTE_VARIABLE "BATON_STATE"

/* What it says. */
struct execute_legacy {
	int state;
	int old; /* -1: this is the old binary, as the new one could not go on */
};

/*
 * Executes the program with what the state names open, and argv, which begins with the word `run`.
 * Returns -errno with the reason if that failed: then nothing has changed.
 */
int execute(const char *program, char *const *argv, const struct state *state,
	struct baton_error *error);

/* Whether this program goes on for another: then *ret has what there is, close-on-exec and the
 * caller's, and the variable is no longer there, which no child is to find. One that says anything
 * else is said so, and left. */
bool execute_find_legacy(struct execute_legacy *ret);

/* Back to the old binary, while nothing that the state names is used or close-on-exec: it goes on
 * with that. Returns -errno if that failed, too. */
int execute_back(const struct execute_legacy *legacy, char *const *argv);

/* Sets or clears close-on-exec on all that the state names. 0 or -errno. */
int execute_set_cloexec(const struct state *state, bool on);

#endif
