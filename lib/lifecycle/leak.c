/* SPDX-License-Identifier: MIT */
/* See <baton/leak.h>. */
#include "lifecycle/leak.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"

struct item {
	struct baton_leak_entry entry; /* `what` is owned */
	struct leak_file file;         /* of a descriptor */
};

struct baton_leak {
	unsigned kinds;
	struct item *items; /* sorted */
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

/* A copy; names of files, threads and tasks may have anything in them, but it is to be one line. */
static char *copy_line(const char *text)
{
	char *copy = strdup(text);

	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return copy;
}

int leak_add(struct baton_leak *leak, const struct baton_leak_entry *entry)
{
	return leak_add_file(leak, entry, &(struct leak_file){ 0, 0 });
}

int leak_add_file(
	struct baton_leak *leak, const struct baton_leak_entry *entry, const struct leak_file *file)
{
	if (leak->count == leak->capacity) {
		size_t capacity = leak->capacity ? leak->capacity * 2 : 32;
		struct item *items = realloc(leak->items, capacity * sizeof(*items));

		if (!items)
			return -ENOMEM;
		leak->items = items;
		leak->capacity = capacity;
	}
	char *what = copy_line(entry->what);

	if (!what)
		return -ENOMEM;
	struct item *item = &leak->items[leak->count++];

	*item = (struct item){ *entry, *file };
	item->entry.what = what;
	return 0;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare(const void *left, const void *right)
{
	const struct baton_leak_entry *a = &((const struct item *)left)->entry;
	const struct baton_leak_entry *b = &((const struct item *)right)->entry;
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
		qsort(leak->items, leak->count, sizeof(*leak->items), compare);
	*ret = leak;
	return 0;
}

/* What is said of a file may have changed: it has a peer by now, or another name. */
static bool is_same_file(const struct item *a, const struct item *b)
{
	if (!a->file.inode && !b->file.inode)
		return strcmp(a->entry.what, b->entry.what) == 0;
	return a->file.device == b->file.device && a->file.inode == b->file.inode;
}

/* A descriptor's number may be another thing's by now. */
static bool was_there(const struct baton_leak *before, const struct item *item)
{
	const struct item *then = before->count
		? bsearch(item, before->items, before->count, sizeof(*item), compare)
		: NULL;

	return then && (item->entry.kind != BATON_LEAK_FD || is_same_file(then, item));
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
		struct item *item = &now->items[i];

		if (was_there(before, item))
			free((char *)item->entry.what);
		else
			now->items[kept++] = *item;
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
	return index < leak->count ? &leak->items[index].entry : NULL;
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
		free((char *)leak->items[i].entry.what);
	free(leak->items);
	free(leak);
}
