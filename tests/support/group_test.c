/* SPDX-License-Identifier: MIT */
/* See group_test.h. */
#include "support/group_test.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "support/gate.h"
#include "support/loop.h"

struct baton_group *test_group;
struct baton_cancel *test_cancel;
struct baton_context *test_context;
int test_ended;

static bool destroys_at_end;
static char events[1024];

void group_test_setup(void)
{
	threads_remember();
	loop_make();
	ck_assert_int_eq(baton_context_with_cancel(baton_context_background(), &test_cancel), 0);
	test_context = baton_cancel_context(test_cancel);
}

void group_test_teardown(void)
{
	group_test_destroy();
	baton_cancel_destroy(test_cancel);
	loop_remove();
	threads_await_ended();
}

void group_test_note(const char *format, ...)
{
	size_t used = strlen(events);
	va_list args;

	if (used)
		used += (size_t)snprintf(events + used, sizeof(events) - used, ", ");
	va_start(args, format);
	used += (size_t)vsnprintf(events + used, sizeof(events) - used, format, args);
	va_end(args);
	ck_assert_uint_lt(used, sizeof(events));
}

void group_test_expect(const char *wanted)
{
	ck_assert_str_eq(events, wanted);
	events[0] = '\0';
}

static void on_actor_ended(
	struct baton_group *group, const struct baton_actor_info *actor, void *data)
{
	ck_assert_ptr_eq(group, test_group);
	ck_assert_ptr_eq(data, &test_ended);
	ck_assert_int_eq(actor->state, BATON_ACTOR_ENDED);
	group_test_note("ended %s %s", actor->name,
		actor->result > 0 ? "1" : strerrorname_np(-actor->result));
	if (actor->error[0])
		group_test_note("\"%s\"", actor->error);
	test_ended++;
}

static void on_end(struct baton_group *group, int result, void *data)
{
	ck_assert_ptr_eq(group, test_group);
	ck_assert_ptr_eq(data, &test_ended);
	group_test_note("end %s", strerrorname_np(-result));
	test_ended++;
	if (destroys_at_end)
		group_test_destroy();
}

void group_test_create(int stop_timeout_ms)
{
	const struct baton_group_options options = {
		.size = sizeof(options),
		.stop_timeout_ms = stop_timeout_ms,
		.data = &test_ended,
		.on_actor_ended = on_actor_ended,
		.on_end = on_end,
	};

	ck_assert_int_eq(
		baton_group_create(case_loop, test_context, &options, &test_group, NULL), 0);
}

void group_test_destroy(void)
{
	baton_group_destroy(test_group);
	test_group = NULL;
}

void group_test_destroy_at_end(void)
{
	destroys_at_end = true;
}

static int give(struct baton_error *error, int result, const char *words)
{
	return result && words ? error_set(error, result, "%s", words) : result;
}

static void end(struct group_test_actor *own)
{
	struct baton_error error = { "" };

	(void)give(&error, own->end_result, own->words);
	baton_actor_ended(own->actor, own->end_result, &error);
}

static int start(struct baton_actor *actor, struct baton_error *error, void *data)
{
	struct group_test_actor *own = data;

	ck_assert_ptr_eq(actor, own->actor);
	group_test_note("start %s", own->name);
	if (own->ends_in_start)
		end(own);
	return give(error, own->start_result, own->words);
}

static int stop(struct baton_actor *actor, struct baton_error *error, void *data)
{
	struct group_test_actor *own = data;

	ck_assert_ptr_eq(actor, own->actor);
	ck_assert_int_ne(baton_context_err(baton_group_context(test_group)), 0);
	group_test_note("stop %s", own->name);
	if (own->ends_in_stop)
		end(own);
	return give(error, own->stop_result, own->words);
}

void group_test_add(struct group_test_actor *actors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct baton_actor_options options = {
			.size = sizeof(options),
			.name = actors[i].name,
			.data = &actors[i],
			.start = start,
			.stop = stop,
		};

		ck_assert_int_eq(baton_group_add(test_group, &options, &actors[i].actor, NULL), 0);
	}
}

void group_test_add_run(const char *name,
	int (*run)(struct baton_context *context, struct baton_error *error, void *data),
	int (*stop_run)(struct baton_actor *actor, struct baton_error *error, void *data),
	void *data)
{
	const struct baton_actor_options options = {
		.size = sizeof(options),
		.name = name,
		.data = data,
		.run = run,
		.stop = stop_run,
	};

	ck_assert_int_eq(baton_group_add(test_group, &options, NULL, NULL), 0);
}

void group_test_start(void)
{
	ck_assert_int_eq(baton_group_start(test_group), 0);
}

void group_test_await(int count)
{
	loop_await(&test_ended, test_ended + count);
}

static void find(struct baton_group *group, const struct baton_actor_info *actor, void *data)
{
	struct baton_actor_info *wanted = data;

	ck_assert_ptr_eq(group, test_group);
	if (strcmp(actor->name, wanted->name) == 0)
		*wanted = *actor;
}

struct baton_actor_info group_test_describe(const char *name)
{
	struct baton_actor_info info = { .name = name };

	baton_group_each(test_group, find, &info);
	ck_assert_msg(info.place != NULL, "there is no actor %s", name);
	return info;
}
