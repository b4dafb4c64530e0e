/* SPDX-License-Identifier: MIT */
/* Which processes belong to a worker: supervisor/family.c. */
#include "family.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/process.h"
#include "support/suite.h"
#include "support/tree.h"

#define MARKER "BATON_WORKER=test.1"

static struct family_registry registry;
static struct family family;

static void setup(void)
{
	tree_setup();
	family_registry_init(&registry);
	family = (struct family){ 0 };
}

static void teardown(void)
{
	family_finish(&family);
	family_finish(&family);
	tree_teardown();
}

static void start_family(tree_fn fn)
{
	ck_assert_int_eq(family_init(&family, &registry, tree_start(fn), NULL), 0);
}

static bool has_member(pid_t pid)
{
	ck_assert_int_eq(family_scan(&family), 0);
	return process_list_find(&family.members, pid) != NULL;
}

/* The leader ends; its pid stays its own until it is reaped, or not even that. */
static void end_leader(bool reap)
{
	pid_t pid = family.leader.pid;

	ck_assert_int_eq(process_signal(family.leader, SIGKILL), 0);
	tree_await_end(pid);
	if (reap)
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static void expect_all_killed(void)
{
	siginfo_t info;

	ck_assert_int_gt(family_kill(&family), 0);
	/* All of them end: those whose parents are dead are ours to wait for. */
	while (waitid(P_ALL, 0, &info, WEXITED) == 0)
		continue;
	ck_assert_int_eq(errno, ECHILD);
	ck_assert(!family_is_alive(&family));
	ck_assert_int_eq(family_kill(&family), 0);
}

static void with_grandchild(void)
{
	if (fork() == 0)
		(void)tree_fork(tree_stay);
	tree_stay();
}

START_TEST(descendants_are_members)
{
	start_family(with_grandchild);
	pid_t pids[] = { tree_next(), tree_next(), tree_next() };

	ck_assert_int_eq(family_scan(&family), 0);
	ck_assert_uint_eq(family.members.count, 3);
	ck_assert_int_eq(family.members.items[0].pid, family.leader.pid);
	for (size_t i = 0; i < array_length(pids); i++)
		ck_assert_ptr_eq(family_of(&registry, pids[i]), &family);
	expect_all_killed();
}
END_TEST

START_TEST(orphan_is_known_by_its_group)
{
	start_family(with_grandchild);
	pid_t pids[] = { tree_next(), tree_next(), tree_next() };

	end_leader(true);
	for (size_t i = 0; i < array_length(pids); i++) {
		if (pids[i] != family.leader.pid)
			ck_assert_ptr_eq(family_of(&registry, pids[i]), &family);
	}
	ck_assert_int_eq(family_scan(&family), 0);
	ck_assert_uint_eq(family.members.count, 2);
	ck_assert(family_is_alive(&family));
	expect_all_killed();
}
END_TEST

static void in_a_session(void)
{
	(void)setsid();
	tree_stay();
}

static void with_session(void)
{
	(void)tree_fork(in_a_session);
	tree_stay();
}

START_TEST(orphan_in_another_session_is_known_from_before)
{
	start_family(with_session);
	pid_t first = tree_next(), second = tree_next();
	pid_t orphan = first == family.leader.pid ? second : first;

	ck_assert(has_member(orphan));
	end_leader(true);
	ck_assert_ptr_eq(family_of(&registry, orphan), &family);
	ck_assert(has_member(orphan));
	expect_all_killed();
}
END_TEST

START_TEST(orphan_that_nobody_saw_is_a_stranger)
{
	start_family(with_session);
	pid_t first = tree_next(), second = tree_next();
	pid_t orphan = first == family.leader.pid ? second : first;

	end_leader(true);
	ck_assert_ptr_null(family_of(&registry, orphan));
	ck_assert(!has_member(orphan));
}
END_TEST

/*
 * Starts a shell that leaves a process in another session behind. Returns
 * that one's pid. It does not exec any more: in that moment it has no environment.
 */
static pid_t leave_daemon(const char *marker, pid_t *ret_leader)
{
	char *argv[] = { "/bin/sh", "-c", "setsid sh -c 'echo $$; sleep 1000; :' & wait", NULL };
	char *envp[] = { "PATH=/usr/bin:/bin", (char *)(uintptr_t)marker, NULL };
	char text[16] = "";
	int ends[2], orphan;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	const struct baton_spawn_fd fds[] = { { ends[1], 1 } };
	const struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.envp = envp,
		.fds = fds,
		.fd_count = 1,
		.new_process_group = true,
	};
	ck_assert_int_eq(baton_spawn(&options, ret_leader, NULL, NULL), 0);
	fd_close(ends[1]);
	process_wait_fd(ends[0], POLLIN);
	ck_assert_int_gt(read(ends[0], text, sizeof(text) - 1), 0);
	ck_assert_int_eq(sscanf(text, "%d", &orphan), 1);
	fd_close(ends[0]);
	return orphan;
}

START_TEST(daemon_that_nobody_saw_is_known_by_its_marker)
{
	pid_t leader;
	pid_t orphan = leave_daemon(MARKER, &leader);

	ck_assert_int_eq(family_init(&family, &registry, leader, MARKER), 0);
	end_leader(true);
	ck_assert_ptr_eq(family_of(&registry, orphan), &family);
	ck_assert(has_member(orphan));
	expect_all_killed();
}
END_TEST

START_TEST(daemon_with_the_marker_of_another_is_a_stranger)
{
	pid_t leader;
	pid_t orphan = leave_daemon(MARKER "2", &leader);

	ck_assert_int_eq(family_init(&family, &registry, leader, MARKER), 0);
	end_leader(true);
	ck_assert_ptr_null(family_of(&registry, orphan));
	ck_assert(!has_member(orphan));
}
END_TEST

START_TEST(two_families_are_told_apart)
{
	struct family other;

	start_family(with_session);
	pid_t pids[] = { tree_next(), tree_next() };
	ck_assert_int_eq(family_init(&other, &registry, tree_start(with_session), NULL), 0);
	pid_t others[] = { tree_next(), tree_next() };

	for (size_t i = 0; i < array_length(pids); i++) {
		ck_assert_ptr_eq(family_of(&registry, pids[i]), &family);
		ck_assert_ptr_eq(family_of(&registry, others[i]), &other);
	}
	ck_assert_int_eq(family_scan(&family), 0);
	ck_assert_uint_eq(family.members.count, 2);
	ck_assert_int_eq(family_kill(&family), 2);
	ck_assert(family_is_alive(&other));
	ck_assert_int_eq(family_scan(&other), 0);
	ck_assert_uint_eq(other.members.count, 2);
	family_finish(&other);
	ck_assert_ptr_null(family_of(&registry, others[0]));
}
END_TEST

START_TEST(strangers_have_no_family)
{
	start_family(tree_stay);
	(void)tree_next();
	pid_t other = tree_start(tree_stay); /* ours, but no worker */

	(void)tree_next();
	ck_assert_ptr_null(family_of(&registry, other));
	ck_assert_ptr_null(family_of(&registry, getpid()));
	ck_assert_ptr_null(family_of(&registry, getppid()));
	ck_assert_ptr_null(family_of(&registry, 1));
	ck_assert_ptr_null(family_of(&registry, 0));
	ck_assert_ptr_null(family_of(&registry, -1));
}
END_TEST

START_TEST(only_our_children_lead_families)
{
	struct family none;

	ck_assert_int_eq(family_init(&none, &registry, 1, NULL), -ECHILD);
	ck_assert_int_eq(family_init(&none, &registry, getpid(), NULL), -ECHILD);
	ck_assert_int_eq(family_init(&none, &registry, 4194304, NULL), -ESRCH);
	ck_assert(list_empty(&registry.families));
}
END_TEST

START_TEST(finished_family_kills_nobody)
{
	start_family(tree_stay);
	struct process leader = family.leader;

	(void)tree_next();
	family_finish(&family);
	ck_assert_int_eq(family_kill(&family), 0);
	ck_assert(!family_is_alive(&family));
	ck_assert_int_eq(process_signal(leader, 0), 0);
}
END_TEST

START_TEST(leader_of_another_start_time_is_not_hit)
{
	start_family(tree_stay);
	struct process leader = family.leader;

	(void)tree_next();
	family.leader.start_time--; /* as if the pid were a later process' */
	ck_assert_int_eq(family_kill(&family), 0);
	ck_assert_int_eq(process_signal(leader, 0), 0);
}
END_TEST

/* Each process forks one and ends: whoever is looked for has always just gone. */
static void run_away(void)
{
	static int steps;

	while (steps++ < 1000000) {
		if (fork() != 0)
			_exit(0);
	}
	_exit(0);
}

static void with_runaway(void)
{
	(void)tree_fork(run_away);
	tree_stay();
}

START_TEST(process_that_forks_and_ends_does_not_escape)
{
	start_family(with_runaway);
	(void)tree_next();
	do {
		ck_assert_int_ge(family_kill(&family), 0);
	} while (waitpid(-1, NULL, 0) > 0);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		descendants_are_members,
		orphan_is_known_by_its_group,
		orphan_in_another_session_is_known_from_before,
		orphan_that_nobody_saw_is_a_stranger,
		daemon_that_nobody_saw_is_known_by_its_marker,
		daemon_with_the_marker_of_another_is_a_stranger,
		two_families_are_told_apart,
		strangers_have_no_family,
		only_our_children_lead_families,
		finished_family_kills_nobody,
		leader_of_another_start_time_is_not_hit,
		process_that_forks_and_ends_does_not_escape,
	};
	struct suite suite = {
		.name = "family",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
