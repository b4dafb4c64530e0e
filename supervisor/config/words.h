/* SPDX-License-Identifier: MIT */
/*
 * A command line of a configuration file, as words: split at blanks, quoted as
 * in a shell ('...', "...", a backslash), and nothing expanded. Pure.
 */
#ifndef SUPERVISOR_CONFIG_WORDS_H
#define SUPERVISOR_CONFIG_WORDS_H

#include <baton/error.h>

/*
 * Splits the text. *ret is NULL-terminated, has a word at least and is the caller's, to be given to
 * words_free. Returns 0; -EINVAL for no word, a quote that is never closed, a backslash at the end,
 * or a '#' that begins a word, which is a comment to a shell; or -ENOMEM.
 */
int words_split(const char *text, char ***ret, struct baton_error *error);

/* A copy of such a list. 0 or -ENOMEM. */
int words_copy(char *const *words, char ***ret);

/* Frees the words and the list; NULL is allowed. */
void words_free(char **words);

#endif
