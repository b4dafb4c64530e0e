/* SPDX-License-Identifier: MIT */
/* What was meant by a word that nobody knows: the one of those that there are which is nearly the
 * same. Pure. */
#ifndef SUPERVISOR_SPELLING_H
#define SUPERVISOR_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

struct spelling {
	const char *word; /* borrowed, not terminated */
	size_t length;
	const char *nearest; /* of those that were tried, borrowed; NULL: none is near */
	size_t distance;     /* of that one */
};

/* Begins to look for the word. */
void spelling_init(struct spelling *spelling, const char *word, size_t length);

/* Compares it with one that there is. Whether that is the nearest so far. */
bool spelling_try(struct spelling *spelling, const char *known);

#endif
