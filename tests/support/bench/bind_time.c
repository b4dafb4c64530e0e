/* SPDX-License-Identifier: MIT */
/*
 * Measures how long system calls take, for scripts/bench/adopt, which runs it with
 * the filter of --adopt and without: bind(2) of a port that the system chooses,
 * bind(2) of an address again that was bound and closed before, and getppid(2), which
 * nobody waits for. Prints the median of each in nanoseconds, and waits for its end.
 *
 *     bind-time ROUNDS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"

enum { ROUNDS_MAX = 1000000, CALLS = 10000 /* of getppid, each round: one is too short */ };

static struct sockaddr_in again = { .sin_family = AF_INET };

static _Noreturn void fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "bind-time: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static double now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Leaves in *address what was bound. */
static double time_bind(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		fail("socket", strerror(errno));
	double begin = now_ns();

	if (bind(fd, (struct sockaddr *)address, size) == -1)
		fail("bind", strerror(errno));
	double end = now_ns();

	if (getsockname(fd, (struct sockaddr *)address, &size) == -1)
		fail("getsockname", strerror(errno));
	(void)close(fd); /* its place is free again, whatever close says */
	return end - begin;
}

static double time_chosen(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return time_bind(&address);
}

static double time_again(void)
{
	return time_bind(&again);
}

static double time_unrelated(void)
{
	double begin = now_ns();

	for (int i = 0; i < CALLS; i++)
		(void)syscall(SYS_getppid);
	return (now_ns() - begin) / CALLS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double measure(double (*time_one)(void), size_t count)
{
	double *times = calloc(count, sizeof(*times));

	if (!times)
		fail("start", "out of memory");
	for (size_t i = 0; i < count; i++)
		times[i] = time_one();
	qsort(times, count, sizeof(*times), compare);
	double median = times[count / 2];

	free(times);
	return median;
}

int main(int argc, char **argv)
{
	int rounds = 0;

	if (argc != 2 || parse_int(argv[1], 1, ROUNDS_MAX, &rounds) < 0)
		fail("usage", "bind-time ROUNDS");
	again.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)time_bind(&again); /* which chooses the port */
	(void)time_again();      /* and this is the first that may be held */
	(void)printf("%.1f %.1f %.1f\n", measure(time_chosen, (size_t)rounds),
		measure(time_again, (size_t)rounds), measure(time_unrelated, (size_t)rounds));
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}
