/* SPDX-License-Identifier: MIT */
/* Which processes are workers of a baton that was killed: supervisor/former.c. */
#include "former.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <baton/listener.h>

#include "fd_store.h"
#include "support/listening.h"
#include "support/suite.h"

enum { PIDS_MAX = 4 };

static struct baton_listener *listener;
static struct fd_store *store;
static struct process_list found;
static pid_t pids[PIDS_MAX];
static size_t pid_count;

static void setup(void)
{
	struct stat status;

	listener = listening_open("127.0.0.1:0");
	ck_assert_int_eq(fd_store_create(&store), 0);
	ck_assert_int_eq(fstat(baton_listener_fd(listener, 0), &status), 0);
	ck_assert_int_eq(fd_store_add_earlier(store, status.st_ino), 0);
	found = (struct process_list){ 0 };
	pid_count = 0;
}

static void teardown(void)
{
	for (size_t i = 0; i < pid_count; i++) {
		ck_assert_int_eq(kill(pids[i], SIGKILL), 0);
		ck_assert_int_eq(waitpid(pids[i], NULL, 0), pids[i]);
	}
	process_list_finish(&found);
	fd_store_unref(store);
	baton_listener_close(listener);
}

struct worker {
	pid_t baton; /* that the marker names; 0: there is no marker */
	bool has_socket;
	bool is_first; /* leads a group */
};

static void run(const struct worker *worker)
{
	char marker[64];
	char *argv[] = { "sleep", "600", NULL };
	char *envp[] = { "A=1", worker->baton ? marker : NULL, NULL };

	(void)snprintf(marker, sizeof(marker), "BATON_FAMILY=%d.1", (int)worker->baton);
	if (worker->is_first)
		(void)setpgid(0, 0);
	if (worker->has_socket)
		(void)fcntl(baton_listener_fd(listener, 0), F_SETFD, 0);
	(void)execve("/bin/sleep", argv, envp);
	_exit(127);
}

/* A child of this process, which is the baton of none of them unless its marker says so. */
static void start(struct worker worker)
{
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		run(&worker);
	pids[pid_count++] = pid;
	(void)close(ends[1]);
	/* Its end: the other program runs, with its own environment. */
	ck_assert_int_eq(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
}

/* A process that is no child of ours, and has lived before us. */
static const pid_t killed = 1;

START_TEST(workers_with_a_socket_that_came_back_are_found)
{
	start((struct worker){ killed, true, true });
	start((struct worker){ killed, true, true });
	ck_assert_int_eq(former_find(store, &found), 0);
	ck_assert_uint_eq(found.count, 2);
	ck_assert_ptr_nonnull(process_list_find(&found, pids[0]));
	ck_assert_ptr_nonnull(process_list_find(&found, pids[1]));
}
END_TEST

START_TEST(workers_of_another_service_are_left_alone)
{
	start((struct worker){ killed, false, true });
	ck_assert_int_eq(former_find(store, &found), 0);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(worker_whose_baton_runs_is_left_alone)
{
	start((struct worker){ getpid(), true, true });
	ck_assert_int_eq(former_find(store, &found), 0);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(process_that_no_baton_started_is_left_alone)
{
	start((struct worker){ 0, true, true });
	ck_assert_int_eq(former_find(store, &found), 0);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(what_a_worker_has_started_is_its_own_business)
{
	start((struct worker){ killed, true, false });
	ck_assert_int_eq(former_find(store, &found), 0);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(sockets_that_did_not_come_back_tell_nothing)
{
	struct baton_listener *other = listening_open("127.0.0.1:0");
	struct stat status;

	start((struct worker){ killed, true, true });
	store->earlier_count = 0;
	ck_assert_int_eq(former_find(store, &found), 0);
	ck_assert_uint_eq(found.count, 0);
	ck_assert_int_eq(fstat(baton_listener_fd(other, 0), &status), 0);
	ck_assert_int_eq(fd_store_add_earlier(store, status.st_ino), 0);
	ck_assert_int_eq(former_find(store, &found), 0);
	ck_assert_uint_eq(found.count, 0);
	baton_listener_close(other);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		workers_with_a_socket_that_came_back_are_found,
		workers_of_another_service_are_left_alone,
		worker_whose_baton_runs_is_left_alone,
		process_that_no_baton_started_is_left_alone,
		what_a_worker_has_started_is_its_own_business,
		sockets_that_did_not_come_back_tell_nothing,
	};
	const struct suite suite = {
		.name = "former",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
