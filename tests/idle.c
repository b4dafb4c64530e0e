/* SPDX-License-Identifier: MIT */
/* When a generation is idle: supervisor/steer/idle.c, with a process that accepts as it is told. */
#include "steer/idle.h"

#include <ev.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "family.h"
#include "support/loop.h"
#include "support/process.h"
#include "support/steering.h"
#include "support/suite.h"

enum { NOBODY = 65534, SHORT_MS = 150, LONG_MS = 2 * PROCESS_DEADLINE_MS, NOTHING = -100 };

static struct family_registry registry;
static struct family families[2];
static size_t family_count;
static struct idle idle;
static int calls, seen; /* seen: how many connections it was told of, or NOTHING */
static int channels[2]; /* to each process, which has the other end */
static bool ignores_connections;
static double look_cost; /* seconds, that are added to each look */

static void setup(void)
{
	loop_make();
	steering_setup();
	family_registry_init(&registry);
	family_count = 0;
	calls = 0;
	seen = NOTHING;
	look_cost = 0;
	ignores_connections = false;
	channels[0] = channels[1] = -1;
}

static void teardown(void)
{
	idle_stop(&idle);
	for (size_t i = 0; i < family_count; i++) {
		while (family_kill(&families[i]) > 0)
			continue;
		(void)waitpid(families[i].leader.pid, NULL, 0);
		family_finish(&families[i]);
		fd_close(channels[i]);
	}
	steering_teardown();
	loop_remove();
}

static int list(struct process_list *processes, void *data)
{
	int r = 0;

	ck_assert_ptr_eq(data, &seen);
	if (look_cost)
		(void)poll(NULL, 0, (int)(look_cost * 1e3));
	for (size_t i = 0; r >= 0 && i < family_count; i++)
		r = family_list(&families[i], processes);
	return r;
}

static void on_idle(struct idle *of, int connections, void *data)
{
	ck_assert_ptr_eq(of, &idle);
	ck_assert_ptr_eq(data, &seen);
	ck_assert_int_eq(seen, NOTHING);
	ck_assert(!of->is_started);
	seen = connections;
	calls++;
}

static void start(int deadline_ms)
{
	idle_init(&idle,
		&(struct idle_options){
			.loop = case_loop,
			.held = &steering_table,
			.generation = 1,
			.list = list,
			.ignores_connections = ignores_connections,
			.deadline_ms = deadline_ms,
			.on_idle = on_idle,
			.data = &seen,
		});
	idle_start(&idle);
	ck_assert_int_eq(seen, NOTHING);
}

static void expect_told(int connections)
{
	loop_await(&calls, 1);
	ck_assert_int_eq(seen, connections);
	ck_assert(!loop_turn());
}

/* Told only at the deadline. */
static void expect_at_deadline(int connections)
{
	ev_tstamp begin = ev_time();

	start(SHORT_MS);
	expect_told(connections);
	ck_assert_double_ge(ev_time() - begin, SHORT_MS / 1e3 - 0.01);
}

/* Long before the deadline: the case's own is sooner. */
static void expect_idle(void)
{
	start(LONG_MS);
	expect_told(0);
}

/* Answers each command with itself: 'a' accepts a connection, 'c' closes the last, 'd' makes itself
 * opaque, 'f' forks a child that has all it has, 'z' one that has ended. */
static _Noreturn void serve(int channel, int listener)
{
	static int connections[16];
	int count = 0;
	char command;

	while (read(channel, &command, 1) == 1) {
		if (command == 'a') {
			connections[count++] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		} else if (command == 'c') {
			fd_close(connections[--count]);
		} else if (command == 'd') {
			(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		} else {
			pid_t pid = fork();
			while (pid == 0 && command == 'f')
				(void)pause();
			if (pid == 0)
				_exit(0);
			if (command == 'z' &&
				waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT) ==
					-1)
				_exit(1);
		}
		if (write(channel, &command, 1) != 1)
			break;
	}
	_exit(0);
}

/* A process of the generation that accepts from that socket. */
static void start_server_on(const struct held *held)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert_int_eq(fd_set_nonblock(held->fd, false), 0);
	pid_t pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		(void)setpgid(0, 0);
		fd_close(ends[0]);
		serve(ends[1], held->fd);
	}
	(void)setpgid(pid, pid);
	fd_close(ends[1]);
	channels[family_count] = ends[0];
	ck_assert_int_eq(family_init(&families[family_count++], &registry, pid, NULL), 0);
}

static void start_server(void)
{
	start_server_on(steering_sockets[0]);
}

static void tell(size_t server, char command)
{
	char answer;

	ck_assert_int_eq(write(channels[server], &command, 1), 1);
	process_wait_fd(channels[server], POLLIN);
	ck_assert_int_eq(read(channels[server], &answer, 1), 1);
	ck_assert_int_eq(answer, command);
}

/* A connection that the server has accepted. */
static int connect_to(size_t server)
{
	int fd = steering_connect(&steering_address);

	tell(server, 'a');
	return fd;
}

static void open_server(void)
{
	steering_open(1);
	steering_choose(1, 0, 100);
	start_server();
}

START_TEST(generation_without_connections_is_idle)
{
	open_server();
	expect_idle();
}
END_TEST

START_TEST(generation_without_processes_is_idle)
{
	steering_open(1);
	expect_idle();
}
END_TEST

START_TEST(open_connection_is_in_the_way_until_the_deadline)
{
	open_server();
	int first = connect_to(0), second = connect_to(0);

	expect_at_deadline(2);
	fd_close(first);
	fd_close(second);
}
END_TEST

START_TEST(open_connection_is_the_servers_affair_if_it_is_ignored)
{
	open_server();
	int client = connect_to(0);

	ignores_connections = true;
	expect_idle();
	fd_close(client);
}
END_TEST

START_TEST(connection_that_waits_counts_though_others_are_ignored)
{
	open_server();
	int client = steering_connect(&steering_address);

	ignores_connections = true;
	expect_at_deadline(0);
	fd_close(client);
}
END_TEST

/* The server is told to close it while it is watched. */
static void on_close_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	ck_assert_int_eq(seen, NOTHING);
	tell(0, 'c');
}

START_TEST(generation_is_idle_once_the_connection_is_closed)
{
	ev_timer timer;

	open_server();
	int client = connect_to(0);

	start(LONG_MS);
	ev_timer_init(&timer, on_close_time, 0.05, 0.);
	ev_timer_start(case_loop, &timer);
	expect_told(0);
	fd_close(client);
}
END_TEST

/* It is the server's end that counts: it may have something to finish. */
START_TEST(connection_that_only_the_client_has_closed_counts)
{
	open_server();
	fd_close(connect_to(0));
	expect_at_deadline(1);
}
END_TEST

START_TEST(connection_in_the_accept_queue_counts)
{
	open_server();
	int client = steering_connect(&steering_address);

	expect_at_deadline(0);
	fd_close(client);
}
END_TEST

START_TEST(connection_that_is_half_way_counts)
{
	open_server();
	ck_assert_int_eq(setsockopt(steering_sockets[0]->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT,
				 &(int){ 60 }, sizeof(int)),
		0);
	int client = steering_connect(&steering_address);

	expect_at_deadline(0);
	fd_close(client);
}
END_TEST

START_TEST(datagram_that_waits_counts)
{
	steering_use(AF_INET, SOCK_DGRAM);
	open_server();
	int client = steering_connect(&steering_address);

	ck_assert_int_eq(send(client, "x", 1, 0), 1);
	expect_at_deadline(0);
	fd_close(client);
}
END_TEST

START_TEST(connections_of_all_families_count)
{
	open_server();
	start_server();
	int clients[] = { connect_to(0), connect_to(1), connect_to(1) };

	expect_at_deadline(3);
	for (size_t i = 0; i < array_length(clients); i++)
		fd_close(clients[i]);
}
END_TEST

/* The server has closed it, but what it has started has it still. */
START_TEST(connection_of_a_child_of_the_server_counts)
{
	open_server();
	int client = connect_to(0);

	tell(0, 'f');
	tell(0, 'c');
	expect_at_deadline(1);
	fd_close(client);
}
END_TEST

/* As of a server that has a queue for each of its processes. */
START_TEST(connection_counts_however_many_sockets_there_are)
{
	for (size_t i = 0; i + 1 < STEERING_SOCKETS_MAX; i++)
		steering_open(1);
	steering_use(AF_INET, SOCK_STREAM);
	struct held *last = steering_open(1);

	start_server_on(last);
	int client = connect_to(0);

	expect_at_deadline(1);
	fd_close(client);
}
END_TEST

START_TEST(connections_and_queues_of_another_generation_do_not_count)
{
	open_server();
	steering_use(AF_INET, SOCK_STREAM);
	steering_open(2);
	int client = steering_connect(&steering_address);

	expect_idle();
	fd_close(client);
}
END_TEST

/* The second process has the client's end of it, as if it had made it. */
START_TEST(connections_to_others_do_not_count)
{
	open_server();
	steering_use(AF_INET, SOCK_STREAM);
	steering_open(2);
	int client = steering_connect(&steering_address);

	start_server();
	expect_idle();
	fd_close(client);
}
END_TEST

START_TEST(server_that_ends_is_idle)
{
	open_server();
	int client = connect_to(0);

	start(LONG_MS);
	fd_close(channels[0]);
	channels[0] = -1;
	expect_told(0);
	fd_close(client);
}
END_TEST

START_TEST(watch_that_is_stopped_says_nothing)
{
	open_server();
	start(1);
	ck_assert(idle.is_started);
	idle_stop(&idle);
	ck_assert(!idle.is_started);
	idle_stop(&idle);
	loop_run();
	ck_assert_int_eq(seen, NOTHING);
}
END_TEST

START_TEST(watch_can_be_stopped_before_it_starts)
{
	idle_init(&idle, &(struct idle_options){ .loop = case_loop, .held = &steering_table });
	idle_stop(&idle);
}
END_TEST

/* The next look is put off by as much as ten take, but not past the deadline. */
START_TEST(deadline_is_kept_where_a_look_takes_long)
{
	open_server();
	int client = connect_to(0);

	look_cost = 0.05;
	start(650);
	ev_tstamp begin = ev_time();

	expect_told(1);
	ck_assert_double_lt(ev_time() - begin, 1.);
	fd_close(client);
}
END_TEST

/* Each case is a process of its own, which can do so for good. Root may look into everybody. */
static void stop_being_root(void)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(NOBODY, NOBODY, NOBODY), 0);
	ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
	/* The change has made us opaque, and with us whom we start. */
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
}

START_TEST(process_that_may_not_be_looked_into_is_not_idle)
{
	stop_being_root();
	open_server();
	tell(0, 'd');
	expect_at_deadline(-1);
}
END_TEST

START_TEST(process_that_may_be_looked_into_is_idle_for_nobody_too)
{
	stop_being_root();
	open_server();
	expect_idle();
}
END_TEST

/* It has no descriptors, and nobody may look for them. */
START_TEST(child_that_has_ended_and_was_not_waited_for_is_in_no_ones_way)
{
	stop_being_root();
	open_server();
	tell(0, 'z');
	expect_idle();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		generation_without_connections_is_idle,
		generation_without_processes_is_idle,
		open_connection_is_in_the_way_until_the_deadline,
		open_connection_is_the_servers_affair_if_it_is_ignored,
		connection_that_waits_counts_though_others_are_ignored,
		generation_is_idle_once_the_connection_is_closed,
		connection_that_only_the_client_has_closed_counts,
		connection_in_the_accept_queue_counts,
		connection_that_is_half_way_counts,
		datagram_that_waits_counts,
		connections_of_all_families_count,
		connection_of_a_child_of_the_server_counts,
		connection_counts_however_many_sockets_there_are,
		connections_and_queues_of_another_generation_do_not_count,
		connections_to_others_do_not_count,
		server_that_ends_is_idle,
		watch_that_is_stopped_says_nothing,
		watch_can_be_stopped_before_it_starts,
		deadline_is_kept_where_a_look_takes_long,
		process_that_may_not_be_looked_into_is_not_idle,
		process_that_may_be_looked_into_is_idle_for_nobody_too,
		child_that_has_ended_and_was_not_waited_for_is_in_no_ones_way,
	};
	struct suite suite = {
		.name = "idle",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
