/* SPDX-License-Identifier: MIT */
/* See debug_list.h. */
#include "debug/debug_list.h"

#include <errno.h>
#include <stdlib.h>

#include "http/escape.h"

enum { INDENT = 2, DEPTH_MAX = 30 };

static int add_json(struct buffer *out, const struct baton_leak_entry *entry)
{
	int r = buffer_appendf(out, "{\"group\":%llu,\"number\":%llu",
		(unsigned long long)entry->group, (unsigned long long)entry->number);

	if (r == 0 && entry->parent)
		r = buffer_appendf(out, ",\"parent\":%llu", (unsigned long long)entry->parent);
	if (r == 0 && entry->age_ms >= 0)
		r = buffer_appendf(out, ",\"age_ms\":%lld", (long long)entry->age_ms);
	if (r == 0)
		r = buffer_append_text(out, ",\"what\":");
	if (r == 0)
		r = escape_json(out, entry->what);
	if (r == 0 && *entry->place)
		r = buffer_append_text(out, ",\"place\":");
	if (r == 0 && *entry->place)
		r = escape_json(out, entry->place);
	return r < 0 ? r : buffer_append_text(out, "}");
}

static int list_json(struct buffer *out, const struct baton_leak *leak)
{
	int r = buffer_append_text(out, "[");

	for (size_t i = 0; r == 0 && i < baton_leak_count(leak); i++) {
		r = buffer_append_text(out, i ? ",\n " : "");
		if (r == 0)
			r = add_json(out, baton_leak_get(leak, i));
	}
	return r < 0 ? r : buffer_append_text(out, "]\n");
}

static int add_text(struct buffer *out, const struct baton_leak_entry *entry, unsigned depth)
{
	int r = buffer_appendf(
		out, "%*s", (int)(depth < DEPTH_MAX ? depth : DEPTH_MAX) * INDENT, "");

	/* Those of tasks are of no use to people. */
	if (r == 0 && entry->kind != BATON_LEAK_TASK)
		r = buffer_appendf(out, "%llu  ", (unsigned long long)entry->number);
	if (r == 0)
		r = buffer_append_text(out, entry->what);
	if (r == 0 && entry->age_ms >= 0)
		r = buffer_appendf(out, "  for %.3f s", (double)entry->age_ms / 1e3);
	if (r == 0 && *entry->place)
		r = buffer_appendf(out, "  %s", entry->place);
	return r < 0 ? r : buffer_append_text(out, "\n");
}

/* How deep in the tree the entry at index is, those before it being known. */
static unsigned depth_of(const struct baton_leak *leak, size_t index, const unsigned *depths)
{
	const struct baton_leak_entry *entry = baton_leak_get(leak, index);
	size_t low = 0, high = index;

	if (!entry->parent)
		return 0;
	/* They stand in the order of group and number, the parent before its children. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct baton_leak_entry *other = baton_leak_get(leak, middle);

		if (other->group < entry->group ||
			(other->group == entry->group && other->number < entry->parent))
			low = middle + 1;
		else
			high = middle;
	}
	return low < index ? depths[low] + 1 : 0;
}

static int list_text(struct buffer *out, const struct baton_leak *leak)
{
	size_t count = baton_leak_count(leak);
	unsigned *depths = calloc(count ? count : 1, sizeof(*depths));
	int r = depths ? buffer_appendf(out, "%zu\n", count) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < count; i++) {
		depths[i] = depth_of(leak, i, depths);
		r = add_text(out, baton_leak_get(leak, i), depths[i]);
	}
	free(depths);
	return r;
}

int debug_list(struct buffer *out, enum baton_leak_kind kind, bool is_json)
{
	struct baton_leak *leak;
	int r = baton_leak_snapshot(kind, &leak);

	if (r < 0)
		return r;
	r = is_json ? list_json(out, leak) : list_text(out, leak);
	baton_leak_destroy(leak);
	return r;
}
