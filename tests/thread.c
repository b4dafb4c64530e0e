/* SPDX-License-Identifier: MIT */
/* Threads of the library: lifecycle/thread.c. */
#include "lifecycle/thread.h"

#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "support/suite.h"
#include "support/threads.h"

static sem_t has_begun, may_end;

/* What the thread has found about itself. */
struct found {
	pid_t tid;
	char name[16];
	sigset_t mask;
};

static void look(void *data)
{
	struct found *found = data;

	found->tid = gettid();
	(void)prctl(PR_GET_NAME, found->name);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &found->mask);
	(void)sem_post(&has_begun);
	threads_await(&may_end);
}

static void init_semaphores(void)
{
	ck_assert_int_eq(sem_init(&has_begun, 0, 0), 0);
	ck_assert_int_eq(sem_init(&may_end, 0, 0), 0);
}

static pthread_t start(const char *name, const char *place, struct found *found)
{
	pthread_t thread;

	ck_assert_int_eq(thread_start(name, place, look, found, &thread), 0);
	threads_await(&has_begun);
	return thread;
}

static void end(pthread_t thread)
{
	(void)sem_post(&may_end);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

START_TEST(thread_has_its_name_and_place_while_it_runs)
{
	struct found first, second;
	pthread_t a = start("first", "a.c:1", &first);
	pthread_t b = start("as long as a name may be", "b.c:2", &second);

	ck_assert_str_eq(first.name, "first");
	ck_assert_str_eq(second.name, "as long as a na");
	ck_assert_str_eq(thread_place(first.tid), "a.c:1");
	ck_assert_str_eq(thread_place(second.tid), "b.c:2");
	ck_assert_ptr_null(thread_place(gettid())); /* not one of ours */
	(void)sem_post(&may_end);
	end(a);
	ck_assert_int_eq(pthread_join(b, NULL), 0);
	ck_assert_ptr_null(thread_place(first.tid));
	ck_assert_ptr_null(thread_place(second.tid));
}
END_TEST

/* Not what the kernel does not block, and what the thread itself has caused. */
static bool is_blocked(int signal)
{
	static const int others[] = { SIGKILL, SIGSTOP, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS,
		SIGTRAP };

	for (size_t i = 0; i < array_length(others); i++)
		if (signal == others[i])
			return false;
	return true;
}

START_TEST(thread_takes_no_signals_and_its_starter_takes_them_still)
{
	struct found found;
	sigset_t mask, after;

	ck_assert_int_eq(sigemptyset(&mask), 0);
	ck_assert_int_eq(sigaddset(&mask, SIGUSR1), 0);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
	pthread_t thread = start("thread", "here", &found);

	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
	for (int signal = 1; signal <= SIGSYS; signal++) {
		ck_assert_int_eq(sigismember(&found.mask, signal), is_blocked(signal));
		ck_assert_int_eq(sigismember(&after, signal), signal == SIGUSR1);
	}
	end(thread);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		thread_has_its_name_and_place_while_it_runs,
		thread_takes_no_signals_and_its_starter_takes_them_still,
	};

	return suite_run(&(struct suite){
		.name = "thread",
		.cases = cases,
		.count = array_length(cases),
		.setup = init_semaphores,
	});
}
