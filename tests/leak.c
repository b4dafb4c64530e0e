/* SPDX-License-Identifier: MIT */
/* What is there and what is left over: lifecycle/leak.c and leak_lifecycle.c. */
#include <baton/leak.h>

#include <baton/context.h>
#include <baton/tracker.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/fd.h"
#include "support/contexts.h"
#include "support/leaks.h"
#include "support/loop.h"
#include "support/suite.h"

static void open_all(void)
{
	loop_make();
	leaks_look(BATON_LEAK_ALL);
}

static void close_all(void)
{
	leaks_forget();
	loop_remove();
}

static void check_place(const char *place)
{
	ck_assert_msg(strstr(place, "tests/leak.c:") != NULL, "%s", place);
}

START_TEST(task_shows_up_and_goes_away)
{
	struct baton_tracker *tracker, *other;
	struct baton_task task, second;

	ck_assert_int_eq(baton_tracker_create("views", &tracker), 0);
	ck_assert_int_eq(baton_tracker_create("others", &other), 0);
	leaks_check_none();
	ck_assert_int_eq(baton_tracker_begin(tracker, "front page", &task), 0);
	struct baton_leak_entry entry = leaks_check_one(BATON_LEAK_TASK);

	ck_assert_str_eq(entry.what, "views: front page");
	check_place(entry.place);
	ck_assert_int_ge(entry.age_ms, 0);
	ck_assert_uint_eq(entry.parent, 0);
	ck_assert_int_eq(baton_tracker_begin(other, "x", &second), 0);
	struct baton_leak *left = leaks_find(2);

	/* Numbers are the tracker's own, so the group is what tells the two apart. */
	ck_assert_uint_eq(baton_leak_get(left, 0)->group, entry.group);
	ck_assert_uint_gt(baton_leak_get(left, 1)->group, entry.group);
	ck_assert_uint_eq(baton_leak_get(left, 1)->number, baton_leak_get(left, 0)->number);
	baton_leak_destroy(left);
	ck_assert_int_eq(baton_task_end(&second), 0);
	ck_assert_int_eq(baton_task_end(&task), 0);
	leaks_check_none();
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
	ck_assert_int_eq(baton_tracker_destroy(other), 0);
}
END_TEST

START_TEST(next_task_of_a_slot_is_new)
{
	struct baton_tracker *tracker;
	struct baton_task task;

	ck_assert_int_eq(baton_tracker_create("views", &tracker), 0);
	ck_assert_int_eq(baton_tracker_begin(tracker, "same", &task), 0);
	leaks_look(BATON_LEAK_ALL);
	ck_assert_int_eq(baton_task_end(&task), 0);
	ck_assert_int_eq(baton_tracker_begin(tracker, "same", &task), 0);
	(void)leaks_check_one(BATON_LEAK_TASK);
	ck_assert_int_eq(baton_task_end(&task), 0);
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
}
END_TEST

START_TEST(what_is_said_is_one_line)
{
	struct baton_tracker *tracker;
	struct baton_task task;

	ck_assert_int_eq(baton_tracker_create("kind\n", &tracker), 0);
	ck_assert_int_eq(baton_tracker_begin(tracker, "\033[1mlabel \xc3\xa4\x7f", &task), 0);
	ck_assert_str_eq(leaks_check_one(BATON_LEAK_TASK).what, "kind?: ?[1mlabel \xc3\xa4?");
	ck_assert_int_eq(baton_task_end(&task), 0);
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
}
END_TEST

START_TEST(context_shows_up_until_its_last_reference_is_gone)
{
	struct baton_cancel *cancel;

	ck_assert_int_eq(baton_context_with_cancel(baton_context_background(), &cancel), 0);
	struct baton_context *context = baton_context_ref(baton_cancel_context(cancel));
	struct baton_leak_entry entry = leaks_check_one(BATON_LEAK_CONTEXT);

	ck_assert_str_eq(entry.what, "goes on");
	check_place(entry.place);
	ck_assert_int_ge(entry.age_ms, 0);
	ck_assert_uint_eq(entry.parent, 0);
	ck_assert_uint_ne(entry.group, 0);
	ck_assert_uint_ne(entry.number, 0);
	baton_cancel_destroy(cancel);
	entry = leaks_check_one(BATON_LEAK_CONTEXT);
	ck_assert_str_eq(entry.what, "cancelled");
	baton_context_unref(context);
	leaks_check_none();
}
END_TEST

START_TEST(contexts_name_the_one_above)
{
	static int key;
	struct baton_cancel *top = contexts_new(NULL), *below = contexts_timed(top, 1000000);
	struct baton_cancel *other = contexts_timed(NULL, 0);
	struct baton_context *value;

	ck_assert_int_eq(
		baton_context_with_value(baton_cancel_context(below), &key, &key, &value), 0);
	struct baton_leak *left = leaks_find(4);
	const struct baton_leak_entry *entries[4];

	for (size_t i = 0; i < array_length(entries); i++)
		entries[i] = baton_leak_get(left, i);
	ck_assert_uint_eq(entries[0]->parent, 0);
	ck_assert_uint_eq(entries[1]->parent, entries[0]->number);
	ck_assert_uint_eq(entries[2]->parent, entries[1]->number);
	ck_assert_uint_eq(entries[1]->group, entries[0]->group);
	ck_assert_uint_eq(entries[2]->group, entries[0]->group);
	ck_assert_uint_ne(entries[3]->group, entries[0]->group);
	ck_assert_uint_eq(entries[3]->parent, 0);
	ck_assert_int_eq(strncmp(entries[1]->what, "ends in ", 8), 0);
	ck_assert_int_eq(strncmp(entries[2]->what, "ends in ", 8), 0); /* with the one above */
	ck_assert_str_eq(entries[3]->what, "timed out"); /* though nobody has looked */
	baton_leak_destroy(left);
	baton_context_unref(value);
	baton_cancel_destroy(other);
	baton_cancel_destroy(below);
	baton_cancel_destroy(top);
	leaks_check_none();
}
END_TEST

static void on_done(struct baton_context *context, void *data)
{
	(void)context;
	++*(int *)data;
}

START_TEST(watch_shows_up_until_it_ends)
{
	int calls = 0;
	struct baton_cancel *cancel = contexts_new(NULL);
	struct baton_context_watch *watch;

	/* The first of a loop starts its ev_async, which has a descriptor. */
	ck_assert_int_eq(baton_context_watch(
				 baton_cancel_context(cancel), case_loop, on_done, &calls, &watch),
		0);
	baton_context_unwatch(watch);
	leaks_look(BATON_LEAK_ALL);
	ck_assert_int_eq(baton_context_watch(
				 baton_cancel_context(cancel), case_loop, on_done, &calls, &watch),
		0);
	struct baton_leak_entry entry = leaks_check_one(BATON_LEAK_WATCH);

	ck_assert_int_ge(entry.age_ms, 0);
	ck_assert_str_eq(entry.what, "waits");
	check_place(entry.place);
	baton_cancel_now(cancel, 0, NULL);
	loop_await(&calls, 1);
	entry = leaks_check_one(BATON_LEAK_WATCH);
	ck_assert_str_eq(entry.what, "over");
	baton_context_unwatch(watch);
	leaks_check_none();
	baton_cancel_destroy(cancel);
}
END_TEST

static int compare(const struct baton_leak_entry *a, const struct baton_leak_entry *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

START_TEST(entries_are_sorted)
{
	enum { MANY = 50 };
	struct baton_tracker *trackers[2];
	struct baton_task tasks[MANY];
	struct baton_cancel *cancels[MANY];
	int fds[MANY];
	struct baton_leak *leak;

	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(baton_tracker_create("t", &trackers[i]), 0);
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_int_eq(baton_tracker_begin(trackers[i % 2], "x", &tasks[i]), 0);
		cancels[i] = contexts_below(i % 5 ? cancels[i / 5 * 5] : NULL);
		fds[i] = eventfd(0, EFD_CLOEXEC);
		ck_assert_int_ge(fds[i], 0);
	}
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_ALL, &leak), 0);
	ck_assert_uint_ge(baton_leak_count(leak), 3 * MANY + 1);
	for (size_t i = 1; i < baton_leak_count(leak); i++)
		ck_assert_int_lt(compare(baton_leak_get(leak, i - 1), baton_leak_get(leak, i)), 0);
	ck_assert_ptr_nonnull(baton_leak_get(leak, baton_leak_count(leak) - 1));
	ck_assert_ptr_null(baton_leak_get(leak, baton_leak_count(leak)));
	baton_leak_destroy(leak);
	baton_leak_destroy(leaks_find(3 * MANY));
	for (unsigned i = MANY; i-- > 0;) {
		ck_assert_int_eq(baton_task_end(&tasks[i]), 0);
		baton_cancel_destroy(cancels[i]);
		fd_close(fds[i]);
	}
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(baton_tracker_destroy(trackers[i]), 0);
}
END_TEST

START_TEST(only_the_kinds_asked_for_are_there)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct baton_leak *leak;
	int fd;

	for (unsigned kinds = 1; kinds <= BATON_LEAK_ALL; kinds++) {
		unsigned found = 0;

		ck_assert_int_eq(baton_leak_snapshot(kinds, &leak), 0);
		for (size_t i = 0; i < baton_leak_count(leak); i++)
			found |= baton_leak_get(leak, i)->kind;
		ck_assert_uint_eq(
			found, kinds & (BATON_LEAK_FD | BATON_LEAK_THREAD | BATON_LEAK_CONTEXT));
		baton_leak_destroy(leak);
	}
	/* Those since are of the kinds of the snapshot. */
	leaks_look(BATON_LEAK_CONTEXT | BATON_LEAK_TASK);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	leaks_check_none();
	struct baton_cancel *other = contexts_new(NULL);

	baton_leak_destroy(leaks_find(1));
	baton_cancel_destroy(other);
	baton_cancel_destroy(cancel);
	fd_close(fd);
}
END_TEST

START_TEST(snapshot_of_nothing_is_compared_too)
{
	struct baton_cancel *cancel;

	leaks_look(BATON_LEAK_WATCH);
	ck_assert_uint_eq(baton_leak_count(leaks_before), 0);
	leaks_check_none();
	cancel = contexts_new(NULL);
	leaks_check_none();
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	struct baton_leak *leak;

	ck_assert_int_eq(baton_leak_snapshot(0, &leak), -EINVAL);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_ALL + 1, &leak), -EINVAL);
	ck_assert_int_eq(baton_leak_snapshot(~0u, &leak), -EINVAL);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_ALL, NULL), -EINVAL);
	ck_assert_int_eq(baton_leak_since(NULL, &leak), -EINVAL);
	ck_assert_int_eq(baton_leak_since(leaks_before, NULL), -EINVAL);
	baton_leak_destroy(NULL);
}
END_TEST

START_TEST(kinds_have_names)
{
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_FD), "descriptor");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_THREAD), "thread");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_TASK), "task");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_CONTEXT), "context");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_WATCH), "watch");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_ALL), "");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		task_shows_up_and_goes_away,
		next_task_of_a_slot_is_new,
		what_is_said_is_one_line,
		context_shows_up_until_its_last_reference_is_gone,
		contexts_name_the_one_above,
		watch_shows_up_until_it_ends,
		entries_are_sorted,
		only_the_kinds_asked_for_are_there,
		snapshot_of_nothing_is_compared_too,
		bad_arguments_are_refused,
		kinds_have_names,
	};

	return suite_run(&(struct suite){
		.name = "leak",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_all,
		.teardown = close_all,
	});
}
