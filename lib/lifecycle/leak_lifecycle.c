/* SPDX-License-Identifier: MIT */
/* Tasks, contexts and their watches in a snapshot: see leak.h. */
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "lifecycle/context_object.h"
#include "lifecycle/leak.h"
#include "lifecycle/tracker.h"

enum { WHAT_SIZE = 256 };

struct task_list {
	struct baton_leak *leak;
	struct baton_tracker *tracker;
};

static int add_task(const struct baton_task_info *info, void *data)
{
	struct task_list *list = data;
	char what[WHAT_SIZE];

	(void)snprintf(what, sizeof(what), "%s: %s", baton_tracker_kind(list->tracker),
		info->label); /* cut if too long */
	return leak_add(list->leak,
		&(struct baton_leak_entry){
			.kind = BATON_LEAK_TASK,
			.group = tracker_number(list->tracker),
			.number = info->number,
			.age_ms = info->age_ms,
			.what = what,
			.place = info->place,
		});
}

static int add_tracker(struct baton_tracker *tracker, void *data)
{
	struct task_list list = { data, tracker };

	return baton_tracker_each(tracker, add_task, &list);
}

int leak_add_tasks(struct baton_leak *leak)
{
	return tracker_list(add_tracker, leak);
}

static const char *state_of(
	const struct context_entry *entry, int64_t now_ms, char *text, size_t size)
{
	if (entry->err == -ETIMEDOUT || (!entry->err && entry->deadline_ms <= now_ms))
		return "timed out";
	if (entry->err)
		return "cancelled";
	if (entry->deadline_ms == BATON_CONTEXT_NEVER)
		return "goes on";
	(void)snprintf(text, size, "ends in %lld ms", (long long)(entry->deadline_ms - now_ms));
	return text;
}

static int add_context(const struct context_entry *entry, void *data)
{
	int64_t now_ms = clock_ms();
	char text[64];

	return leak_add(data,
		&(struct baton_leak_entry){
			.kind = BATON_LEAK_CONTEXT,
			.group = entry->root,
			.number = entry->number,
			.parent = entry->parent,
			.age_ms = now_ms - entry->born_ms,
			.what = state_of(entry, now_ms, text, sizeof(text)),
			.place = entry->place,
		});
}

int leak_add_contexts(struct baton_leak *leak)
{
	return context_list(add_context, leak);
}

static int add_watch(const struct context_watch_entry *entry, void *data)
{
	return leak_add(data,
		&(struct baton_leak_entry){
			.kind = BATON_LEAK_WATCH,
			.number = entry->number,
			.age_ms = clock_ms() - entry->born_ms,
			.what = entry->is_over ? "over" : "waits",
			.place = entry->place,
		});
}

int leak_add_watches(struct baton_leak *leak)
{
	return context_list_watches(add_watch, leak);
}
