/* SPDX-License-Identifier: MIT */
/* The tree of contexts: lifecycle/context.c and context_end.c. */
#include <baton/context.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lifecycle/context_object.h"
#include "support/contexts.h"
#include "support/suite.h"
#include "support/threads.h"

enum { MANY = 100000, LISTED_MAX = 16 };

/* Told of the end of its context: which one of all that are told, from 1 on. */
struct witness {
	struct context_waiter waiter;
	unsigned order;
};

static unsigned ends;

static void on_end(struct context_waiter *waiter)
{
	container_of(waiter, struct witness, waiter)->order = ++ends;
}

static void witness_end(struct witness *witness, struct baton_cancel *cancel)
{
	*witness = (struct witness){ .waiter.notify = on_end };
	context_wait(baton_cancel_context(cancel), &witness->waiter);
}

START_TEST(background_never_ends_and_has_nothing)
{
	static int key;
	struct baton_context *background = baton_context_background();
	struct baton_error error = { "untouched" };

	ck_assert_ptr_eq(baton_context_ref(background), background);
	baton_context_unref(background);
	baton_context_unref(background);
	ck_assert_int_eq(baton_context_err(background), 0);
	ck_assert_int_eq(baton_context_cause(background, &error), 0);
	ck_assert_str_eq(error.text, "untouched");
	ck_assert_int_eq(baton_context_deadline_ms(background), BATON_CONTEXT_NEVER);
	ck_assert_ptr_null(baton_context_value(background, &key));
	ck_assert_ptr_null(baton_context_value(background, NULL));
}
END_TEST

START_TEST(new_context_goes_on)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct baton_context *context = baton_cancel_context(cancel);
	struct baton_error error = { "untouched" };

	ck_assert_int_eq(baton_context_err(context), 0);
	ck_assert_int_eq(baton_context_cause(context, &error), 0);
	ck_assert_str_eq(error.text, "untouched");
	ck_assert_int_eq(baton_context_deadline_ms(context), BATON_CONTEXT_NEVER);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(what_must_not_be_null_is_refused)
{
	static int key;
	struct baton_context *background = baton_context_background();
	struct baton_cancel *cancel;
	struct baton_context *context;

	ck_assert_int_eq(baton_context_with_cancel(NULL, &cancel), -EINVAL);
	ck_assert_int_eq(baton_context_with_cancel(background, NULL), -EINVAL);
	ck_assert_int_eq(baton_context_with_timeout(NULL, 1, &cancel), -EINVAL);
	ck_assert_int_eq(baton_context_with_deadline(background, 1, NULL), -EINVAL);
	ck_assert_int_eq(baton_context_with_value(NULL, &key, &key, &context), -EINVAL);
	ck_assert_int_eq(baton_context_with_value(background, NULL, &key, &context), -EINVAL);
	ck_assert_int_eq(baton_context_with_value(background, &key, &key, NULL), -EINVAL);
	ck_assert_int_eq(baton_context_err(NULL), -EINVAL);
	ck_assert_int_eq(baton_context_cause(NULL, NULL), -EINVAL);
	baton_cancel_destroy(NULL);
	baton_context_unref(NULL);
	ck_assert_ptr_null(baton_context_ref(NULL));
	ck_assert_ptr_null(baton_context_value(NULL, &key));
}
END_TEST

/*     top
 *      |-- left -- leaf
 *      `-- right
 */
START_TEST(end_of_one_is_that_of_all_below_and_of_nobody_else)
{
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_cancel *left = contexts_below(top), *right = contexts_below(top);
	struct baton_cancel *leaf = contexts_below(left);

	baton_cancel_now(left, 0, NULL);
	ck_assert_int_eq(contexts_err(left), -ECANCELED);
	ck_assert_int_eq(contexts_err(leaf), -ECANCELED);
	ck_assert_int_eq(contexts_err(top), 0);
	ck_assert_int_eq(contexts_err(right), 0);
	baton_cancel_now(top, 0, NULL);
	ck_assert_int_eq(contexts_err(top), -ECANCELED);
	ck_assert_int_eq(contexts_err(right), -ECANCELED);
	baton_cancel_destroy(leaf);
	baton_cancel_destroy(right);
	baton_cancel_destroy(left);
	baton_cancel_destroy(top);
}
END_TEST

START_TEST(giving_the_right_up_ends_what_is_below)
{
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_cancel *below = contexts_below(top);

	baton_cancel_destroy(top);
	ck_assert_int_eq(contexts_err(below), -ECANCELED);
	baton_cancel_destroy(below);
}
END_TEST

/* They are made in another order than that of the tree. */
START_TEST(each_ends_before_those_below_it_in_the_order_of_making)
{
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_cancel *first = contexts_below(top), *second = contexts_below(top);
	struct baton_cancel *third = contexts_below(top);
	struct baton_cancel *below_second = contexts_below(second);
	struct baton_cancel *below_first = contexts_below(first);
	struct baton_cancel *also_below_first = contexts_below(first);
	struct baton_cancel *expected[] = { top, first, below_first, also_below_first, second,
		below_second, third };
	struct witness witnesses[array_length(expected)];

	ends = 0;
	for (size_t i = array_length(expected); i-- > 0;)
		witness_end(&witnesses[i], expected[i]);
	baton_cancel_now(top, 0, NULL);
	ck_assert_uint_eq(ends, array_length(expected));
	for (size_t i = 0; i < array_length(expected); i++)
		ck_assert_uint_eq(witnesses[i].order, i + 1);
	for (size_t i = array_length(expected); i-- > 0;)
		baton_cancel_destroy(expected[i]);
}
END_TEST

START_TEST(witnesses_of_one_context_are_told_once_in_their_order)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct witness first, second, left, late;

	ends = 0;
	witness_end(&first, cancel);
	witness_end(&left, cancel);
	witness_end(&second, cancel);
	context_unwait(baton_cancel_context(cancel), &left.waiter);
	baton_cancel_now(cancel, 0, NULL);
	baton_cancel_now(cancel, 0, NULL);
	witness_end(&late, cancel);
	ck_assert_uint_eq(first.order, 1);
	ck_assert_uint_eq(second.order, 2);
	ck_assert_uint_eq(late.order, 3);
	ck_assert_uint_eq(left.order, 0);
	context_unwait(baton_cancel_context(cancel), &late.waiter);
	baton_cancel_destroy(cancel);
	ck_assert_uint_eq(ends, 3);
}
END_TEST

START_TEST(cause_and_reason_are_told_to_all_below)
{
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_cancel *middle = contexts_below(top), *leaf = contexts_below(middle);
	char reason[] = "the disk is full";

	baton_cancel_now(top, -ENOSPC, reason);
	memset(reason, 'x', sizeof(reason) - 1); /* a copy was taken */
	contexts_check_end(top, -ECANCELED, -ENOSPC, "the disk is full");
	contexts_check_end(middle, -ECANCELED, -ENOSPC, "the disk is full");
	contexts_check_end(leaf, -ECANCELED, -ENOSPC, "the disk is full");
	ck_assert_int_eq(baton_context_cause(baton_cancel_context(leaf), NULL), -ENOSPC);
	baton_cancel_destroy(top); /* what it said stays */
	contexts_check_end(middle, -ECANCELED, -ENOSPC, "the disk is full");
	baton_cancel_destroy(middle);
	contexts_check_end(leaf, -ECANCELED, -ENOSPC, "the disk is full");
	baton_cancel_destroy(leaf);
}
END_TEST

START_TEST(cause_without_words_has_those_of_the_errno)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct baton_cancel *other = contexts_new(NULL);
	struct baton_cancel *third = contexts_new(NULL);

	baton_cancel_now(cancel, 0, NULL);
	contexts_check_end(cancel, -ECANCELED, -ECANCELED, strerrordesc_np(ECANCELED));
	baton_cancel_now(other, -EIO, NULL);
	contexts_check_end(other, -ECANCELED, -EIO, strerrordesc_np(EIO));
	baton_cancel_now(third, 0, "no more of it");
	contexts_check_end(third, -ECANCELED, -ECANCELED, "no more of it");
	baton_cancel_destroy(cancel);
	baton_cancel_destroy(other);
	baton_cancel_destroy(third);
}
END_TEST

START_TEST(cause_that_is_no_errno_has_words_too)
{
	struct baton_cancel *cancel = contexts_new(NULL);

	baton_cancel_now(cancel, -10001, NULL);
	contexts_check_end(cancel, -ECANCELED, -10001, "error 10001");
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(what_has_ended_keeps_its_cause)
{
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_cancel *first = contexts_below(top), *leaf = contexts_below(first);
	struct baton_cancel *second = contexts_below(top);

	baton_cancel_now(first, -EIO, "first");
	baton_cancel_now(first, -EPERM, "again");
	baton_cancel_now(top, -ENOSPC, "top");
	baton_cancel_now(second, -EPERM, "second");
	contexts_check_end(first, -ECANCELED, -EIO, "first");
	contexts_check_end(leaf, -ECANCELED, -EIO, "first");
	contexts_check_end(second, -ECANCELED, -ENOSPC, "top");
	baton_cancel_destroy(leaf);
	baton_cancel_destroy(first);
	baton_cancel_destroy(second);
	baton_cancel_destroy(top);
}
END_TEST

START_TEST(context_below_one_that_has_ended_has_ended_from_the_start)
{
	static int key;
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_context *value;
	struct witness witness;

	baton_cancel_now(top, -EIO, "long gone");
	struct baton_cancel *below = contexts_below(top), *leaf = contexts_below(below);
	struct baton_cancel *timed = contexts_timed(top, 0);

	ck_assert_int_eq(
		baton_context_with_value(baton_cancel_context(top), &key, &key, &value), 0);
	ck_assert_int_eq(baton_context_err(value), -ECANCELED);
	ck_assert_ptr_eq(baton_context_value(value, &key), &key);
	contexts_check_end(below, -ECANCELED, -EIO, "long gone");
	contexts_check_end(leaf, -ECANCELED, -EIO, "long gone");
	contexts_check_end(timed, -ECANCELED, -EIO, "long gone"); /* it was first */
	ends = 0;
	witness_end(&witness, leaf);
	ck_assert_uint_eq(witness.order, 1);
	baton_context_unref(value);
	baton_cancel_destroy(timed);
	baton_cancel_destroy(leaf);
	baton_cancel_destroy(below);
	baton_cancel_destroy(top);
}
END_TEST

START_TEST(nearest_value_of_a_key_is_found)
{
	static int key, other_key, unknown_key;
	int first, second, other;
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_context *a, *b, *c, *none;

	ck_assert_int_eq(baton_context_with_value(baton_cancel_context(top), &key, &first, &a), 0);
	ck_assert_int_eq(baton_context_with_value(a, &other_key, &other, &b), 0);
	struct baton_cancel *between = contexts_new(b);

	ck_assert_int_eq(
		baton_context_with_value(baton_cancel_context(between), &key, &second, &c), 0);
	ck_assert_int_eq(baton_context_with_value(c, &other_key, NULL, &none), 0);
	ck_assert_ptr_eq(baton_context_value(b, &key), &first);
	ck_assert_ptr_eq(baton_context_value(baton_cancel_context(between), &key), &first);
	ck_assert_ptr_eq(baton_context_value(c, &key), &second);
	ck_assert_ptr_eq(baton_context_value(c, &other_key), &other);
	ck_assert_ptr_null(baton_context_value(none, &other_key)); /* NULL is a value */
	ck_assert_ptr_null(baton_context_value(a, &other_key));
	ck_assert_ptr_null(baton_context_value(baton_cancel_context(top), &key));
	ck_assert_ptr_null(baton_context_value(c, &unknown_key));
	ck_assert_ptr_null(baton_context_value(c, NULL));

	baton_cancel_now(top, -EIO, "all of it");
	ck_assert_int_eq(baton_context_cause(none, NULL), -EIO);
	baton_context_unref(none);
	baton_context_unref(c);
	baton_context_unref(b);
	baton_context_unref(a);
	ck_assert_ptr_eq(baton_context_value(baton_cancel_context(between), &key), &first);
	baton_cancel_destroy(between);
	baton_cancel_destroy(top);
}
END_TEST

START_TEST(root_may_hold_a_value)
{
	static int key;
	struct baton_context *value;

	ck_assert_int_eq(
		baton_context_with_value(baton_context_background(), &key, &key, &value), 0);
	struct baton_cancel *below = contexts_new(value);

	ck_assert_ptr_eq(baton_context_value(baton_cancel_context(below), &key), &key);
	ck_assert_int_eq(contexts_err(below), 0);
	baton_context_unref(value);
	ck_assert_ptr_eq(baton_context_value(baton_cancel_context(below), &key), &key);
	baton_cancel_destroy(below);
}
END_TEST

START_TEST(reference_keeps_a_context_after_the_right_is_gone)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct baton_context *context = baton_cancel_context(cancel);

	ck_assert_ptr_eq(baton_context_ref(context), context);
	baton_cancel_now(cancel, -EIO, "kept");
	baton_cancel_destroy(cancel);
	struct baton_error error;

	ck_assert_int_eq(baton_context_cause(context, &error), -EIO);
	ck_assert_str_eq(error.text, "kept");
	struct baton_cancel *below = contexts_new(context);

	baton_context_unref(context);
	contexts_check_end(below, -ECANCELED, -EIO, "kept");
	baton_cancel_destroy(below);
}
END_TEST

/* Neither the lock nor the tree above goes before the last of those below. */
START_TEST(what_is_below_keeps_those_above)
{
	struct baton_cancel *top = contexts_new(NULL);
	struct baton_cancel *middle = contexts_below(top), *leaf = contexts_below(middle);
	struct baton_cancel *sibling = contexts_below(middle);

	baton_cancel_destroy(top);
	baton_cancel_destroy(middle);
	ck_assert_int_eq(contexts_err(leaf), -ECANCELED);
	struct baton_cancel *late = contexts_below(leaf);

	baton_cancel_destroy(leaf);
	baton_cancel_destroy(sibling);
	ck_assert_int_eq(contexts_err(late), -ECANCELED);
	baton_cancel_destroy(late);
}
END_TEST

struct listing {
	unsigned count;
	unsigned stop_at;
	const char *places[LISTED_MAX];
	uint64_t numbers[LISTED_MAX], parents[LISTED_MAX];
	int errs[LISTED_MAX];
};

static int list(const struct context_entry *entry, void *data)
{
	struct listing *listing = data;

	listing->places[listing->count] = entry->place;
	listing->numbers[listing->count] = entry->number;
	listing->parents[listing->count] = entry->parent;
	listing->errs[listing->count] = entry->err;
	return ++listing->count == listing->stop_at ? 42 : 0;
}

START_TEST(all_contexts_are_listed_parents_first)
{
	struct baton_cancel *top, *a, *b, *leaf;
	struct baton_context *background = baton_context_background();
	struct listing listing = { .count = 0 };

	ck_assert_int_eq(baton_context_with_deadline_at(background, 1, &top, "top"), 0);
	struct baton_context *context = baton_cancel_context(top);

	ck_assert_int_eq(
		baton_context_with_timeout_at(baton_context_background(), 1000000, &b, "b"), 0);
	baton_cancel_destroy(b);
	ck_assert_int_eq(baton_context_with_timeout_at(context, 1000000, &a, "a"), 0);
	ck_assert_int_eq(baton_context_with_timeout_at(context, 1000000, &b, "b"), 0);
	ck_assert_int_eq(
		baton_context_with_timeout_at(baton_cancel_context(a), 1, &leaf, "leaf"), 0);
	ck_assert_int_eq(context_list(list, &listing), 0);
	ck_assert_uint_eq(listing.count, 4);
	ck_assert_str_eq(listing.places[0], "top");
	ck_assert_str_eq(listing.places[1], "a");
	ck_assert_str_eq(listing.places[2], "leaf");
	ck_assert_str_eq(listing.places[3], "b");
	ck_assert_uint_eq(listing.parents[0], 0);
	ck_assert_uint_eq(listing.parents[1], listing.numbers[0]);
	ck_assert_uint_eq(listing.parents[2], listing.numbers[1]);
	ck_assert_uint_eq(listing.parents[3], listing.numbers[0]);
	ck_assert_int_eq(listing.errs[0], -ETIMEDOUT);
	listing = (struct listing){ .stop_at = 2 };
	ck_assert_int_eq(context_list(list, &listing), 42);
	ck_assert_uint_eq(listing.count, 2);
	baton_cancel_destroy(leaf);
	baton_cancel_destroy(b);
	baton_cancel_destroy(a);
	baton_cancel_destroy(top);
}
END_TEST

static struct baton_cancel *many[MANY];

START_TEST(a_hundred_thousand_children_end_with_their_parent)
{
	struct baton_cancel *top = contexts_new(NULL);

	for (unsigned i = 0; i < MANY; i++)
		ck_assert_int_eq(baton_context_with_cancel(baton_cancel_context(top), &many[i]), 0);
	baton_cancel_now(top, -EIO, "all of you");
	for (unsigned i = 0; i < MANY; i++) {
		if (contexts_err(many[i]) != -ECANCELED)
			ck_abort_msg("%u has not ended", i);
		baton_cancel_destroy(many[i]);
	}
	baton_cancel_destroy(top);
}
END_TEST

static unsigned ended;

/* Each below the one before: makes them, ends the first, and gives them up from the first on, so
 * that the last reference to all of them goes with the last. */
static void use_chain(unsigned index)
{
	struct baton_context *context = baton_context_background();

	(void)index;
	for (unsigned i = 0; i < MANY; i++) {
		if (baton_context_with_cancel(context, &many[i]) < 0)
			return;
		context = baton_cancel_context(many[i]);
	}
	baton_cancel_now(many[0], -EIO, "all of you");
	for (unsigned i = 0; i < MANY; i++) {
		ended += contexts_err(many[i]) == -ECANCELED;
		baton_cancel_destroy(many[i]);
	}
}

/* What recursed would need 100,000 frames, which that stack has no room for. */
START_TEST(chain_a_hundred_thousand_deep_needs_no_stack)
{
	threads_start_small(use_chain);
	threads_join();
	ck_assert_uint_eq(ended, MANY);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		background_never_ends_and_has_nothing,
		new_context_goes_on,
		what_must_not_be_null_is_refused,
		end_of_one_is_that_of_all_below_and_of_nobody_else,
		giving_the_right_up_ends_what_is_below,
		each_ends_before_those_below_it_in_the_order_of_making,
		witnesses_of_one_context_are_told_once_in_their_order,
		cause_and_reason_are_told_to_all_below,
		cause_without_words_has_those_of_the_errno,
		cause_that_is_no_errno_has_words_too,
		what_has_ended_keeps_its_cause,
		context_below_one_that_has_ended_has_ended_from_the_start,
		nearest_value_of_a_key_is_found,
		root_may_hold_a_value,
		reference_keeps_a_context_after_the_right_is_gone,
		what_is_below_keeps_those_above,
		all_contexts_are_listed_parents_first,
		a_hundred_thousand_children_end_with_their_parent,
		chain_a_hundred_thousand_deep_needs_no_stack,
	};

	return SUITE_RUN("context", cases);
}
