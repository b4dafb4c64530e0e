/* SPDX-License-Identifier: MIT */
/* How contexts end by the time: lifecycle/context_end.c. */
#include <baton/context.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "lifecycle/context_object.h"
#include "support/contexts.h"
#include "support/suite.h"

static unsigned ends; /* that a waiter was told of */

START_TEST(context_below_one_whose_deadline_has_passed_has_timed_out)
{
	struct baton_cancel *top = contexts_timed(NULL, -1);
	struct baton_cancel *below = contexts_below(top); /* nobody has looked at top yet */

	contexts_check_end(below, -ETIMEDOUT, -ETIMEDOUT, strerrordesc_np(ETIMEDOUT));
	contexts_check_end(top, -ETIMEDOUT, -ETIMEDOUT, strerrordesc_np(ETIMEDOUT));
	baton_cancel_destroy(below);
	baton_cancel_destroy(top);
}
END_TEST

START_TEST(later_deadline_than_that_above_is_that_above)
{
	struct baton_cancel *top = contexts_timed(NULL, 1000000);
	int64_t top_ms = baton_context_deadline_ms(baton_cancel_context(top));
	struct baton_cancel *later = contexts_timed(top, 2000000);
	struct baton_cancel *never = contexts_below(later);
	struct baton_cancel *sooner = contexts_timed(top, 500000);
	struct baton_cancel *below = contexts_below(sooner);
	struct baton_context *value;
	static int key;

	ck_assert_int_eq(
		baton_context_with_value(baton_cancel_context(below), &key, NULL, &value), 0);
	ck_assert_int_eq(baton_context_deadline_ms(baton_cancel_context(later)), top_ms);
	ck_assert_int_eq(baton_context_deadline_ms(baton_cancel_context(never)), top_ms);
	ck_assert_int_lt(baton_context_deadline_ms(baton_cancel_context(sooner)), top_ms);
	ck_assert_int_eq(baton_context_deadline_ms(baton_cancel_context(below)),
		baton_context_deadline_ms(baton_cancel_context(sooner)));
	ck_assert_int_eq(baton_context_deadline_ms(value),
		baton_context_deadline_ms(baton_cancel_context(sooner)));
	ck_assert_int_eq(contexts_err(below), 0);
	baton_context_unref(value);
	baton_cancel_destroy(below);
	baton_cancel_destroy(sooner);
	baton_cancel_destroy(never);
	baton_cancel_destroy(later);
	baton_cancel_destroy(top);
}
END_TEST

START_TEST(deadline_ends_what_is_below_and_nothing_above)
{
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_cancel *timed = contexts_timed(top, -1), *beside = contexts_below(top);
	struct baton_context *kept = baton_context_ref(baton_cancel_context(timed));

	contexts_check_end(timed, -ETIMEDOUT, -ETIMEDOUT, strerrordesc_np(ETIMEDOUT));
	ck_assert_int_eq(contexts_err(top), 0);
	ck_assert_int_eq(contexts_err(beside), 0);
	baton_cancel_destroy(timed);
	ck_assert_int_eq(baton_context_err(kept), -ETIMEDOUT);
	baton_context_unref(kept);
	baton_cancel_destroy(beside);
	baton_cancel_destroy(top);
}
END_TEST

/* As if somebody looked at the context at that time. */
static void look_at(struct baton_cancel *cancel, int64_t now_ms)
{
	struct baton_context *context = baton_cancel_context(cancel);

	context_lock(context);
	context_expire(context, now_ms);
	context_unlock(context);
}

START_TEST(each_deadline_that_has_passed_is_its_own_end)
{
	int64_t now_ms = baton_context_now_ms();
	struct baton_cancel *top = contexts_until(NULL, now_ms + 2000000);
	struct baton_cancel *below = contexts_until(top, now_ms + 1000000);
	struct baton_cancel *leaf = contexts_below(below), *beside = contexts_below(top);

	look_at(top, now_ms + 1999999);
	look_at(leaf, now_ms + 999999);
	ck_assert_int_eq(contexts_err(leaf), 0);
	look_at(top, now_ms + 2000000);
	ck_assert_int_eq(contexts_err(top), -ETIMEDOUT);
	ck_assert_int_eq(contexts_err(beside), -ETIMEDOUT);
	ck_assert_int_eq(contexts_err(leaf), -ETIMEDOUT);
	ck_assert_ptr_eq(baton_cancel_context(beside)->origin, baton_cancel_context(top));
	ck_assert_ptr_eq(baton_cancel_context(leaf)->origin, baton_cancel_context(below));
	baton_cancel_destroy(beside);
	baton_cancel_destroy(leaf);
	baton_cancel_destroy(below);
	baton_cancel_destroy(top);
}
END_TEST

START_TEST(deadline_above_is_seen_by_who_looks_below)
{
	int64_t now_ms = baton_context_now_ms();
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_cancel *timed = contexts_until(top, now_ms + 1000000);
	struct baton_cancel *middle = contexts_below(timed), *leaf = contexts_below(middle);

	look_at(leaf, now_ms + 1000000);
	ck_assert_int_eq(contexts_err(timed), -ETIMEDOUT);
	ck_assert_int_eq(contexts_err(middle), -ETIMEDOUT);
	ck_assert_int_eq(contexts_err(leaf), -ETIMEDOUT);
	ck_assert_int_eq(contexts_err(top), 0);
	baton_cancel_destroy(leaf);
	baton_cancel_destroy(middle);
	baton_cancel_destroy(timed);
	baton_cancel_destroy(top);
}
END_TEST

START_TEST(deadline_that_has_passed_unnoticed_counts_before_a_cancel)
{
	struct baton_cancel *own = contexts_timed(NULL, -1);
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_cancel *timed = contexts_timed(top, -1), *leaf = contexts_below(timed);
	struct baton_cancel *beside = contexts_below(top);

	baton_cancel_now(own, -EIO, "too late");
	contexts_check_end(own, -ETIMEDOUT, -ETIMEDOUT, strerrordesc_np(ETIMEDOUT));
	baton_cancel_now(top, -EIO, "in time");
	contexts_check_end(top, -ECANCELED, -EIO, "in time");
	contexts_check_end(beside, -ECANCELED, -EIO, "in time");
	contexts_check_end(timed, -ETIMEDOUT, -ETIMEDOUT, strerrordesc_np(ETIMEDOUT));
	contexts_check_end(leaf, -ETIMEDOUT, -ETIMEDOUT, strerrordesc_np(ETIMEDOUT));
	baton_cancel_destroy(leaf);
	baton_cancel_destroy(timed);
	baton_cancel_destroy(beside);
	baton_cancel_destroy(top);
	baton_cancel_destroy(own);
}
END_TEST

static void count_end(struct context_waiter *waiter)
{
	(void)waiter;
	ends++;
}

START_TEST(deadline_that_has_passed_unnoticed_is_told_at_once)
{
	struct baton_cancel *timed = contexts_timed(NULL, -1);
	struct context_waiter waiter = { .notify = count_end };

	context_wait(baton_cancel_context(timed), &waiter);
	ck_assert_uint_eq(ends, 1);
	baton_cancel_destroy(timed);
	ck_assert_uint_eq(ends, 1);
}
END_TEST

START_TEST(deadline_after_a_cancel_changes_nothing)
{
	int64_t now_ms = baton_context_now_ms();
	struct baton_cancel *timed = contexts_until(NULL, now_ms + 1000000);
	struct baton_cancel *below = contexts_below(timed);

	baton_cancel_now(timed, -EIO, "in time");
	look_at(timed, now_ms + 1000000);
	look_at(below, now_ms + 1000000);
	contexts_check_end(timed, -ECANCELED, -EIO, "in time");
	contexts_check_end(below, -ECANCELED, -EIO, "in time");
	baton_cancel_destroy(below);
	baton_cancel_destroy(timed);
}
END_TEST

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

START_TEST(timeout_never_ends_early)
{
	for (int i = 0; i < 30; i++) {
		int64_t begun_ns = now_ns();
		struct baton_cancel *cancel = contexts_timed(NULL, 1);

		contexts_spin_until_ended(cancel);
		ck_assert_int_ge(now_ns() - begun_ns, 1000000);
		ck_assert_int_eq(contexts_err(cancel), -ETIMEDOUT);
		baton_cancel_destroy(cancel);
	}
}
END_TEST

START_TEST(timeouts_of_any_length_are_understood)
{
	static const struct {
		int64_t timeout_ms;
		int err;
		bool is_never;
	} rows[] = {
		{ INT64_MIN, -ETIMEDOUT, false },
		{ -1, -ETIMEDOUT, false },
		{ 0, -ETIMEDOUT, false },
		{ 1000000, 0, false },
		{ INT64_MAX / 2, 0, false },
		{ INT64_MAX - 1, 0, true },
		{ INT64_MAX, 0, true },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_cancel *cancel = contexts_timed(NULL, rows[i].timeout_ms);
		int64_t deadline_ms = baton_context_deadline_ms(baton_cancel_context(cancel));

		ck_assert_int_eq(contexts_err(cancel), rows[i].err);
		ck_assert_int_eq(deadline_ms == BATON_CONTEXT_NEVER, rows[i].is_never);
		baton_cancel_destroy(cancel);
	}
}
END_TEST

START_TEST(deadline_is_taken_as_it_is_given)
{
	int64_t far_ms = baton_context_now_ms() + 1000000;
	const int64_t deadlines[] = { INT64_MIN, -1, 0, 1, far_ms, INT64_MAX - 1, INT64_MAX };

	for (size_t i = 0; i < array_length(deadlines); i++) {
		struct baton_cancel *cancel = contexts_until(NULL, deadlines[i]);

		ck_assert_int_eq(
			baton_context_deadline_ms(baton_cancel_context(cancel)), deadlines[i]);
		ck_assert_int_eq(contexts_err(cancel), deadlines[i] < far_ms ? -ETIMEDOUT : 0);
		baton_cancel_destroy(cancel);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		context_below_one_whose_deadline_has_passed_has_timed_out,
		later_deadline_than_that_above_is_that_above,
		deadline_ends_what_is_below_and_nothing_above,
		each_deadline_that_has_passed_is_its_own_end,
		deadline_above_is_seen_by_who_looks_below,
		deadline_that_has_passed_unnoticed_counts_before_a_cancel,
		deadline_that_has_passed_unnoticed_is_told_at_once,
		deadline_after_a_cancel_changes_nothing,
		timeout_never_ends_early,
		timeouts_of_any_length_are_understood,
		deadline_is_taken_as_it_is_given,
	};

	return SUITE_RUN("context_deadline", cases);
}
