/* SPDX-License-Identifier: MIT */
/*
 * Measures what it costs to begin and end a tracked task, beside the least that
 * anything counted by several threads can cost: one atomic add to one number. The two
 * take turns, so that whatever else the machine does meets both, and each pair
 * of rounds has its own ratio. By one thread, and by two at the same time.
 *
 *     tracker ROUNDS
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <baton/tracker.h>

#include "base/parse.h"

enum { TIMES = 100000, THREADS_MAX = 2, ROUNDS_MAX = 100000 };

struct worker {
	pthread_t id;
	void (*work)(void);
	double begin_ns, end_ns;
};

static struct baton_tracker *tracker;
static atomic_uint_least64_t number;
static pthread_barrier_t all_are_there;

static _Noreturn void fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "tracker: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static double now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void add(void)
{
	for (int i = 0; i < TIMES; i++)
		atomic_fetch_add(&number, 1);
}

static void begin_and_end(void)
{
	struct baton_task task;

	for (int i = 0; i < TIMES; i++) {
		int r = baton_tracker_begin(tracker, "task", &task);
		if (r < 0)
			fail("cannot begin a task", strerror(-r));
		(void)baton_task_end(&task); /* it has begun */
	}
}

static void *run(void *data)
{
	struct worker *worker = data;

	(void)pthread_barrier_wait(&all_are_there);
	worker->begin_ns = now_ns();
	worker->work();
	worker->end_ns = now_ns();
	return NULL;
}

/* Of one of the TIMES that each thread does it, from the first who begins to the last who ends. */
static double time_work(unsigned threads, void (*work)(void))
{
	struct worker workers[THREADS_MAX];
	double begin_ns, end_ns;

	for (unsigned i = 0; i < threads; i++) {
		workers[i].work = work;
		int r = pthread_create(&workers[i].id, NULL, run, &workers[i]);
		if (r != 0)
			fail("cannot start a thread", strerror(r));
	}
	for (unsigned i = 0; i < threads; i++) {
		(void)pthread_join(workers[i].id, NULL); /* ours, once: cannot fail */
		begin_ns = i && begin_ns < workers[i].begin_ns ? begin_ns : workers[i].begin_ns;
		end_ns = i && end_ns > workers[i].end_ns ? end_ns : workers[i].end_ns;
	}
	return (end_ns - begin_ns) / TIMES;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(const char *what, const char *unit, double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	(void)printf("    %-18s median %7.2f%s, quartiles %7.2f and %7.2f, from %7.2f to %7.2f\n",
		what, values[count / 2], unit, values[count / 4], values[count * 3 / 4], values[0],
		values[count - 1]);
}

static void measure(unsigned threads, size_t count)
{
	double *adds = calloc(count, sizeof(*adds));
	double *tasks = calloc(count, sizeof(*tasks));
	double *ratios = calloc(count, sizeof(*ratios));

	if (!adds || !tasks || !ratios || pthread_barrier_init(&all_are_there, NULL, threads) != 0)
		fail("start", "out of memory");
	(void)time_work(threads, begin_and_end); /* so that memory and caches are there */
	for (size_t i = 0; i < count; i++) {
		adds[i] = time_work(threads, add);
		tasks[i] = time_work(threads, begin_and_end);
		ratios[i] = tasks[i] / adds[i];
	}
	(void)printf("%u thread%s:\n", threads, threads == 1 ? "" : "s");
	report("an atomic add:", " ns", adds, count);
	report("begin and end:", " ns", tasks, count);
	report("their ratio:", "", ratios, count);
	(void)pthread_barrier_destroy(&all_are_there); /* nobody waits: cannot fail */
	free(adds);
	free(tasks);
	free(ratios);
}

int main(int argc, char **argv)
{
	int rounds = 0;

	if (argc != 2 || parse_int(argv[1], 1, ROUNDS_MAX, &rounds) < 0)
		fail("usage", "tracker ROUNDS");
	int r = baton_tracker_create("tasks", &tracker);
	if (r < 0)
		fail("cannot create a tracker", strerror(-r));
	for (unsigned threads = 1; threads <= THREADS_MAX; threads++)
		measure(threads, (size_t)rounds);
	(void)baton_tracker_destroy(tracker); /* nothing is under way */
	return EXIT_SUCCESS;
}
