/* SPDX-License-Identifier: MIT */
/* Processes below a process: supervisor/process_tree.c. */
#include "process_tree.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/process.h"
#include "support/suite.h"
#include "support/tree.h"

static void parent_of_one(void)
{
	(void)tree_fork(tree_stay);
	tree_stay();
}

static void parent_of_three(void)
{
	(void)tree_fork(tree_stay);
	(void)tree_fork(parent_of_one);
	tree_stay();
}

static void *fork_in_thread(void *nothing)
{
	(void)nothing;
	(void)tree_fork(tree_stay);
	for (;;)
		(void)pause();
	return NULL;
}

static void parent_in_a_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, fork_in_thread, NULL) != 0)
		_exit(1);
	(void)pthread_join(thread, NULL);
}

START_TEST(list_holds_each_process_once)
{
	struct process_list list = { 0 };

	for (pid_t pid = 1; pid <= 100; pid++)
		ck_assert_int_eq(process_list_add(&list, (struct process){ pid, 7 }), 1);
	ck_assert_int_eq(process_list_add(&list, (struct process){ 50, 7 }), 0);
	ck_assert_uint_eq(list.count, 100);
	ck_assert(process_list_has(&list, (struct process){ 50, 7 }));
	ck_assert(!process_list_has(&list, (struct process){ 50, 8 }));
	/* The pid is another process' by now. */
	ck_assert_int_eq(process_list_add(&list, (struct process){ 50, 8 }), 1);
	ck_assert_uint_eq(list.count, 100);
	ck_assert(process_list_has(&list, (struct process){ 50, 8 }));
	ck_assert_ptr_null(process_list_find(&list, 101));
	process_list_clear(&list);
	ck_assert_ptr_null(process_list_find(&list, 50));
	process_list_finish(&list);
	process_list_finish(&list);
}
END_TEST

START_TEST(every_descendant_is_collected)
{
	struct process_list list = { 0 };
	pid_t root = tree_start(parent_of_three);

	for (int i = 0; i < 4; i++)
		(void)tree_next();
	ck_assert_int_eq(process_tree_collect(root, &list), 0);
	ck_assert_uint_eq(list.count, 4);
	ck_assert_int_eq(list.items[0].pid, root);
	process_list_finish(&list);
}
END_TEST

START_TEST(child_of_a_thread_is_collected)
{
	struct process_list list = { 0 };
	pid_t root = tree_start(parent_in_a_thread);
	pid_t child = tree_next();

	ck_assert_int_eq(process_tree_collect(root, &list), 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_ptr_nonnull(process_list_find(&list, child));
	process_list_finish(&list);
}
END_TEST

START_TEST(scan_of_all_processes_finds_the_same_children)
{
	struct process_list fast = { 0 }, slow = { 0 };
	pid_t root = tree_start(parent_of_three);

	for (int i = 0; i < 4; i++)
		(void)tree_next();
	ck_assert_int_eq(process_tree_children(root, &fast), 0);
	ck_assert_int_eq(process_tree_children_by_scan(root, &slow), 0);
	ck_assert_uint_eq(fast.count, 2);
	ck_assert_uint_eq(slow.count, 2);
	for (size_t i = 0; i < fast.count; i++)
		ck_assert(process_list_has(&slow, fast.items[i]));
	process_list_finish(&fast);
	process_list_finish(&slow);
}
END_TEST

START_TEST(missing_root_is_told)
{
	struct process_list list = { 0 };
	pid_t pid = tree_start(tree_stay);

	(void)tree_next();
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(process_tree_collect(pid, &list), -ESRCH);
	ck_assert_int_eq(process_tree_children(pid, &list), -ESRCH);
	process_list_finish(&list);
}
END_TEST

static bool is_wanted(pid_t pid, void *data)
{
	return pid == *(pid_t *)data;
}

START_TEST(nearest_ancestor_is_found)
{
	pid_t root = tree_start(parent_of_one), found = 0, none = -7;
	pid_t first = tree_next(), second = tree_next();
	pid_t child = first == root ? second : first;

	ck_assert_int_eq(process_tree_find(child, is_wanted, &root, &found), 0);
	ck_assert_int_eq(found, root);
	ck_assert_int_eq(process_tree_find(child, is_wanted, &child, &found), 0);
	ck_assert_int_eq(found, child);
	ck_assert_int_eq(process_tree_find(root, is_wanted, &child, &found), -ESRCH);
	ck_assert_int_eq(process_tree_find(child, is_wanted, &none, &found), -ESRCH);
	ck_assert_int_eq(found, child);
}
END_TEST

START_TEST(signal_hits_the_process_and_no_later_one_of_its_pid)
{
	struct process_list list = { 0 };
	pid_t pid = tree_start(tree_stay);

	(void)tree_next();
	ck_assert_int_eq(process_list_add_pid(&list, pid), 1);
	struct process process = list.items[0], other = process;

	process_list_finish(&list);
	other.start_time--;
	ck_assert_int_eq(process_signal(other, SIGKILL), -ESRCH);
	ck_assert(process_is_alive(process));
	ck_assert(!process_is_alive(other));
	ck_assert_int_eq(process_signal(process, SIGKILL), 0);
	tree_await_end(pid);
	ck_assert_int_eq(process_signal(process, SIGKILL), -ESRCH);
	ck_assert(process_is_alive(process));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(!process_is_alive(process));
}
END_TEST

START_TEST(init_and_ourselves_are_never_signalled)
{
	struct process_list list = { 0 };

	ck_assert_int_ge(process_list_add_pid(&list, getpid()), 0);
	ck_assert_int_eq(process_signal(list.items[0], SIGTERM), -EINVAL);
	ck_assert_int_eq(process_signal((struct process){ 1, 0 }, 0), -EINVAL);
	ck_assert_int_eq(process_signal((struct process){ 0, 0 }, 0), -EINVAL);
	ck_assert_int_eq(process_signal((struct process){ -1, 0 }, 0), -EINVAL);
	process_list_finish(&list);
}
END_TEST

START_TEST(everything_below_is_killed_and_nothing_else)
{
	struct process_list list = { 0 };
	pid_t root = tree_start(parent_of_three);
	pid_t other = tree_start(tree_stay);

	for (int i = 0; i < 5; i++)
		(void)tree_next();
	ck_assert_int_eq(process_tree_kill_below(root, NULL), 3);
	ck_assert_int_eq(process_list_add_pid(&list, root), 1);
	ck_assert_int_eq(process_list_add_pid(&list, other), 1);
	ck_assert_int_eq(process_signal(list.items[0], 0), 0);
	ck_assert_int_eq(process_signal(list.items[1], 0), 0);
	process_list_finish(&list);
}
END_TEST

START_TEST(strangers_are_not_killed)
{
	ck_assert_int_eq(process_tree_kill_below(getppid(), NULL), -EPERM);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		list_holds_each_process_once,
		every_descendant_is_collected,
		child_of_a_thread_is_collected,
		scan_of_all_processes_finds_the_same_children,
		missing_root_is_told,
		nearest_ancestor_is_found,
		signal_hits_the_process_and_no_later_one_of_its_pid,
		init_and_ourselves_are_never_signalled,
		everything_below_is_killed_and_nothing_else,
		strangers_are_not_killed,
	};
	struct suite suite = {
		.name = "process_tree",
		.cases = cases,
		.count = array_length(cases),
		.setup = tree_setup,
		.teardown = tree_teardown,
	};

	return suite_run(&suite);
}
