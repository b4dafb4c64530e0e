/* SPDX-License-Identifier: MIT */
/* When a worker is ready: supervisor/readiness/. */
#include "readiness/readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "family.h"
#include "readiness/waiting.h"
#include "support/process.h"
#include "support/suite.h"

#define NOTHING -1

static struct ev_loop *loop;
static struct family_registry registry;
static struct family family;
static struct readiness_memory memory;
static int listener;
static ino_t inode;
static struct waiting_sockets sockets = { &inode, 1 };
static int seen; /* enum readiness_how, or NOTHING */
static unsigned problems;

static int open_listener(int type)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 16), 0);
	return fd;
}

static void use_listener(int type)
{
	struct stat stat;

	fd_close(listener);
	listener = open_listener(type);
	ck_assert_int_eq(fstat(listener, &stat), 0);
	inode = stat.st_ino;
}

static void setup(void)
{
	loop = ev_default_loop(0);
	family_registry_init(&registry);
	memory = (struct readiness_memory){ 0 };
	listener = -1;
	use_listener(SOCK_STREAM);
	seen = NOTHING;
	problems = 0;
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

/* Kills all there is, and reaps it: what is below us becomes ours as it dies. */
static void teardown(void)
{
	while (family_kill(&family) > 0)
		continue;
	family_finish(&family);
	(void)process_tree_kill_below(getpid(), NULL);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	ev_loop_destroy(loop);
	fd_close(listener);
}

static void on_ready(struct readiness *readiness, enum readiness_how how, void *data)
{
	(void)data;
	ck_assert_int_eq(seen, NOTHING);
	ck_assert(!readiness->is_started);
	seen = (int)how;
	ev_break(loop, EVBREAK_ALL);
}

static void on_problem(struct readiness *readiness, const char *text, void *data)
{
	(void)readiness;
	(void)text;
	(void)data;
	problems++;
}

static void on_deadline(struct ev_loop *on, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(on, EVBREAK_ALL);
}

/* Runs the loop until the worker is ready, or that many seconds. */
static void run(double seconds)
{
	ev_timer deadline;

	ev_timer_init(&deadline, on_deadline, seconds, 0.);
	ev_now_update(loop);
	ev_timer_start(loop, &deadline);
	ev_run(loop, 0);
	ev_timer_stop(loop, &deadline);
}

static void run_until_ready(void)
{
	run(PROCESS_DEADLINE_MS / 1000.);
	ck_assert_int_ne(seen, NOTHING);
}

/* Starts the worker with the listener as descriptor 3. Returns the end of a pipe that it has as
 * 4. */
static int start_worker(char *const *argv)
{
	struct baton_error error = { "" };
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	const struct baton_spawn_fd fds[] = { { listener, 3 }, { ends[1], 4 } };
	const struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = fds,
		.fd_count = array_length(fds),
		.new_process_group = true,
	};
	int r = baton_spawn(&options, &pid, NULL, &error);

	ck_assert_msg(r == 0, "%s", error.text);
	fd_close(ends[1]);
	ck_assert_int_eq(family_init(&family, &registry, pid, NULL), 0);
	return ends[0];
}

/* The same with the helper program, in one of its ways to wait. */
static int start_waiter(const char *way)
{
	char *argv[] = { PROCESS_PROGRAM("waiter"), (char *)(uintptr_t)way, NULL };

	return start_worker(argv);
}

static void init(struct readiness *readiness, const char *mode)
{
	struct readiness_options options = {
		.memory = &memory,
		.family = &family,
		.sockets = &sockets,
		.on_ready = on_ready,
		.on_problem = on_problem,
	};

	ck_assert_int_eq(readiness_parse(mode, &options.mode, NULL), 0);
	readiness_init(readiness, loop, &options);
}

static void start(struct readiness *readiness, const char *mode)
{
	init(readiness, mode);
	ck_assert_int_eq(readiness_start(readiness, NULL), 0);
	ck_assert_int_eq(seen, NOTHING);
}

START_TEST(every_mode_is_parsed)
{
	struct readiness_mode mode;

	ck_assert_int_eq(readiness_parse("auto", &mode, NULL), 0);
	ck_assert_int_eq(mode.kind, READINESS_AUTO);
	ck_assert_int_eq(readiness_parse("notify", &mode, NULL), 0);
	ck_assert_int_eq(mode.kind, READINESS_NOTIFY);
	ck_assert_int_eq(readiness_parse("accept", &mode, NULL), 0);
	ck_assert_int_eq(mode.kind, READINESS_ACCEPT);
	ck_assert_int_eq(readiness_parse("delay:1.5s", &mode, NULL), 0);
	ck_assert_int_eq(mode.kind, READINESS_DELAY);
	ck_assert_int_eq(mode.delay_ms, 1500);
	ck_assert_int_eq(readiness_parse("exec:curl -f http://:80/", &mode, NULL), 0);
	ck_assert_int_eq(mode.kind, READINESS_EXEC);
	ck_assert_str_eq(mode.command, "curl -f http://:80/");
}
END_TEST

START_TEST(bad_mode_is_named)
{
	const char *bad[] = { "", "Auto", "ready", "delay", "delay:", "delay:soon", "exec",
		"exec:", "exec:  ", "notify:1" };
	struct readiness_mode mode = { .delay_ms = 42 };
	struct baton_error error;

	for (size_t i = 0; i < array_length(bad); i++) {
		ck_assert_msg(readiness_parse(bad[i], &mode, &error) == -EINVAL, "%s", bad[i]);
		ck_assert_ptr_nonnull(strstr(error.text, "bad readiness mode"));
		ck_assert_int_eq(mode.delay_ms, 42);
	}
}
END_TEST

static void expect_ready(int report)
{
	struct readiness readiness;

	start(&readiness, "accept");
	run_until_ready();
	ck_assert_int_eq(seen, READINESS_BY_ACCEPT);
	ck_assert_uint_eq(problems, 0);
	fd_close(report);
}

START_TEST(server_in_accept_is_ready)
{
	expect_ready(start_waiter("accept"));
}
END_TEST

START_TEST(server_on_epoll_is_ready)
{
	expect_ready(start_waiter("epoll"));
}
END_TEST

START_TEST(server_too_busy_to_wait_on_its_epoll_set_is_ready)
{
	expect_ready(start_waiter("epoll-busy"));
}
END_TEST

START_TEST(server_on_epoll_in_a_thread_is_ready)
{
	expect_ready(start_waiter("epoll-in-thread"));
}
END_TEST

START_TEST(server_on_nested_epoll_sets_is_ready)
{
	expect_ready(start_waiter("epoll-nested"));
}
END_TEST

START_TEST(server_in_a_grandchild_is_ready)
{
	expect_ready(start_waiter("grandchild"));
}
END_TEST

START_TEST(server_on_poll_of_many_is_ready)
{
	expect_ready(start_waiter("poll"));
}
END_TEST

START_TEST(server_on_select_is_ready)
{
	expect_ready(start_waiter("select"));
}
END_TEST

START_TEST(server_of_datagrams_is_ready_when_it_receives)
{
	use_listener(SOCK_DGRAM);
	expect_ready(start_waiter("receive"));
}
END_TEST

/* The worker has said that it is about to wait; so many looks later it must have been seen, if
 * ever. */
static void expect_not_ready(const char *way)
{
	struct readiness readiness;
	int report = start_waiter(way);

	process_wait_fd(report, POLLIN);
	start(&readiness, "accept");
	run(0.3);
	ck_assert_int_eq(seen, NOTHING);
	ck_assert_int_eq(waiting_on(family.leader.pid, &sockets), WAITING_NOT);
	readiness_stop(&readiness);
	fd_close(report);
}

START_TEST(process_that_only_holds_the_listener_is_not_ready)
{
	expect_not_ready("hold");
}
END_TEST

START_TEST(epoll_set_that_asks_for_writing_is_not_ready)
{
	expect_not_ready("epoll-for-writing");
}
END_TEST

START_TEST(poll_without_the_listener_is_not_ready)
{
	expect_not_ready("poll-other");
}
END_TEST

START_TEST(select_without_the_listener_is_not_ready)
{
	expect_not_ready("select-other");
}
END_TEST

START_TEST(server_that_waits_on_another_socket_is_not_ready)
{
	struct readiness readiness;
	int report = start_waiter("accept");

	inode++;
	process_wait_fd(report, POLLIN);
	start(&readiness, "accept");
	run(0.2);
	ck_assert_int_eq(seen, NOTHING);
	readiness_stop(&readiness);
	fd_close(report);
}
END_TEST

static void expect_script_ready(const char *program, const char *option, const char *script)
{
	char *argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t)option,
		(char *)(uintptr_t)script, NULL };

	expect_ready(start_worker(argv));
}

START_TEST(asyncio_is_seen_to_accept)
{
	expect_script_ready("python3", "-c",
		"import asyncio, socket\n"
		"async def main():\n"
		"    s = socket.socket(fileno=3)\n"
		"    await (await asyncio.start_server(lambda r, w: 0, sock=s)).serve_forever()\n"
		"asyncio.run(main())\n");
}
END_TEST

START_TEST(http_server_of_python_is_seen_to_accept)
{
	expect_script_ready("python3", "-c",
		"import http.server as h, socket\n"
		"s = h.HTTPServer(('', 0), h.SimpleHTTPRequestHandler, False)\n"
		"s.socket = socket.socket(fileno=3)\n"
		"s.serve_forever()\n");
}
END_TEST

START_TEST(node_is_seen_to_accept)
{
	if (access("/usr/bin/node", X_OK) == -1)
		return;
	expect_script_ready(
		"/usr/bin/node", "-e", "require('http').createServer().listen({ fd: 3 })");
}
END_TEST

START_TEST(server_too_busy_to_wait_is_ready_by_its_connection)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int report = start_waiter("accept-once");

	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&address, length), 0);
	process_wait_fd(report, POLLIN);
	ck_assert_int_eq(waiting_on(family.leader.pid, &sockets), WAITING_ACCEPTED);
	expect_ready(report);
	fd_close(client);
}
END_TEST

START_TEST(process_with_a_connection_to_another_port_is_not_ready)
{
	expect_not_ready("accept-other");
}
END_TEST

START_TEST(server_below_a_shell_is_seen_to_accept)
{
	expect_script_ready("sh", "-c",
		"python3 -c 'import socket; socket.socket(fileno=3).accept()'; exit $?");
}
END_TEST

/* Its parent has ended by then, and it has a session of its own. */
START_TEST(server_that_daemonises_is_seen_to_accept)
{
	expect_script_ready("python3", "-c",
		"import os, socket, time\n"
		"s = socket.socket(fileno=3)\n"
		"if os.fork():\n"
		"    time.sleep(0.05)\n"
		"    os._exit(0)\n"
		"os.setsid()\n"
		"if os.fork():\n"
		"    time.sleep(0.05)\n"
		"    os._exit(0)\n"
		"time.sleep(0.1)\n"
		"s.accept()\n");
}
END_TEST

START_TEST(accept_without_listener_is_refused)
{
	struct readiness readiness;
	struct baton_error error;

	init(&readiness, "accept");
	sockets.count = 0;
	ck_assert_int_eq(readiness_start(&readiness, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "--listen"));
	readiness_stop(&readiness);
}
END_TEST

START_TEST(unreadable_process_is_reported_once)
{
	struct readiness readiness;

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root may start a process of another user\n");
		return;
	}
	int report = start_waiter("accept");

	process_wait_fd(report, POLLIN);
	ck_assert_int_eq(seteuid(65534), 0);
	start(&readiness, "accept");
	run(0.1);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(seen, NOTHING);
	ck_assert_uint_eq(problems, 1);
	readiness_stop(&readiness);
	fd_close(report);
}
END_TEST

START_TEST(delay_is_waited_for)
{
	struct readiness readiness;
	ev_tstamp begin = ev_time();

	start(&readiness, "delay:50ms");
	run_until_ready();
	ck_assert_int_eq(seen, READINESS_BY_DELAY);
	ck_assert_double_ge(ev_time() - begin, 0.049);
}
END_TEST

START_TEST(stopped_readiness_says_nothing)
{
	struct readiness readiness;

	start(&readiness, "delay:1ms");
	readiness_stop(&readiness);
	readiness_stop(&readiness);
	readiness_notified(&readiness);
	run(0.05);
	ck_assert_int_eq(seen, NOTHING);
	ck_assert(memory.has_notified);
}
END_TEST

START_TEST(command_is_run_until_it_succeeds)
{
	struct readiness readiness;
	char directory[] = "/tmp/baton-readiness-XXXXXX", mode[128], path[64];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(mode, sizeof(mode), "exec:echo >>%s/runs; test $(wc -l <%s/runs) -ge 3",
		directory, directory);
	start(&readiness, mode);
	run_until_ready();
	ck_assert_int_eq(seen, READINESS_BY_EXEC);
	(void)snprintf(path, sizeof(path), "%s/runs", directory);
	struct stat stat;
	int r = lstat(path, &stat);

	(void)unlink(path);
	(void)rmdir(directory);
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(stat.st_size, 3);
}
END_TEST

START_TEST(command_sees_its_environment_and_directory)
{
	struct readiness readiness;
	char *envp[] = { "PATH=/usr/bin:/bin", "BATON_GENERATION=7", NULL };

	init(&readiness, "exec:test \"$BATON_GENERATION:$PWD\" = 7:/usr");
	readiness.options.envp = envp;
	readiness.options.workdir = "/usr";
	ck_assert_int_eq(readiness_start(&readiness, NULL), 0);
	run_until_ready();
	ck_assert_int_eq(seen, READINESS_BY_EXEC);
}
END_TEST

START_TEST(command_that_fails_or_hangs_is_never_ready)
{
	struct readiness readiness;

	start(&readiness, "exec:exit 1");
	run(0.2);
	readiness_stop(&readiness);
	ck_assert_int_eq(seen, NOTHING);
	start(&readiness, "exec:sleep 1000 | sleep 1000");
	run(0.2);
	ck_assert_int_eq(seen, NOTHING);
	pid_t group = readiness.child_pid;
	ck_assert_int_gt(group, 0);
	readiness_stop(&readiness);
	/* The whole group: the sleeps become ours, and all of them can be reaped. */
	while (waitpid(-group, NULL, 0) > 0)
		continue;
	ck_assert_int_eq(kill(-group, 0), -1);
}
END_TEST

START_TEST(command_that_cannot_be_run_is_reported_once)
{
	struct readiness readiness;

	init(&readiness, "exec:true");
	readiness.options.workdir = "/nowhere";
	ck_assert_int_eq(readiness_start(&readiness, NULL), 0);
	run(0.1);
	ck_assert_int_eq(seen, NOTHING);
	ck_assert_uint_eq(problems, 1);
	readiness_stop(&readiness);
}
END_TEST

START_TEST(notification_makes_ready_in_notify_and_auto_alone)
{
	static const struct {
		const char *mode;
		bool counts;
	} cases[] = { { "notify", true }, { "auto", true }, { "accept", false },
		{ "delay:1h", false }, { "exec:false", false } };

	for (size_t i = 0; i < array_length(cases); i++) {
		struct readiness readiness;

		seen = NOTHING;
		memory.has_notified = false;
		start(&readiness, cases[i].mode);
		readiness_notified(&readiness);
		ck_assert_int_eq(seen, cases[i].counts ? READINESS_BY_NOTIFY : NOTHING);
		ck_assert(memory.has_notified);
		readiness_stop(&readiness);
		seen = NOTHING;
		start(&readiness, cases[i].mode);
		readiness_acked(&readiness);
		ck_assert_int_eq(seen, cases[i].counts ? READINESS_BY_ACK : NOTHING);
		readiness_stop(&readiness);
	}
}
END_TEST

START_TEST(auto_takes_whichever_comes_first)
{
	struct readiness readiness;
	int report = start_waiter("epoll");

	start(&readiness, "auto");
	run_until_ready();
	ck_assert_int_eq(seen, READINESS_BY_ACCEPT);
	fd_close(report);
}
END_TEST

START_TEST(auto_waits_for_the_word_of_a_service_that_has_given_it)
{
	struct readiness readiness;
	int report = start_waiter("epoll");

	process_wait_fd(report, POLLIN);
	memory.has_notified = true;
	start(&readiness, "auto");
	run(0.2);
	ck_assert_int_eq(seen, NOTHING);
	readiness_notified(&readiness);
	ck_assert_int_eq(seen, READINESS_BY_NOTIFY);
	fd_close(report);
}
END_TEST

START_TEST(auto_without_listener_takes_survival)
{
	struct readiness readiness;

	init(&readiness, "auto");
	sockets.count = 0;
	ck_assert_int_eq(readiness_start(&readiness, NULL), 0);
	run_until_ready();
	ck_assert_int_eq(seen, READINESS_BY_DELAY);
}
END_TEST

START_TEST(ready_is_seen_within_milliseconds)
{
	struct readiness readiness;
	double best = 1;

	/* The best of some, since other tests share the processors. */
	for (int i = 0; i < 10; i++) {
		int report = start_waiter("accept");

		seen = NOTHING;
		process_wait_fd(report, POLLIN);
		ev_tstamp begin = ev_time();

		start(&readiness, "accept");
		run_until_ready();
		best = ev_time() - begin < best ? ev_time() - begin : best;
		(void)family_kill(&family);
		ck_assert_int_gt(waitpid(family.leader.pid, NULL, 0), 0);
		family_finish(&family);
		fd_close(report);
	}
	ck_assert_double_lt(best, 0.01);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		every_mode_is_parsed,
		bad_mode_is_named,
		server_in_accept_is_ready,
		server_on_epoll_is_ready,
		server_too_busy_to_wait_on_its_epoll_set_is_ready,
		server_on_epoll_in_a_thread_is_ready,
		server_on_nested_epoll_sets_is_ready,
		server_in_a_grandchild_is_ready,
		server_on_poll_of_many_is_ready,
		server_on_select_is_ready,
		server_of_datagrams_is_ready_when_it_receives,
		process_that_only_holds_the_listener_is_not_ready,
		epoll_set_that_asks_for_writing_is_not_ready,
		poll_without_the_listener_is_not_ready,
		select_without_the_listener_is_not_ready,
		server_that_waits_on_another_socket_is_not_ready,
		asyncio_is_seen_to_accept,
		http_server_of_python_is_seen_to_accept,
		node_is_seen_to_accept,
		server_too_busy_to_wait_is_ready_by_its_connection,
		process_with_a_connection_to_another_port_is_not_ready,
		server_below_a_shell_is_seen_to_accept,
		server_that_daemonises_is_seen_to_accept,
		accept_without_listener_is_refused,
		unreadable_process_is_reported_once,
		delay_is_waited_for,
		stopped_readiness_says_nothing,
		command_is_run_until_it_succeeds,
		command_sees_its_environment_and_directory,
		command_that_fails_or_hangs_is_never_ready,
		command_that_cannot_be_run_is_reported_once,
		notification_makes_ready_in_notify_and_auto_alone,
		auto_takes_whichever_comes_first,
		auto_waits_for_the_word_of_a_service_that_has_given_it,
		auto_without_listener_takes_survival,
		ready_is_seen_within_milliseconds,
	};
	struct suite suite = {
		.name = "readiness",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
