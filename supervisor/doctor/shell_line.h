/* SPDX-License-Identifier: MIT */
/* The command line of `baton run` for a way of restarting: as arguments, and for a shell.
 * Pure. */
#ifndef SUPERVISOR_DOCTOR_SHELL_LINE_H
#define SUPERVISOR_DOCTOR_SHELL_LINE_H

#include "base/strbuf.h"

struct findings;
struct rung;

/* Appends the word so that a shell (POSIX) reads it as that one word. */
void shell_line_quote(struct strbuf *line, const char *word);

/* Appends the words, with spaces between them and before the first unless the line is empty. */
void shell_line_append(struct strbuf *line, char *const *words);

/* Appends "--adopt --steer --stop-signal QUIT --keep-file FILE", as far as it is needed. */
void shell_line_append_rung(
	struct strbuf *line, const struct rung *rung, const struct findings *findings);

#endif
