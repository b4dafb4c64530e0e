/* SPDX-License-Identifier: MIT */
/* For suites about groups: a group, and actors that do as they are told and note what happens. */
#ifndef TESTS_SUPPORT_GROUP_TEST_H
#define TESTS_SUPPORT_GROUP_TEST_H

#include <baton/group.h>

struct group_test_actor {
	const char *name;
	bool ends_in_start, ends_in_stop; /* says so there */
	int end_result;                   /* what it says then */
	int start_result, stop_result;
	const char *words; /* of the error, if one of them is; NULL: none */
	struct baton_actor *actor;
};

extern struct baton_group *test_group;
extern struct baton_cancel *test_cancel;   /* of test_context */
extern struct baton_context *test_context; /* the one above the group's */
extern int test_ended;                     /* how many actors were reported, or the group */

/* For struct suite: all but the group. At the end no thread may be left. */
void group_test_setup(void);
void group_test_teardown(void); /* destroys the group, if there still is one */

void group_test_create(int stop_timeout_ms);

/* Destroys it; the teardown does not. */
void group_test_destroy(void);

/* Adds an actor with start and stop, or one that runs on a thread. */
void group_test_add(struct group_test_actor *actors, size_t count);
void group_test_add_run(const char *name,
	int (*run)(struct baton_context *context, struct baton_error *error, void *data),
	int (*stop)(struct baton_actor *actor, struct baton_error *error, void *data), void *data);

void group_test_start(void);

/* From now on on_end destroys the group. */
void group_test_destroy_at_end(void);

/* Adds to what has happened. */
__attribute__((format(printf, 1, 2))) void group_test_note(const char *format, ...);

/*
 * The case fails unless this is what has happened since the last time, one after the
 * other: "start NAME", "stop NAME", "ended NAME RESULT", "end RESULT", and what was noted.
 */
void group_test_expect(const char *events);

/* Runs the loop until so many more have ended, the group's own end included. */
void group_test_await(int count);

/* What is known of the actor of that name. */
struct baton_actor_info group_test_describe(const char *name);

#endif
