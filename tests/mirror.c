/* SPDX-License-Identifier: MIT */
/* Baton and its holder: supervisor/holder/. This program is the holder, too, as baton is. */
#include "holder/mirror.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/pidfd.h"
#include "holder/holder.h"
#include "holder/holder_client.h"
#include "support/directory.h"
#include "support/loop.h"
#include "support/process.h"
#include "support/suite.h"

enum { MANY = 3000 };

static struct family_registry families;
static struct mirror mirror;
static char door[64];
static int pidfd;          /* of the first holder */
static unsigned entries;   /* as many are to be held: keys from 1 on */
static unsigned char mark; /* in each of them */
static int live[2];        /* a pipe: entry 1 is for whoever has its writing end; -1: for nobody */

static void fill(struct mirror *to, void *data)
{
	struct holder_entry entry = { .size = 1, .record = { mark } };

	ck_assert_ptr_eq(data, &entries);
	for (entry.key = 1; entry.key <= entries; entry.key++) {
		entry.is_live = entry.key == 1 && live[0] != -1;
		entry.fds[0] = live[0];
		entry.fd_count = entry.is_live ? 1 : 0;
		mirror_put(to, &entry);
	}
}

static void setup(void)
{
	directory_make();
	loop_make();
	(void)snprintf(door, sizeof(door), "%s/door", directory);
	family_registry_init(&families);
	mirror_init(&mirror, case_loop, &families);
	live[0] = live[1] = -1;
	entries = 2;
	mark = 'a';
	mirror_start(&mirror,
		&(struct mirror_options){
			.path = strdup(door), .former = -1, .fill = fill, .data = &entries });
	ck_assert(mirror_runs(&mirror));
	pidfd = pidfd_open_pid(mirror.family.leader.pid);
	ck_assert_int_ge(pidfd, 0);
}

/* What the holder has gives back, in the order of the keys. It ends then. */
static void take(struct holder_store *store)
{
	int64_t begin = clock_ms();
	int fd;

	while ((fd = holder_client_open(door)) == -ENOENT || fd == -ECONNREFUSED) {
		ck_assert_int_lt(clock_ms_since(begin), PROCESS_DEADLINE_MS);
		(void)poll(NULL, 0, 1);
	}
	ck_assert_int_ge(fd, 0);
	holder_store_init(store);
	ck_assert_int_eq(holder_client_take(fd, store), 0);
	holder_client_confirm(fd);
	fd_close(fd);
}

static void teardown(void)
{
	mirror_finish(&mirror, true);
	(void)process_wait(pidfd);
	loop_remove();
	directory_remove(); /* nothing of a door is left */
}

static void expect_taken(unsigned count, unsigned char content)
{
	struct holder_store store;
	uint64_t key = 0;

	take(&store);
	list_for_each (link, &store.items) {
		const struct holder_entry *entry =
			&container_of(link, struct holder_item, link)->entry;

		ck_assert_uint_eq(entry->key, ++key);
		ck_assert_uint_eq(entry->size, 1);
		ck_assert_int_eq(entry->record[0], content);
	}
	ck_assert_uint_eq(key, count);
	holder_store_finish(&store);
}

START_TEST(holder_ends_with_baton_if_that_ends_well)
{
	mirror_finish(&mirror, true);
	process_wait_fd(pidfd, POLLIN);
	ck_assert(!mirror_runs(&mirror));
}
END_TEST

START_TEST(nobody_is_let_in_as_long_as_there_is_baton)
{
	struct holder_store store;
	int64_t begin = clock_ms();
	int fd;

	while ((fd = holder_client_open(door)) < 0) {
		ck_assert_int_lt(clock_ms_since(begin), PROCESS_DEADLINE_MS);
		(void)poll(NULL, 0, 1);
	}
	holder_store_init(&store);
	ck_assert_int_eq(holder_client_take(fd, &store), -EPIPE);
	ck_assert(list_empty(&store.items));
	fd_close(fd);
	mirror_finish(&mirror, false);
	expect_taken(2, 'a');
}
END_TEST

START_TEST(what_was_held_is_given_to_the_next)
{
	mirror_finish(&mirror, false);
	expect_taken(2, 'a');
	process_wait_fd(pidfd, POLLIN);
}
END_TEST

START_TEST(what_has_changed_is_told_before_the_loop_waits)
{
	mark = 'b';
	entries = 3;
	(void)loop_turn();
	entries = 1;
	(void)loop_turn();
	mirror_finish(&mirror, false);
	expect_taken(1, 'b');
}
END_TEST

static bool is_behind(void)
{
	return mirror.is_behind;
}

static void run_while(bool (*condition)(void))
{
	int64_t begin = clock_ms();

	while (condition()) {
		ck_assert_int_lt(clock_ms_since(begin), PROCESS_DEADLINE_MS);
		(void)loop_turn();
		(void)poll(NULL, 0, 1);
	}
}

START_TEST(more_than_fits_goes_in_parts)
{
	entries = MANY;
	mirror_refresh(&mirror);
	run_while(is_behind);
	mirror_finish(&mirror, false);
	expect_taken(MANY, 'a');
}
END_TEST

static bool is_stopped(void)
{
	return !mirror_runs(&mirror);
}

static bool is_running(void)
{
	return mirror_runs(&mirror);
}

static bool is_young(void)
{
	return clock_ms_since(mirror.started_ms) < 200;
}

START_TEST(holder_that_is_killed_is_replaced)
{
	pid_t first = mirror.family.leader.pid;

	run_while(is_young);
	ck_assert_int_eq(kill(first, SIGKILL), 0);
	ck_assert_int_eq(process_wait(pidfd), 128 + SIGKILL);
	run_while(is_running);
	run_while(is_stopped);
	ck_assert_int_ne(mirror.family.leader.pid, first);
	pidfd = pidfd_open_pid(mirror.family.leader.pid);
	mirror_finish(&mirror, false);
	expect_taken(2, 'a');
}
END_TEST

START_TEST(holder_that_does_not_take_what_is_held_is_given_up)
{
	run_while(is_young);
	ck_assert_int_eq(kill(mirror.family.leader.pid, SIGSTOP), 0);
	entries = MANY;
	mirror_refresh(&mirror);
	run_while(is_behind);
	ck_assert_int_eq(process_wait(pidfd), 128 + SIGKILL);
	run_while(is_stopped);
	run_while(is_behind);
	pidfd = pidfd_open_pid(mirror.family.leader.pid);
	mirror_finish(&mirror, false);
	expect_taken(MANY, 'a');
}
END_TEST

START_TEST(holder_hears_no_signal_as_long_as_there_is_baton)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct pollfd pollfd = { .fd = pidfd, .events = POLLIN };

	run_while(is_young); /* it has set them by then */
	for (size_t i = 0; i < array_length(signals); i++)
		ck_assert_int_eq(pidfd_signal(pidfd, signals[i]), 0);
	ck_assert_int_eq(poll(&pollfd, 1, 50), 0);
	mirror_finish(&mirror, false);
	for (int64_t begin = clock_ms(); poll(&pollfd, 1, 10) == 0;) {
		ck_assert_int_lt(clock_ms_since(begin), PROCESS_DEADLINE_MS);
		(void)pidfd_signal(pidfd, SIGTERM); /* it may not have seen yet that it is alone */
	}
	ck_assert_int_eq(unlink(door), 0); /* which the next replaces */
}
END_TEST

START_TEST(client_that_does_not_say_that_it_has_all_changes_nothing)
{
	struct holder_store store;
	int64_t begin = clock_ms();
	int fd;

	mirror_finish(&mirror, false);
	while ((fd = holder_client_open(door)) < 0) {
		ck_assert_int_lt(clock_ms_since(begin), PROCESS_DEADLINE_MS);
		(void)poll(NULL, 0, 1);
	}
	holder_store_init(&store);
	ck_assert_int_eq(holder_client_take(fd, &store), 0);
	holder_store_finish(&store);
	fd_close(fd);
	expect_taken(2, 'a');
}
END_TEST

START_TEST(what_is_for_nobody_any_more_is_forgotten)
{
	struct holder_store store;

	ck_assert_int_eq(pipe2(live, O_CLOEXEC), 0);
	mark = 'b';
	mirror_refresh(&mirror);
	mirror_finish(&mirror, false);
	fd_close(live[0]);
	fd_close(live[1]); /* the last of them ends */
	for (int64_t begin = clock_ms();; (void)poll(NULL, 0, 10)) {
		int fd = holder_client_open(door);

		ck_assert_int_lt(clock_ms_since(begin), PROCESS_DEADLINE_MS);
		if (fd < 0)
			continue;
		holder_store_init(&store);
		ck_assert_int_eq(holder_client_take(fd, &store), 0);
		bool is_there = holder_store_find(&store, 1) != NULL;

		ck_assert_ptr_nonnull(holder_store_find(&store, 2));
		holder_store_finish(&store);
		if (!is_there)
			holder_client_confirm(fd);
		fd_close(fd);
		if (!is_there)
			return;
	}
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *cases[] = {
		holder_ends_with_baton_if_that_ends_well,
		nobody_is_let_in_as_long_as_there_is_baton,
		what_was_held_is_given_to_the_next,
		what_has_changed_is_told_before_the_loop_waits,
		more_than_fits_goes_in_parts,
		holder_that_is_killed_is_replaced,
		holder_that_does_not_take_what_is_held_is_given_up,
		holder_hears_no_signal_as_long_as_there_is_baton,
		client_that_does_not_say_that_it_has_all_changes_nothing,
		what_is_for_nobody_any_more_is_forgotten,
	};
	const struct suite suite = {
		.name = "mirror",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
		.timeout = 90,
	};

	if (argc > 1 && strcmp(argv[1], "hold") == 0)
		return holder_main(argc - 1, argv + 1);
	return suite_run(&suite);
}
