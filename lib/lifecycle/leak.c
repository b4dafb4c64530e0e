/* SPDX-License-Identifier: MIT */
/* See <baton/leak.h>. */
#include "lifecycle/leak.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"

struct baton_leak {
	unsigned kinds;
	struct baton_leak_entry *entries; /* sorted; `what` of each is owned */
	size_t count, capacity;
};

static const struct {
	enum baton_leak_kind kind;
	const char *name;
	int (*add)(struct baton_leak *leak);
} kinds[] = {
	{ BATON_LEAK_FD, "descriptor", leak_add_fds },
	{ BATON_LEAK_THREAD, "thread", leak_add_threads },
	{ BATON_LEAK_TASK, "task", leak_add_tasks },
	{ BATON_LEAK_CONTEXT, "context", leak_add_contexts },
	{ BATON_LEAK_WATCH, "watch", leak_add_watches },
};

int leak_add(struct baton_leak *leak, const struct baton_leak_entry *entry)
{
	if (leak->count == leak->capacity) {
		size_t capacity = leak->capacity ? leak->capacity * 2 : 32;
		struct baton_leak_entry *entries =
			realloc(leak->entries, capacity * sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		leak->entries = entries;
		leak->capacity = capacity;
	}
	char *what = strdup(entry->what);

	if (!what)
		return -ENOMEM;
	leak->entries[leak->count] = *entry;
	leak->entries[leak->count++].what = what;
	return 0;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare(const void *left, const void *right)
{
	const struct baton_leak_entry *a = left, *b = right;
	int r = compare_numbers(a->kind, b->kind);

	if (r == 0)
		r = compare_numbers(a->group, b->group);
	return r ? r : compare_numbers(a->number, b->number);
}

int baton_leak_snapshot(unsigned wanted, struct baton_leak **ret)
{
	int r = 0;

	if (!ret || !wanted || wanted & ~(unsigned)BATON_LEAK_ALL)
		return -EINVAL;
	struct baton_leak *leak = calloc(1, sizeof(*leak));
	if (!leak)
		return -ENOMEM;
	leak->kinds = wanted;
	for (size_t i = 0; r == 0 && i < array_length(kinds); i++)
		if (wanted & kinds[i].kind)
			r = kinds[i].add(leak);
	if (r < 0) {
		baton_leak_destroy(leak);
		return r;
	}
	if (leak->count)
		qsort(leak->entries, leak->count, sizeof(*leak->entries), compare);
	*ret = leak;
	return 0;
}

/* A descriptor's number may be another thing's by now. */
static bool was_there(const struct baton_leak *before, const struct baton_leak_entry *entry)
{
	const struct baton_leak_entry *then = before->count
		? bsearch(entry, before->entries, before->count, sizeof(*entry), compare)
		: NULL;

	if (!then)
		return false;
	return entry->kind != BATON_LEAK_FD || strcmp(then->what, entry->what) == 0;
}

int baton_leak_since(const struct baton_leak *before, struct baton_leak **ret)
{
	struct baton_leak *now;
	size_t kept = 0;

	if (!before || !ret)
		return -EINVAL;
	int r = baton_leak_snapshot(before->kinds, &now);
	if (r < 0)
		return r;
	for (size_t i = 0; i < now->count; i++) {
		struct baton_leak_entry *entry = &now->entries[i];

		if (was_there(before, entry))
			free((char *)entry->what);
		else
			now->entries[kept++] = *entry;
	}
	now->count = kept;
	*ret = now;
	return 0;
}

size_t baton_leak_count(const struct baton_leak *leak)
{
	return leak->count;
}

const struct baton_leak_entry *baton_leak_get(const struct baton_leak *leak, size_t index)
{
	return index < leak->count ? &leak->entries[index] : NULL;
}

const char *baton_leak_kind_name(enum baton_leak_kind kind)
{
	for (size_t i = 0; i < array_length(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "";
}

void baton_leak_destroy(struct baton_leak *leak)
{
	if (!leak)
		return;
	for (size_t i = 0; i < leak->count; i++)
		free((char *)leak->entries[i].what);
	free(leak->entries);
	free(leak);
}
