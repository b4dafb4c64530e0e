/* SPDX-License-Identifier: MIT */
/* What the suites about contexts share: making them, and looking at their ends. */
#ifndef TESTS_SUPPORT_CONTEXTS_H
#define TESTS_SUPPORT_CONTEXTS_H

#include <baton/context.h>
#include <stdint.h>

/* In each, NULL above stands for the background. */

struct baton_cancel *contexts_new(struct baton_context *above);
struct baton_cancel *contexts_below(struct baton_cancel *above);
struct baton_cancel *contexts_timed(struct baton_cancel *above, int64_t timeout_ms);
struct baton_cancel *contexts_until(struct baton_cancel *above, int64_t deadline_ms);

/* Any thread. */
int contexts_err(struct baton_cancel *cancel);

/* It has ended, with these. */
void contexts_check_end(struct baton_cancel *cancel, int err, int cause, const char *words);

/* Looks, and looks again, until its deadline has ended it; the case fails after seconds of it. */
void contexts_spin_until_ended(struct baton_cancel *cancel);

#endif
