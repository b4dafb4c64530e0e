/* SPDX-License-Identifier: MIT */
/*
 * Contexts: a tree of what is going on, in which the end of one is the end of
 * all below it and of none above, as Go's package context has it. A server's
 * context is the parent of each connection's, that of each of its requests'.
 *
 *     struct baton_cancel *cancel;
 *
 *     r = baton_context_with_timeout(parent, 3000, &cancel);
 *     ... whatever takes baton_cancel_context(cancel) may wait and look ...
 *     baton_cancel_destroy(cancel);    ends it, and frees
 *
 * There are two types, so that whoever is passed the one does not get the
 * other with it: a struct baton_context is the right to look and to wait, a
 * struct baton_cancel the right to end it. There is no way from a context to the
 * right to end it.
 *
 * Time is that of CLOCK_MONOTONIC. A deadline holds without a timer: whoever
 * looks after it finds the context ended, with everything below it. Only what waits on a loop
 * (baton_context_watch) has a timer there, until it need not wait any longer.
 *
 * Contexts may be used on any thread, and by several threads at once, except
 * where a function says otherwise. Those of one root share a lock, which is
 * held for the time of a few assignments, or of an end as long as there are
 * contexts below.
 */
#ifndef BATON_CONTEXT_H
#define BATON_CONTEXT_H

#include <baton/error.h>
#include <baton/place.h>
#include <stddef.h>
#include <stdint.h>

BATON_BEGIN

struct baton_cancel;
struct baton_context;
struct baton_context_watch;
struct ev_loop;
struct pollfd;

/* The deadline of a context that has none. */
#define BATON_CONTEXT_NEVER INT64_MAX

/* The root of all: never ends, has no deadline and no values. Need not be released. */
BATON_API struct baton_context *baton_context_background(void);

/*
 * A context below parent that ends when the parent does, when it is cancelled,
 * or at its deadline if it has one: timeout_ms from now, or deadline_ms as of
 * baton_context_now_ms. A deadline later than the parent's is the parent's.
 * *ret is the caller's, to be given to baton_cancel_destroy. Returns 0 or
 * -ENOMEM. Below a parent that has ended it has ended from the start.
 */
#define baton_context_with_cancel(parent, ret) \
	baton_context_with_deadline_at((parent), BATON_CONTEXT_NEVER, (ret), BATON_HERE)
#define baton_context_with_timeout(parent, timeout_ms, ret) \
	baton_context_with_timeout_at((parent), (timeout_ms), (ret), BATON_HERE)
#define baton_context_with_deadline(parent, deadline_ms, ret) \
	baton_context_with_deadline_at((parent), (deadline_ms), (ret), BATON_HERE)
BATON_API int baton_context_with_timeout_at(struct baton_context *parent, int64_t timeout_ms,
	struct baton_cancel **ret, const char *place);
BATON_API int baton_context_with_deadline_at(struct baton_context *parent, int64_t deadline_ms,
	struct baton_cancel **ret, const char *place);

/*
 * A context below parent that ends with it and in which key has this value. A key is
 * compared by its address: use that of a static variable of yours. The value
 * is borrowed and must outlive the context. *ret is the caller's, to be given to
 * baton_context_unref. Returns 0 or -ENOMEM.
 */
#define baton_context_with_value(parent, key, value, ret) \
	baton_context_with_value_at((parent), (key), (value), (ret), BATON_HERE)
BATON_API int baton_context_with_value_at(struct baton_context *parent, const void *key,
	void *value, struct baton_context **ret, const char *place);

/* What the right is to. Borrowed: for longer than the right lasts, take a reference. */
BATON_API struct baton_context *baton_cancel_context(struct baton_cancel *cancel);

/*
 * Ends the context and all below it, each before those below, in the order in
 * which they were made. cause is for whoever asks why: a negative errno value (0: -ECANCELED)
 * and, unless NULL, some words, which are copied. Nothing happens if it has ended
 * already. Any thread.
 */
BATON_API void baton_cancel_now(struct baton_cancel *cancel, int cause, const char *reason);

/* Ends the context, if it has not ended, and gives the right up. NULL is allowed. */
BATON_API void baton_cancel_destroy(struct baton_cancel *cancel);

/* One more owner of the context, which is returned, and one less. NULL is allowed. */
BATON_API struct baton_context *baton_context_ref(struct baton_context *context);
BATON_API void baton_context_unref(struct baton_context *context);

/* 0 while it goes on; -ECANCELED or, at its deadline or that of one above, -ETIMEDOUT. */
BATON_API int baton_context_err(struct baton_context *context);

/*
 * Why it ended: the cause given to baton_cancel_now, if it was ended by that,
 * be it of one above; otherwise as baton_context_err. error (may be NULL) gets
 * the words, or those for the errno; nothing while it goes on.
 */
BATON_API int baton_context_cause(struct baton_context *context, struct baton_error *error);

/* Milliseconds of CLOCK_MONOTONIC: the clock of deadlines. */
BATON_API int64_t baton_context_now_ms(void);

/* When it ends at the latest, as of baton_context_now_ms; BATON_CONTEXT_NEVER if never. */
BATON_API int64_t baton_context_deadline_ms(const struct baton_context *context);

/* The value of key in it or in the nearest above that has one; NULL if none. Borrowed. */
BATON_API void *baton_context_value(const struct baton_context *context, const void *key);

typedef void (*baton_context_fn)(struct baton_context *context, void *data);

/*
 * Has on_done called once on the loop, from the loop, when the context has ended, also if it
 * has already. On the loop's thread. *ret is the caller's, who gives it to
 * baton_context_unwatch, called or not. It holds a reference to the context and, until the
 * call, keeps the loop running. Returns 0 or -ENOMEM.
 */
#define baton_context_watch(context, loop, on_done, data, ret) \
	baton_context_watch_at((context), (loop), (on_done), (data), (ret), BATON_HERE)
BATON_API int baton_context_watch_at(struct baton_context *context, struct ev_loop *loop,
	baton_context_fn on_done, void *data, struct baton_context_watch **ret, const char *place);

/* on_done is not called any more. On the loop's thread, also in on_done. NULL is allowed. */
BATON_API void baton_context_unwatch(struct baton_context_watch *watch);

/*
 * poll(2) that the end of the context ends: for threads that have no loop. timeout_ms is as
 * poll's; with no descriptors it just waits. Returns what poll does: how many are ready, or 0
 * once the timeout has passed; but baton_context_err once the context has ended, whatever is
 * ready (revents tells); -errno of poll(2) or eventfd(2), -ENOMEM, -EINVAL for over 1,024
 * descriptors.
 */
BATON_API int baton_context_poll(
	struct baton_context *context, struct pollfd *fds, size_t count, int timeout_ms);

BATON_END

#endif
