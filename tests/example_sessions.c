/* SPDX-License-Identifier: MIT */
/* The UDP server with sessions: child/examples/sessions.c. What an upgrade does to it is for
 * scripts/integration/datagrams-find-their-generation. */
#include <baton/spawn.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/process.h"
#include "support/suite.h"

#define PROGRAM TEST_PROGRAM_DIR "/../child/examples/example-sessions"

enum { TIMES = 3000, DATAGRAM_SIZE = 1500 };

static pid_t pid;
static int pidfd, output;
static struct sockaddr_in address = { .sin_family = AF_INET };

static void start(const char *option)
{
	static char listen_on[] = "udp://127.0.0.1:0";
	char *argv[] = { (char *)(uintptr_t)PROGRAM, option ? (char *)(uintptr_t)option : listen_on,
		option ? listen_on : NULL, NULL };
	struct baton_error error;
	char line[256] = "";
	unsigned port;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	int r = baton_spawn(
		&(struct baton_spawn_options){
			.size = sizeof(struct baton_spawn_options),
			.argv = argv,
			.fds = &(struct baton_spawn_fd){ fds[1], STDERR_FILENO },
			.fd_count = 1,
		},
		&pid, &pidfd, &error);

	ck_assert_msg(r == 0, "%s", r < 0 ? error.text : "");
	fd_close(fds[1]);
	output = fds[0];
	for (size_t size = 0; !strstr(line, "is on 127.0.0.1:") || line[size - 1] != '\n'; size++) {
		ck_assert_uint_lt(size, sizeof(line) - 2);
		process_wait_fd(output, POLLIN);
		ck_assert_int_eq(read(output, line + size, 1), 1);
	}
	ck_assert_int_eq(sscanf(strstr(line, "is on"), "is on 127.0.0.1:%u", &port), 1);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)port);
}

static void stop(void)
{
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(process_wait(pidfd), 0);
	fd_close(output);
}

static int open_client(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* How many the server has counted. */
static unsigned ask(int client, const char *text)
{
	char answer[DATAGRAM_SIZE], rest[DATAGRAM_SIZE] = "", letter;
	unsigned count, generation;

	ck_assert_int_eq(send(client, text, strlen(text), 0), (ssize_t)strlen(text));
	process_wait_fd(client, POLLIN);
	ssize_t size = recv(client, answer, sizeof(answer) - 1, 0);

	ck_assert_int_gt(size, 0);
	answer[size] = '\0';
	ck_assert_int_ge(
		sscanf(answer, "%c %u %u %1400[^\n]", &letter, &count, &generation, rest), 3);
	ck_assert_int_eq(letter, '@');
	ck_assert_uint_eq(generation, 1);
	ck_assert_str_eq(rest, text + 1);
	return count;
}

static void check_sessions(const char *option)
{
	start(option);
	int one = open_client(), other = open_client();

	ck_assert_uint_eq(ask(one, "?hello"), 1);
	ck_assert_uint_eq(ask(other, "?hello"), 1);
	ck_assert_uint_eq(ask(one, "@again"), 2);
	ck_assert_uint_eq(ask(one, "@"), 3);
	ck_assert_uint_eq(ask(one, "@bye"), 4);
	ck_assert_uint_eq(ask(one, "?hello"), 1);
	ck_assert_uint_eq(ask(other, "@bye"), 2);
	ck_assert_uint_eq(ask(one, "@bye"), 2);
	fd_close(one);
	fd_close(other);
	stop();
}

START_TEST(each_client_is_counted_for_itself)
{
	check_sessions(NULL);
	check_sessions("--by-id");
}
END_TEST

/* As if another client had got it: what it sends must not be lost with the socket of the first. */
START_TEST(port_can_be_used_anew_after_the_last_answer)
{
	start(NULL);
	int client = open_client();

	for (int i = 0; i < TIMES; i++) {
		ck_assert_uint_eq(ask(client, "?hello"), 1);
		ck_assert_uint_eq(ask(client, "@bye"), 2);
	}
	fd_close(client);
	stop();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_client_is_counted_for_itself,
		port_can_be_used_anew_after_the_last_answer,
	};

	return SUITE_RUN("example_sessions", cases);
}
