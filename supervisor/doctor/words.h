/* SPDX-License-Identifier: MIT */
/* What clients say: a request of HTTP, on a connection that is closed or kept, and what the
 * user wants sent. */
#ifndef SUPERVISOR_DOCTOR_WORDS_H
#define SUPERVISOR_DOCTOR_WORDS_H

#include <stddef.h>

struct visit_options;

struct words {
	char *once, *kept; /* of HTTP; owned */
	const char *sent;  /* borrowed; NULL: nothing */
	size_t sent_length;
	int deadline_ms; /* of each answer */
};

/* 0 or -ENOMEM; words that failed are good for words_finish. */
int words_init(struct words *words, const char *http_path);

void words_finish(struct words *words);

/* Fills in what is said to the peer of the options in their manner, and how long that may
 * take. */
void words_choose(const struct words *words, struct visit_options *options);

#endif
