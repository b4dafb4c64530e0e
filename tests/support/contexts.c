/* SPDX-License-Identifier: MIT */
/* See contexts.h. */
#include "support/contexts.h"

#include <check.h>

enum { DEADLINE_MS = 20000 };

static struct baton_context *context_of(struct baton_cancel *cancel)
{
	return cancel ? baton_cancel_context(cancel) : baton_context_background();
}

struct baton_cancel *contexts_new(struct baton_context *above)
{
	struct baton_cancel *cancel;

	ck_assert_int_eq(
		baton_context_with_cancel(above ? above : baton_context_background(), &cancel), 0);
	return cancel;
}

struct baton_cancel *contexts_below(struct baton_cancel *above)
{
	return contexts_new(context_of(above));
}

struct baton_cancel *contexts_timed(struct baton_cancel *above, int64_t timeout_ms)
{
	struct baton_cancel *cancel;

	ck_assert_int_eq(baton_context_with_timeout(context_of(above), timeout_ms, &cancel), 0);
	return cancel;
}

struct baton_cancel *contexts_until(struct baton_cancel *above, int64_t deadline_ms)
{
	struct baton_cancel *cancel;

	ck_assert_int_eq(baton_context_with_deadline(context_of(above), deadline_ms, &cancel), 0);
	return cancel;
}

int contexts_err(struct baton_cancel *cancel)
{
	return baton_context_err(baton_cancel_context(cancel));
}

void contexts_check_end(struct baton_cancel *cancel, int err, int cause, const char *words)
{
	struct baton_error error = { "" };

	ck_assert_int_eq(contexts_err(cancel), err);
	ck_assert_int_eq(baton_context_cause(baton_cancel_context(cancel), &error), cause);
	ck_assert_str_eq(error.text, words);
}

void contexts_spin_until_ended(struct baton_cancel *cancel)
{
	int64_t until_ms = baton_context_now_ms() + DEADLINE_MS;

	while (contexts_err(cancel) == 0)
		ck_assert_int_lt(baton_context_now_ms(), until_ms);
}
