/* SPDX-License-Identifier: MIT */
/* Datagrams that find their generation: process/upgrade_steer.c, steer*.c. The test passes the
 * sockets to each generation, as a supervisor does, and stops and ends them as it likes. */
#include <baton/baton.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/fd.h"
#include "process/channel.h"
#include "socket/inherit_protocol.h"
#include "socket/resolve.h"
#include "support/process.h"
#include "support/suite.h"

enum { SOCKETS_MAX = 16, ANSWER_SIZE = 512, TIMES = 10, NONE_MS = 50 };

static struct baton_listener *listener;
static struct socket_address address;
static int channel = -1; /* for the next server; it is a supervisor's, then */
static const char *steerable;

struct server {
	pid_t pid;
	int pidfd;
	int output;
	int id;
};

static void open_listener(const char *text)
{
	struct baton_address *parsed;
	struct baton_error error;

	ck_assert_int_eq(baton_address_parse(text, &parsed, &error), 0);
	int r = baton_listener_open("main", parsed, &listener, &error);

	baton_address_destroy(parsed);
	ck_assert_msg(r == 0, "%s", error.text);
	address.length = sizeof(address.un);
	ck_assert_int_eq(
		getsockname(baton_listener_fd(listener, 0), &address.any, &address.length), 0);
}

static void setup(void)
{
	open_listener("udp://127.0.0.1:0?reuseport=4");
}

static void close_listener(void)
{
	baton_listener_close(take_ptr(&listener));
}

static void build_env(struct env *env, unsigned generation, struct baton_spawn_fd *fds)
{
	struct inherit_socket sockets[SOCKETS_MAX];
	size_t count = baton_listener_count(listener);

	for (size_t i = 0; i < count; i++) {
		sockets[i] = (struct inherit_socket){ .name = "main",
			.bound = baton_listener_bound(listener, i),
			.type = SOCK_DGRAM,
			.fd = FD_FIRST + (int)i };
		fds[i] = (struct baton_spawn_fd){ baton_listener_fd(listener, i), sockets[i].fd };
	}
	ck_assert_int_eq(env_copy(env, environ), 0);
	ck_assert_int_eq(
		inherit_encode(INHERIT_SYSTEMD | INHERIT_BATON, sockets, count, generation, env),
		0);
	if (channel >= 0)
		ck_assert_int_eq(env_setf(env, CHANNEL_VARIABLE, "%d", FD_FIRST + (int)count), 0);
	if (steerable)
		ck_assert_int_eq(env_set(env, "BATON_STEERABLE", steerable), 0);
}

/* Such a server, without waiting. `polled` is for all of a run: see tests/meson.build. */
static struct server launch(unsigned generation, const char *option)
{
	char *polled = getenv("TEST_SERVER_OPTION");
	char *argv[] = { (char *)(uintptr_t)PROCESS_PROGRAM("steer-server"), (char[]){ "-" },
		(char *)(uintptr_t)(option ? option : "steer"), polled, NULL };
	struct baton_spawn_fd fds[SOCKETS_MAX + 2];
	struct env env = ENV_INIT;
	struct server server = { .id = -1 };
	struct baton_error error;
	int output[2];
	size_t count = baton_listener_count(listener);

	build_env(&env, generation, fds);
	ck_assert_int_eq(pipe2(output, O_CLOEXEC), 0);
	fds[count++] = (struct baton_spawn_fd){ output[1], STDERR_FILENO };
	if (channel >= 0) {
		fds[count] = (struct baton_spawn_fd){ channel, FD_FIRST + (int)count - 1 };
		count++;
	}
	int r = baton_spawn(
		&(struct baton_spawn_options){
			.size = sizeof(struct baton_spawn_options),
			.argv = argv,
			.envp = env.entries,
			.pid_text = env_get(&env, "LISTEN_PID"),
			.pidfdid_text = env_get(&env, "LISTEN_PIDFDID"),
			.fds = fds,
			.fd_count = count,
		},
		&server.pid, &server.pidfd, &error);

	ck_assert_msg(r == 0, "%s", r < 0 ? error.text : "");
	env_finish(&env);
	fd_close(output[1]);
	server.output = output[0];
	return server;
}

/* Reads what it logs up to a line that has this text. */
static const char *expect(const struct server *server, const char *text)
{
	static char line[1024];
	size_t size = 0;

	do {
		if (size > 0 && line[size - 1] == '\n')
			size = 0;
		ck_assert_uint_lt(size, sizeof(line) - 1);
		process_wait_fd(server->output, POLLIN);
		ck_assert_msg(
			read(server->output, line + size, 1) == 1, "it ended without: %s", text);
		line[++size] = '\0';
	} while (line[size - 1] != '\n' || !strstr(line, text));
	return line;
}

static struct server start(unsigned generation, const char *option)
{
	struct server server = launch(generation, option);

	ck_assert_int_eq(sscanf(expect(&server, "ready id="), "ready id=%d", &server.id), 1);
	return server;
}

static void signal_to(const struct server *server, int signal)
{
	ck_assert_int_eq(kill(server->pid, signal), 0);
}

/* Until it has stopped: what comes then waits. */
static void halt(const struct server *server)
{
	char path[64], line[256];

	signal_to(server, SIGSTOP);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", server->pid);
	do {
		FILE *file = fopen(path, "re");

		ck_assert_ptr_nonnull(file);
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
		(void)fclose(file); /* it was only read */
	} while (!strstr(line, ") T "));
}

/* Its exit status, or 128 + the signal. */
static int await_end(const struct server *server)
{
	int status = process_wait(server->pidfd);

	fd_close(server->output);
	return status;
}

static void stop(const struct server *server)
{
	signal_to(server, SIGTERM);
	ck_assert_int_eq(await_end(server), 0);
}

static int open_client(void)
{
	int fd = socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, &address.any, address.length), 0);
	return fd;
}

static void tell(int client, const char *text)
{
	ck_assert_int_eq(send(client, text, strlen(text), 0), (ssize_t)strlen(text));
}

static const char *receive(int client)
{
	static char answer[ANSWER_SIZE];

	process_wait_fd(client, POLLIN);
	ssize_t size = recv(client, answer, sizeof(answer) - 1, 0);

	ck_assert_msg(size > 0, "%s", strerror(errno));
	answer[size] = '\0';
	return answer;
}

/* The generation that answers. */
static unsigned hear(int client)
{
	unsigned generation;

	ck_assert_int_eq(sscanf(receive(client), "%u ", &generation), 1);
	return generation;
}

static void expect_no_answer(int client)
{
	struct pollfd pollfd = { .fd = client, .events = POLLIN };

	ck_assert_int_eq(poll(&pollfd, 1, NONE_MS), 0);
}

/* Of a new client. */
static unsigned ask(const char *text)
{
	int client = open_client();

	tell(client, text);
	unsigned generation = hear(client);

	fd_close(client);
	return generation;
}

static void expect_all_new_to(unsigned generation)
{
	for (int i = 0; i < TIMES; i++)
		ck_assert_uint_eq(ask("new"), generation);
}

START_TEST(new_clients_come_to_the_newest)
{
	struct server first = start(1, NULL);

	expect_all_new_to(1);
	struct server second = start(2, NULL);

	expect_all_new_to(2);
	ck_assert_int_ne(first.id, second.id);
	stop(&first);
	expect_all_new_to(2);
	struct server third = start(3, NULL);

	expect_all_new_to(3);
	stop(&second);
	stop(&third);
	close_listener();
}
END_TEST

START_TEST(successor_that_is_killed_gives_all_back)
{
	struct server first = start(1, NULL), second = start(2, NULL);
	int client = open_client();

	ck_assert_uint_eq(ask("new"), 2);
	halt(&second);
	tell(client, "not read");
	expect_no_answer(client);
	signal_to(&second, SIGKILL);
	ck_assert_uint_eq(hear(client), 1);
	ck_assert_int_eq(await_end(&second), 128 + SIGKILL);
	expect_all_new_to(1);
	/* and the next one is better */
	struct server third = start(2, NULL);

	expect_all_new_to(2);
	stop(&first);
	stop(&third);
	fd_close(client);
	close_listener();
}
END_TEST

/* Its predecessor has never seen that it came. */
START_TEST(successor_that_is_killed_at_once_gives_all_back)
{
	struct server first = start(1, NULL);

	halt(&first);
	struct server second = start(2, NULL);

	signal_to(&second, SIGKILL);
	ck_assert_int_eq(await_end(&second), 128 + SIGKILL);
	signal_to(&first, SIGCONT);
	expect_all_new_to(1);
	stop(&first);
	close_listener();
}
END_TEST

START_TEST(successor_that_is_told_to_stop_gives_all_back)
{
	struct server first = start(1, NULL), second = start(2, NULL);

	expect_all_new_to(2);
	stop(&second);
	expect_all_new_to(1);
	stop(&first);
	close_listener();
}
END_TEST

START_TEST(what_waits_for_the_old_one_it_answers)
{
	struct server first = start(1, NULL);
	int clients[TIMES];

	halt(&first);
	for (int i = 0; i < TIMES; i++) {
		clients[i] = open_client();
		tell(clients[i], "waits");
	}
	struct server second = start(2, NULL);

	expect_all_new_to(2);
	signal_to(&first, SIGTERM);
	signal_to(&first, SIGCONT);
	for (int i = 0; i < TIMES; i++) {
		ck_assert_uint_eq(hear(clients[i]), 1);
		fd_close(clients[i]);
	}
	ck_assert_int_eq(await_end(&first), 0);
	stop(&second);
	close_listener();
}
END_TEST

START_TEST(what_an_old_one_that_was_killed_leaves_the_newest_answers)
{
	struct server first = start(1, NULL);
	int client = open_client();

	halt(&first);
	tell(client, "waits");
	struct server second = start(2, NULL), third = start(3, NULL);

	signal_to(&first, SIGKILL);
	ck_assert_uint_eq(hear(client), 3);
	ck_assert_int_eq(await_end(&first), 128 + SIGKILL);
	fd_close(client);
	stop(&second);
	stop(&third);
	close_listener();
}
END_TEST

/* Before there was anybody the kernel put it anywhere. */
START_TEST(what_came_before_the_first_one_is_answered)
{
	int clients[4 * TIMES];

	for (int i = 0; i < 4 * TIMES; i++) {
		clients[i] = open_client();
		tell(clients[i], "early");
	}
	struct server first = start(1, NULL);

	for (int i = 0; i < 4 * TIMES; i++) {
		ck_assert_uint_eq(hear(clients[i]), 1);
		fd_close(clients[i]);
	}
	stop(&first);
	close_listener();
}
END_TEST

START_TEST(one_that_finds_all_sockets_taken_fails)
{
	struct server servers[4];

	for (unsigned i = 0; i < 4; i++)
		servers[i] = start(i + 1, NULL);
	struct server fifth = launch(5, NULL);

	(void)expect(&fifth,
		"all 4 sockets are taken by processes that still drain: open more (reuseport=8)");
	ck_assert_int_eq(await_end(&fifth), EXIT_FAILURE);
	expect_all_new_to(4);
	stop(&servers[0]);
	servers[0] = start(5, NULL);
	expect_all_new_to(5);
	for (unsigned i = 0; i < 4; i++)
		stop(&servers[i]);
	close_listener();
}
END_TEST

START_TEST(processes_of_one_generation_share_what_is_new)
{
	struct server first = start(7, NULL), second = start(7, NULL);
	unsigned by_first = 0;

	for (int i = 0; i < 64; i++) {
		int client = open_client(), pid;
		unsigned generation;

		tell(client, "new");
		ck_assert_int_eq(sscanf(receive(client), "%u %d", &generation, &pid), 2);
		ck_assert(pid == first.pid || pid == second.pid);
		by_first += pid == first.pid;
		fd_close(client);
	}
	ck_assert_uint_gt(by_first, 0);
	ck_assert_uint_lt(by_first, 64);
	stop(&first);
	expect_all_new_to(7);
	stop(&second);
	close_listener();
}
END_TEST

/* A stopped server answers what waits, and then its clients are refused. */
START_TEST(last_one_answers_what_waits_and_closes_its_sockets)
{
	struct server first = start(1, "stay");
	int clients[TIMES];

	close_listener();
	halt(&first);
	for (int i = 0; i < TIMES; i++) {
		clients[i] = open_client();
		tell(clients[i], "waits");
	}
	signal_to(&first, SIGTERM);
	signal_to(&first, SIGCONT);
	for (int i = 0; i < TIMES; i++) {
		ck_assert_uint_eq(hear(clients[i]), 1);
		fd_close(clients[i]);
	}
	(void)expect(&first, "drains");
	int late = open_client();
	char byte;

	do
		tell(late, "late");
	while (recv(late, &byte, 1, 0) == 1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	fd_close(late);
	signal_to(&first, SIGQUIT);
	ck_assert_int_eq(await_end(&first), 0);
}
END_TEST

START_TEST(id_finds_a_process_that_drains)
{
	struct server first = start(1, "by-id,stay");
	char id[] = { (char)('@' + first.id), 'x', '\0' };
	char end[] = { (char)('@' + first.id), 'e', 'n', 'd', '\0' };
	int client = open_client();

	tell(client, id);
	ck_assert_uint_eq(hear(client), 1);
	struct server second = start(2, "by-id");

	signal_to(&first, SIGTERM);
	(void)expect(&first, "drains");
	for (int i = 0; i < TIMES; i++) {
		tell(client, id);
		ck_assert_uint_eq(hear(client), 1);
		tell(client, "?new");
		ck_assert_uint_eq(hear(client), 2);
	}
	tell(client, end);
	ck_assert_uint_eq(hear(client), 1);
	ck_assert_int_eq(await_end(&first), 0);
	/* nobody has it any more; and this one nobody ever had */
	tell(client, id);
	ck_assert_uint_eq(hear(client), 2);
	tell(client, "\x7fx");
	ck_assert_uint_eq(hear(client), 2);
	fd_close(client);
	stop(&second);
	close_listener();
}
END_TEST

/* Its clients have no others. */
START_TEST(sockets_that_ids_lead_to_stay_open_until_it_has_drained)
{
	struct server first = start(1, "by-id,stay");
	int client = open_client();

	close_listener();
	signal_to(&first, SIGTERM);
	(void)expect(&first, "drains");
	for (int i = 0; i < TIMES; i++) {
		tell(client, "@x");
		ck_assert_uint_eq(hear(client), 1);
	}
	tell(client, "@end");
	ck_assert_uint_eq(hear(client), 1);
	ck_assert_int_eq(await_end(&first), 0);
	fd_close(client);
}
END_TEST

START_TEST(one_that_does_not_steer_replaces_and_is_replaced)
{
	struct server first = start(1, NULL), second = start(2, "plain");

	stop(&first);
	expect_all_new_to(2);
	struct server third = start(3, NULL);

	stop(&second);
	expect_all_new_to(3);
	stop(&third);
	close_listener();
}
END_TEST

START_TEST(every_address_of_a_listener_is_steered)
{
	int fds[8];

	/* two groups of four: those of two hosts that a name has */
	close_listener();
	for (int i = 0; i < 2; i++) {
		open_listener(
			i ? "udp://127.0.0.2:0?reuseport=4" : "udp://127.0.0.1:0?reuseport=4");
		for (size_t j = 0; j < 4; j++)
			fds[4 * i + (int)j] = fd_dup(baton_listener_fd(listener, j));
		close_listener();
	}
	struct baton_error error;

	ck_assert_int_eq(baton_listener_take("main", fds, 8, &listener, &error), 0);
	struct server first = start(1, NULL), second = start(2, NULL);

	for (size_t i = 0; i < 8; i += 4) {
		ck_assert_int_eq(
			getsockname(baton_listener_fd(listener, i), &address.any, &address.length),
			0);
		expect_all_new_to(2);
	}
	halt(&second);
	int client = open_client();

	tell(client, "not read");
	signal_to(&second, SIGKILL);
	ck_assert_uint_eq(hear(client), 1);
	ck_assert_int_eq(await_end(&second), 128 + SIGKILL);
	fd_close(client);
	stop(&first);
	close_listener();
}
END_TEST

START_TEST(supervisor_says_what_can_be_steered)
{
	int ours;

	ck_assert_int_eq(channel_pair(&ours, &channel), 0);
	struct server refused = launch(1, NULL);

	(void)expect(&refused, "below baton run a server can steer only what that passes it");
	ck_assert_int_eq(await_end(&refused), EXIT_FAILURE);
	steerable = "127.0.0.1:1;[::1]:1";
	refused = launch(1, NULL);
	ck_assert_int_eq(await_end(&refused), EXIT_FAILURE);
	char list[256];

	(void)snprintf(list, sizeof(list), "[::1]:1;%s", baton_listener_bound(listener, 0));
	steerable = list;
	struct server first = start(1, NULL);

	expect_all_new_to(1);
	stop(&first);
	steerable = NULL;
	fd_close(ours);
	fd_close(channel);
	channel = -1;
	close_listener();
}
END_TEST

START_TEST(client_has_a_socket_of_its_own)
{
	struct server first = start(1, "sessions");

	expect_all_new_to(1);
	stop(&first);
	close_listener();
}
END_TEST

START_TEST(sockets_of_another_user_are_named_as_the_reason)
{
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root can give a socket to another user\n");
		close_listener();
		return;
	}
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(fchown(baton_listener_fd(listener, i), 65534, 65534), 0);
	struct server first = start(1, "sessions");
	int client = open_client();

	tell(client, "new");
	ck_assert_str_eq(receive(client),
		"cannot open a socket for one client: Address already in use: the listener's "
		"sockets are another user's, or there are too many beside");
	fd_close(client);
	stop(&first);
	close_listener();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		new_clients_come_to_the_newest,
		successor_that_is_killed_gives_all_back,
		successor_that_is_killed_at_once_gives_all_back,
		successor_that_is_told_to_stop_gives_all_back,
		what_waits_for_the_old_one_it_answers,
		what_an_old_one_that_was_killed_leaves_the_newest_answers,
		what_came_before_the_first_one_is_answered,
		one_that_finds_all_sockets_taken_fails,
		processes_of_one_generation_share_what_is_new,
		last_one_answers_what_waits_and_closes_its_sockets,
		id_finds_a_process_that_drains,
		sockets_that_ids_lead_to_stay_open_until_it_has_drained,
		one_that_does_not_steer_replaces_and_is_replaced,
		every_address_of_a_listener_is_steered,
		supervisor_says_what_can_be_steered,
		client_has_a_socket_of_its_own,
		sockets_of_another_user_are_named_as_the_reason,
	};

	return suite_run(&(struct suite){
		.name = "upgrade_steer",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	});
}
