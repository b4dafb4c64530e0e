/* SPDX-License-Identifier: MIT */
/*
 * Measures how long a new worker takes until it is ready: started by hand, with
 * its socket as descriptor 3, and by an upgrade of `baton run`, from SIGHUP on.
 * Both times the worker itself tells, by the file that it puts into DIRECTORY
 * once it is ready (its pid file). How long it takes until baton says READY=1
 * of the upgrade, having seen that too, is measured as well. The ways take
 * turns, so that whatever else the machine does meets both.
 *
 *     ready-time BATON ROUNDS DIRECTORY WORKER [ARG...]
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <baton/baton.h>

#include "base/env.h"
#include "base/parse.h"

enum { DEADLINE_MS = 20000, ROUNDS_MAX = 100000 };

static int notify_fd;
static int inotify_fd;
static char notify_name[64];

static _Noreturn void fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "ready-time: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static double now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The socket that READY=1 is sent to, at an abstract address of the kernel's choice. */
static void open_notify_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(address);

	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify_fd == -1 ||
		bind(notify_fd, (struct sockaddr *)&address, sizeof(address.sun_family)) == -1 ||
		getsockname(notify_fd, (struct sockaddr *)&address, &length) == -1)
		fail("notify socket", strerror(errno));
	(void)snprintf(notify_name, sizeof(notify_name), "@%.*s",
		(int)(length - sizeof(address.sun_family) - 1), address.sun_path + 1);
}

static void wait_ready(const char *who)
{
	char text[4096];

	for (;;) {
		struct pollfd poll_fd = { .fd = notify_fd, .events = POLLIN };

		if (poll(&poll_fd, 1, DEADLINE_MS) != 1)
			fail(who, "not ready");
		ssize_t length = recv(notify_fd, text, sizeof(text) - 1, 0);
		if (length == -1)
			fail("notify socket", strerror(errno));
		text[length] = '\0';
		if (strncmp(text, "READY=1", 7) == 0 || strstr(text, "\nREADY=1"))
			return;
	}
}

/* Each file counts once: the worker's predecessor put its own there long ago. */
static void wait_file(const char *who)
{
	char events[4096];
	struct pollfd poll_fd = { .fd = inotify_fd, .events = POLLIN };

	if (poll(&poll_fd, 1, DEADLINE_MS) != 1)
		fail(who, "put no file into the directory");
	if (read(inotify_fd, events, sizeof(events)) == -1)
		fail("inotify", strerror(errno));
}

static pid_t start(char **argv, const struct baton_spawn_fd *fds, size_t count, int *ret_pidfd)
{
	struct env env = ENV_INIT;
	struct baton_error error;
	pid_t pid;

	if (env_copy(&env, environ) < 0 || env_set(&env, "NOTIFY_SOCKET", notify_name) < 0 ||
		(count && env_set(&env, "LISTEN_FDS", "1") < 0) ||
		(count && env_setf(&env, "LISTEN_PID", "%*d", BATON_SPAWN_PID_SIZE, 0) < 0))
		fail(argv[0], "out of memory");
	int r = baton_spawn(
		&(struct baton_spawn_options){
			.size = sizeof(struct baton_spawn_options),
			.argv = argv,
			.envp = env.entries,
			.fds = fds,
			.fd_count = count,
			.pid_text = env_get(&env, "LISTEN_PID"),
			.parent_death_signal = SIGTERM, /* nothing is left if we fail */
		},
		&pid, ret_pidfd, &error);
	if (r < 0)
		fail(argv[0], error.text);
	env_finish(&env);
	return pid;
}

static void stop(pid_t pid, int pidfd)
{
	if (pidfd_send_signal(pidfd, SIGTERM, NULL, 0) == -1 || waitpid(pid, NULL, 0) == -1)
		fail("worker", strerror(errno));
	(void)close(pidfd);
}

static double time_by_hand(int listener, char **worker)
{
	struct baton_spawn_fd fd = { .from = listener, .to = 3 };
	int pidfd;
	double begin = now_ms();
	pid_t pid = start(worker, &fd, 1, &pidfd);

	wait_file("the worker, started by hand");
	double end = now_ms();

	wait_ready("the worker, started by hand");
	stop(pid, pidfd);
	return end - begin;
}

/* Until the worker is ready; *ret_told: until baton has said so. */
static double time_upgrade(int baton_pidfd, double *ret_told)
{
	double begin = now_ms();

	if (pidfd_send_signal(baton_pidfd, SIGHUP, NULL, 0) == -1)
		fail("baton", strerror(errno));
	wait_file("the upgrade");
	double end = now_ms();

	wait_ready("the upgrade");
	*ret_told = now_ms() - begin;
	return end - begin;
}

/* What /proc/PID/status says of it, in KiB. */
static long memory_of(pid_t pid, const char *what)
{
	char path[64], line[128];
	long kib = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid); /* it fits */
	FILE *file = fopen(path, "re");

	if (!file)
		fail(path, strerror(errno));
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, what, strlen(what)) == 0)
			kib = strtol(line + strlen(what), NULL, 10);
	(void)fclose(file);
	return kib;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(const char *what, double *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare);
	(void)printf("%-26s median %6.3f ms, quartiles %6.3f and %6.3f, best %6.3f\n", what,
		times[count / 2], times[count / 4], times[count * 3 / 4], times[0]);
}

int main(int argc, char **argv)
{
	int rounds = 0;

	if (argc < 5 || parse_int(argv[2], 1, ROUNDS_MAX, &rounds) < 0)
		fail("usage", "ready-time BATON ROUNDS DIRECTORY WORKER [ARG...]");
	size_t count = (size_t)rounds;
	double *by_hand = calloc(count, sizeof(*by_hand));
	double *upgrade = calloc(count, sizeof(*upgrade));
	double *told = calloc(count, sizeof(*told));
	char **command = calloc((size_t)argc + 5, sizeof(*command));
	struct baton_address *address;
	struct baton_listener *listener;
	struct baton_error error;

	if (!by_hand || !upgrade || !told || !command)
		fail("start", "out of memory");
	open_notify_socket();
	inotify_fd = inotify_init1(IN_CLOEXEC);
	if (inotify_fd == -1 || inotify_add_watch(inotify_fd, argv[3], IN_MOVED_TO) == -1)
		fail(argv[3], strerror(errno));
	if (baton_address_parse("127.0.0.1:0", &address, &error) < 0 ||
		baton_listener_open("http", address, &listener, &error) < 0)
		fail("listener", error.text);
	char *head[] = { argv[1], "run", "-l", "127.0.0.1:0", "--log-level=warning", "--settle=0",
		"--" };
	int baton_pidfd;

	memcpy(command, head, sizeof(head));
	for (int i = 4; i < argc; i++)
		command[7 + i - 4] = argv[i];
	pid_t baton = start(command, NULL, 0, &baton_pidfd);

	wait_ready("baton");
	wait_file("baton");
	for (size_t i = 0; i < count; i++) {
		by_hand[i] = time_by_hand(baton_listener_fd(listener, 0), argv + 4);
		upgrade[i] = time_upgrade(baton_pidfd, &told[i]);
	}
	(void)printf("baton after %d upgrades:   RssAnon %ld KiB, VmRSS %ld KiB\n", rounds,
		memory_of(baton, "RssAnon:"), memory_of(baton, "VmRSS:"));
	stop(baton, baton_pidfd);
	report("started by hand, to ready:", by_hand, count);
	report("SIGHUP to ready:", upgrade, count);
	report("SIGHUP to baton's READY=1:", told, count);
	(void)printf(
		"ratio of the first two medians: %.3f\n", upgrade[count / 2] / by_hand[count / 2]);
	baton_listener_close(listener);
	baton_address_destroy(address);
	free(by_hand);
	free(upgrade);
	free(told);
	free(command);
	return EXIT_SUCCESS;
}
