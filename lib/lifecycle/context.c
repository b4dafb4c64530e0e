/* SPDX-License-Identifier: MIT */
/* See context_object.h. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/mutex.h"
#include "lifecycle/context_object.h"

static struct baton_context background = {
	.link = { &background.link, &background.link },
	.children = { &background.children, &background.children },
	.waiters = { &background.waiters, &background.waiters },
	.deadline_ms = BATON_CONTEXT_NEVER,
};

/* The contexts right below the background. */
static pthread_mutex_t roots_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list roots = { &roots, &roots };
static uint64_t last_root_id; /* under roots_lock */

struct baton_context *baton_context_background(void)
{
	return &background;
}

void context_lock(struct baton_context *context)
{
	if (context->root)
		mutex_lock(&context->root->lock);
}

void context_unlock(struct baton_context *context)
{
	if (context->root)
		mutex_unlock(&context->root->lock);
}

static void init(struct baton_context *context, struct baton_context *parent, int64_t deadline_ms,
	int64_t now_ms, const char *place)
{
	*context = (struct baton_context){
		.references = 1,
		.parent = parent,
		.deadline_ms = deadline_ms,
		.deadline_owner = deadline_ms == BATON_CONTEXT_NEVER ? NULL : context,
		.place = place,
		.born_ms = now_ms,
	};
	list_init(&context->link);
	list_init(&context->children);
	list_init(&context->waiters);
	if (parent->deadline_ms <= deadline_ms) {
		context->deadline_ms = parent->deadline_ms;
		context->deadline_owner = parent->deadline_owner;
	}
}

static void join_parent(struct baton_context *context, int64_t now_ms)
{
	struct baton_context *parent = baton_context_ref(context->parent);

	context->root = parent->root;
	context_lock(parent);
	context->number = ++parent->root->last_number;
	list_append(&parent->children, &context->link);
	context_expire(parent, now_ms);
	if (atomic_load(&parent->err)) {
		context->origin = parent->origin;
		atomic_store(&context->err, atomic_load(&parent->err));
	}
	context_unlock(parent);
}

static void join_roots(struct context_root *root)
{
	root->cancel.context.root = root;
	root->cancel.context.number = ++root->last_number;
	mutex_init(&root->lock);
	mutex_lock(&roots_lock);
	root->id = ++last_root_id;
	list_append(&roots, &root->cancel.context.link);
	mutex_unlock(&roots_lock);
}

static struct baton_context *create(
	struct baton_context *parent, int64_t deadline_ms, int64_t now_ms, const char *place)
{
	if (parent->root) {
		struct baton_cancel *cancel = malloc(sizeof(*cancel));

		if (!cancel)
			return NULL;
		init(&cancel->context, parent, deadline_ms, now_ms, place);
		join_parent(&cancel->context, now_ms);
		return &cancel->context;
	}
	struct context_root *root = calloc(1, sizeof(*root));

	if (!root)
		return NULL;
	init(&root->cancel.context, parent, deadline_ms, now_ms, place);
	join_roots(root);
	return &root->cancel.context;
}

static int create_cancel(struct baton_context *parent, int64_t deadline_ms, int64_t now_ms,
	struct baton_cancel **ret, const char *place)
{
	if (!parent || !ret)
		return -EINVAL;
	struct baton_context *context = create(parent, deadline_ms, now_ms, place);

	if (!context)
		return -ENOMEM;
	*ret = container_of(context, struct baton_cancel, context);
	return 0;
}

int baton_context_with_deadline_at(struct baton_context *parent, int64_t deadline_ms,
	struct baton_cancel **ret, const char *place)
{
	return create_cancel(parent, deadline_ms, clock_ms(), ret, place);
}

int baton_context_with_timeout_at(struct baton_context *parent, int64_t timeout_ms,
	struct baton_cancel **ret, const char *place)
{
	int64_t now_ms = clock_ms();
	int64_t deadline_ms = BATON_CONTEXT_NEVER;

	/* The millisecond that has begun does not count, or it would end too early. */
	if (timeout_ms <= 0)
		deadline_ms = now_ms;
	else if (timeout_ms < BATON_CONTEXT_NEVER - now_ms - 1)
		deadline_ms = now_ms + 1 + timeout_ms;
	return create_cancel(parent, deadline_ms, now_ms, ret, place);
}

int baton_context_with_value_at(struct baton_context *parent, const void *key, void *value,
	struct baton_context **ret, const char *place)
{
	if (!parent || !key || !ret)
		return -EINVAL;
	struct baton_context *context = create(parent, BATON_CONTEXT_NEVER, clock_ms(), place);

	if (!context)
		return -ENOMEM;
	/* Nobody but us knows it yet. */
	context->key = key;
	context->value = value;
	*ret = context;
	return 0;
}

void *baton_context_value(const struct baton_context *context, const void *key)
{
	for (; context; context = context->parent)
		if (context->key == key && key)
			return context->value;
	return NULL;
}

int64_t baton_context_now_ms(void)
{
	return clock_ms();
}

int64_t baton_context_deadline_ms(const struct baton_context *context)
{
	return context->deadline_ms;
}

struct baton_context *baton_cancel_context(struct baton_cancel *cancel)
{
	return &cancel->context;
}

struct baton_context *baton_context_ref(struct baton_context *context)
{
	if (context && context->root)
		atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
	return context;
}

static void free_context(struct baton_context *context)
{
	bool is_root = !context->parent->root;
	pthread_mutex_t *lock = is_root ? &roots_lock : &context->root->lock;

	mutex_lock(lock);
	list_remove(&context->link);
	mutex_unlock(lock);
	free(context->reason);
	if (is_root) {
		mutex_finish(&context->root->lock);
		free(context->root);
	} else {
		free(container_of(context, struct baton_cancel, context));
	}
}

void baton_context_unref(struct baton_context *context)
{
	/* Its reference to its parent may be the parent's last, and so on. */
	while (context && context->root &&
		atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) == 1) {
		struct baton_context *parent = context->parent;

		free_context(context);
		context = parent;
	}
}

struct baton_context *context_next(
	struct baton_context *top, struct baton_context *context, bool goes_below)
{
	if (goes_below && !list_empty(&context->children))
		return list_first(&context->children, struct baton_context, link);
	for (; context != top; context = context->parent)
		if (context->link.next != &context->parent->children)
			return list_first(&context->link, struct baton_context, link);
	return NULL;
}

static int list_root(struct baton_context *top,
	int (*fn)(const struct context_entry *entry, void *data), void *data)
{
	int r = 0;

	context_lock(top);
	for (struct baton_context *context = top; r == 0 && context;
		context = context_next(top, context, true)) {
		const struct context_entry entry = {
			.root = context->root->id,
			.number = context->number,
			.parent = context->parent->number,
			.err = atomic_load(&context->err),
			.deadline_ms = context->deadline_ms,
			.born_ms = context->born_ms,
			.place = context->place,
		};

		r = fn(&entry, data);
	}
	context_unlock(top);
	return r;
}

int context_list(int (*fn)(const struct context_entry *entry, void *data), void *data)
{
	int r = 0;

	mutex_lock(&roots_lock);
	for (struct list *pos = roots.next; r == 0 && pos != &roots; pos = pos->next)
		r = list_root(container_of(pos, struct baton_context, link), fn, data);
	mutex_unlock(&roots_lock);
	return r;
}
