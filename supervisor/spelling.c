/* SPDX-License-Identifier: MIT */
/* See spelling.h. */
#include "spelling.h"

#include <ctype.h>
#include <string.h>

enum {
	WORD_MAX = 31, /* longer than any that has a near neighbour */
	NEAR = 2,      /* so many slips of the hand are recognised */
};

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * How many letters have to be put in, taken out, changed or swapped with their neighbour to make b
 * of a, none of them twice; upper and lower case are the same. A row is for one more letter of a.
 */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3];
		const size_t *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = min(last[j - 1] + !is_same(a[i - 1], b[j - 1]),
				min(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
				is_same(a[i - 2], b[j - 1]))
				row[j] = min(row[j], before[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

void spelling_init(struct spelling *spelling, const char *word, size_t length)
{
	*spelling = (struct spelling){ .word = word, .length = length, .distance = NEAR + 1 };
}

bool spelling_try(struct spelling *spelling, const char *known)
{
	size_t length = strlen(known);

	if (spelling->length > WORD_MAX || length > WORD_MAX)
		return false;
	size_t found = distance(spelling->word, spelling->length, known, length);

	/* Of a word of two letters, two slips leave nothing. */
	if (found >= spelling->distance || found >= min(length, spelling->length))
		return false;
	spelling->nearest = known;
	spelling->distance = found;
	return true;
}
