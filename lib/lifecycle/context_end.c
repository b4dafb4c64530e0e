/* SPDX-License-Identifier: MIT */
/*
 * How contexts end: see context_object.h. Whoever ends one or looks at it first
 * sees to deadlines that have passed unnoticed, so that it does not depend on
 * anybody's timer which of two ends comes first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/error.h"
#include "lifecycle/context_object.h"

static bool has_ended(const struct baton_context *context)
{
	return atomic_load_explicit(&context->err, memory_order_acquire) != 0;
}

/* Locked: this one alone, as origin did. */
static void end_one(struct baton_context *context, int err, struct baton_context *origin)
{
	context->origin = origin;
	atomic_store_explicit(&context->err, err, memory_order_release);
	while (!list_empty(&context->waiters)) {
		struct context_waiter *waiter =
			list_first(&context->waiters, struct context_waiter, link);

		list_remove(&waiter->link);
		waiter->notify(waiter);
	}
}

/* Locked: this one and all below that have not ended. */
static void end_all(struct baton_context *top, int err, int64_t now_ms)
{
	bool is_new;

	for (struct baton_context *context = top; context;
		context = context_next(top, context, is_new)) {
		is_new = !has_ended(context); /* otherwise all below it has ended too */
		if (!is_new)
			continue;
		if (context == top)
			end_one(top, err, top);
		else if (context->deadline_owner == context && context->deadline_ms <= now_ms)
			end_one(context, -ETIMEDOUT, context);
		else
			end_one(context, atomic_load(&context->parent->err),
				context->parent->origin);
	}
}

void context_expire(struct baton_context *context, int64_t now_ms)
{
	if (context->deadline_ms <= now_ms)
		end_all(context->deadline_owner, -ETIMEDOUT, now_ms);
}

int baton_context_err(struct baton_context *context)
{
	if (!context)
		return -EINVAL;
	if (!has_ended(context) && context->deadline_ms != BATON_CONTEXT_NEVER) {
		int64_t now_ms = clock_ms();

		if (context->deadline_ms <= now_ms) {
			context_lock(context);
			context_expire(context, now_ms);
			context_unlock(context);
		}
	}
	return atomic_load_explicit(&context->err, memory_order_acquire);
}

int baton_context_cause(struct baton_context *context, struct baton_error *error)
{
	int err = baton_context_err(context);

	if (err == 0 || !context)
		return err;
	/* Since it has ended nothing of this changes. */
	int cause = context->origin->cause ? context->origin->cause : err;
	const char *words = context->origin->reason;

	if (!words)
		words = strerrordesc_np(-cause);
	if (!words) /* a cause of the host's own */
		return error_set(error, cause, "error %d", -cause);
	return error_set(error, cause, "%s", words);
}

void baton_cancel_now(struct baton_cancel *cancel, int cause, const char *reason)
{
	struct baton_context *context = &cancel->context;
	int64_t now_ms = clock_ms();

	context_lock(context);
	context_expire(context, now_ms);
	if (!has_ended(context)) {
		context->cause = cause;
		/* Without memory the words for the errno have to do. */
		context->reason = reason ? strdup(reason) : NULL;
		end_all(context, -ECANCELED, now_ms);
	}
	context_unlock(context);
}

void baton_cancel_destroy(struct baton_cancel *cancel)
{
	if (!cancel)
		return;
	baton_cancel_now(cancel, 0, NULL);
	baton_context_unref(&cancel->context);
}

void context_wait(struct baton_context *context, struct context_waiter *waiter)
{
	list_init(&waiter->link);
	context_lock(context);
	context_expire(context, clock_ms());
	if (has_ended(context))
		waiter->notify(waiter);
	else if (context->root)
		list_append(&context->waiters, &waiter->link);
	context_unlock(context);
}

void context_unwait(struct baton_context *context, struct context_waiter *waiter)
{
	context_lock(context);
	list_remove(&waiter->link);
	context_unlock(context);
}
