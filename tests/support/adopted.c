/* SPDX-License-Identifier: MIT */
/* See adopted.h. */
#include "support/adopted.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/container.h"
#include "base/fd.h"
#include "base/pidfd.h"
#include "process/spawn_filter.h"
#include "support/directory.h"
#include "support/loop.h"
#include "support/process.h"

enum { WORKERS_MAX = 8, STRINGS_MAX = 64 };

struct adopt adopt;
static struct family_registry registry;
static struct adopted *workers[WORKERS_MAX];
static size_t worker_count, string_count;
static char strings[STRINGS_MAX][128];

void adopted_setup(void)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	directory_make();
	loop_make();
	family_registry_init(&registry);
	adopt_init(&adopt, NULL, false);
	worker_count = string_count = 0;
}

void adopted_keep(char *const *files)
{
	adopt_init(&adopt, files, false);
}

void adopted_teardown(void)
{
	for (size_t i = 0; i < worker_count; i++)
		adopted_end(workers[i]);
	adopt_finish(&adopt);
	loop_remove();
	directory_remove_all();
}

static void on_claim(ino_t socket, void *data)
{
	struct adopted *worker = data;

	worker->claims++;
	worker->claimed = socket;
}

static void spawn(struct adopted *worker, struct spawned *ret)
{
	char *argv[] = { PROCESS_PROGRAM("binder"), NULL };
	struct baton_error error = { "" };
	struct filter filter;
	int commands[2], answers[2];

	ck_assert_int_eq(pipe2(commands, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(answers, O_CLOEXEC), 0);
	const struct baton_spawn_fd fds[] = { { commands[0], 0 }, { answers[1], 1 } };
	const struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = fds,
		.fd_count = array_length(fds),
		.new_process_group = true,
	};

	adopt_build_filter(&adopt, &filter);
	int r = spawn_filtered(&options, &filter.program, ret, &error);

	ck_assert_msg(r == 0, "%s", error.text);
	fd_close(commands[0]);
	fd_close(answers[1]);
	worker->commands = commands[1];
	worker->answers = answers[0];
}

void adopted_start(struct adopted *worker, unsigned generation)
{
	struct spawned spawned;

	*worker = (struct adopted){ .broker = NULL };
	spawn(worker, &spawned);
	worker->pid = spawned.pid;
	worker->pidfd = spawned.pidfd;
	ck_assert_int_eq(family_init(&worker->family, &registry, worker->pid, NULL), 0);
	worker->broker = broker_create(spawned.notifications,
		&(struct broker_options){
			.loop = case_loop,
			.adopt = &adopt,
			.where = { .generation = generation, .pid = worker->pid },
			.family = &worker->family,
			.on_claim = on_claim,
			.data = worker,
		});
	ck_assert_ptr_nonnull(worker->broker);
	ck_assert_uint_lt(worker_count, WORKERS_MAX);
	workers[worker_count++] = worker;
}

__attribute__((format(printf, 2, 0))) static void tell(
	struct adopted *worker, const char *format, va_list arguments)
{
	char line[256];
	int length = vsnprintf(line, sizeof(line) - 1, format, arguments);

	ck_assert_int_lt(length, (int)sizeof(line) - 1);
	line[length++] = '\n';
	ck_assert_int_eq(write(worker->commands, line, (size_t)length), length);
}

void adopted_tell(struct adopted *worker, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(worker, format, arguments);
	va_end(arguments);
}

static void on_answer(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	*(int *)w->data = 1;
}

/* Has the brokers do their work meanwhile. */
static void run_until_readable(int fd)
{
	int is_readable = 0;
	ev_io watcher;

	ev_io_init(&watcher, on_answer, fd, EV_READ);
	watcher.data = &is_readable;
	ev_io_start(case_loop, &watcher);
	loop_await(&is_readable, 1);
	ev_io_stop(case_loop, &watcher);
}

long adopted_await(struct adopted *worker)
{
	char answer[32];
	long number;

	run_until_readable(worker->answers);
	ssize_t length = read(worker->answers, answer, sizeof(answer) - 1); /* written whole */

	ck_assert_msg(length > 0, "no answer");
	answer[length] = '\0';
	ck_assert_int_eq(sscanf(answer, "%ld", &number), 1);
	return number;
}

__attribute__((format(printf, 2, 0))) static long ask(
	struct adopted *worker, const char *format, va_list arguments)
{
	tell(worker, format, arguments);
	return adopted_await(worker);
}

long adopted_ask(struct adopted *worker, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	long number = ask(worker, format, arguments);

	va_end(arguments);
	return number;
}

void adopted_do(struct adopted *worker, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	long number = ask(worker, format, arguments);

	va_end(arguments);
	ck_assert_msg(number == 0, "%s: %ld", format, number);
}

int adopted_socket(struct adopted *worker, const char *kind)
{
	int fd = (int)adopted_ask(worker, "socket %s", kind);

	ck_assert_int_gt(fd, 2);
	return fd;
}

int adopted_slot(struct adopted *worker, const char *address)
{
	int fd = adopted_socket(worker, "inet stream");

	adopted_do(worker, "reuseport %d", fd);
	adopted_do(worker, "bind %d %s", fd, address);
	adopted_do(worker, "listen %d", fd);
	return fd;
}

ino_t adopted_inode(struct adopted *worker, int fd)
{
	return (ino_t)adopted_ask(worker, "inode %d", fd);
}

size_t adopted_count_held(void)
{
	size_t count = 0;

	list_for_each (link, &adopt.held.sockets)
		count++;
	return count;
}

int adopted_listen(struct adopted *worker, const char *kind, const char *address)
{
	int fd = adopted_socket(worker, kind);

	adopted_do(worker, "bind %d %s", fd, address);
	adopted_do(worker, "listen %d", fd);
	return fd;
}

void adopted_end(struct adopted *worker)
{
	if (!worker->broker)
		return;
	while (family_kill(&worker->family) > 0)
		continue;
	(void)process_wait(worker->pidfd);
	while (waitpid(-worker->pid, NULL, 0) > 0) /* what it forked is ours now */
		continue;
	broker_release(worker->broker);
	worker->broker = NULL;
	family_finish(&worker->family);
	fd_close(worker->commands);
	fd_close(worker->answers);
}

static char *next_string(void)
{
	ck_assert_uint_lt(string_count, STRINGS_MAX);
	return strings[string_count++];
}

/* A host that no other test binds: ports that are free on it stay so. */
const char *adopted_free_address(void)
{
	unsigned pid = (unsigned)getpid();
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t length = sizeof(in);
	char *text = next_string(), host[INET_ADDRSTRLEN];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(0x7f000000 | (1 + pid % 0xfffffd));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, length), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &length), 0);
	fd_close(fd);
	ck_assert_ptr_nonnull(inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host)));
	(void)snprintf(text, sizeof(strings[0]), "%s:%u", host, ntohs(in.sin_port));
	return text;
}

int adopted_connect(const char *address, int *ret)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	} to = { .un = { .sun_family = AF_UNIX } };
	socklen_t length = sizeof(to.un);
	const char *colon = strchr(address, ':');
	char host[INET_ADDRSTRLEN] = "";

	if (colon) {
		memcpy(host, address, (size_t)(colon - address));
		to.in = (struct sockaddr_in){ .sin_family = AF_INET };
		ck_assert_int_eq(inet_pton(AF_INET, host, &to.in.sin_addr), 1);
		to.in.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
		length = sizeof(to.in);
	} else {
		strcpy(to.un.sun_path, address);
	}
	int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	if (connect(fd, &to.any, length) == 0) {
		*ret = fd;
		return 0;
	}
	int r = -errno;

	fd_close(fd);
	return r;
}

void adopted_expect_served(struct adopted *worker, int fd, const char *address)
{
	int client = -1;

	ck_assert_int_eq(adopted_connect(address, &client), 0);
	long connection = adopted_ask(worker, "accept %d", fd);

	ck_assert_int_gt(connection, 0);
	adopted_do(worker, "close %ld", connection);
	fd_close(client);
}

const char *adopted_path(const char *name)
{
	char *path = next_string();

	(void)snprintf(path, sizeof(strings[0]), "%s/%s", directory, name);
	return path;
}

bool adopted_exists(const char *name)
{
	struct stat status;

	return lstat(adopted_path(name), &status) == 0;
}
