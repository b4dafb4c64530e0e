/* SPDX-License-Identifier: MIT */
/* Einhorn's ack: supervisor/readiness/einhorn.c and einhorn_line.c. */
#include "readiness/einhorn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/suite.h"

static struct ev_loop *loop;
static struct einhorn_socket einhorn;
static bool knows_us;
static unsigned acks, problems;
static pid_t last_sender;

static bool is_ours(pid_t pid, void *data)
{
	(void)data;
	return knows_us && pid == getpid();
}

static void on_ack(pid_t sender, void *data)
{
	(void)data;
	last_sender = sender;
	acks++;
}

static void on_problem(const char *text, void *data)
{
	(void)text;
	(void)data;
	problems++;
}

static const struct einhorn_handler handler = {
	.is_ours = is_ours,
	.on_ack = on_ack,
	.on_problem = on_problem,
};

static void setup(void)
{
	loop = ev_default_loop(0);
	knows_us = true;
	acks = problems = 0;
	einhorn.fd = -1;
	ck_assert_int_eq(einhorn_socket_open(&einhorn, loop, &handler, false, NULL), 0);
}

static void teardown(void)
{
	einhorn_socket_close(&einhorn);
	ev_loop_destroy(loop);
}

static int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, einhorn.path, sizeof(address.sun_path));
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_text(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Lets everything be handled that has been sent. */
static void run(void)
{
	for (int i = 0; i < 100; i++)
		ev_run(loop, EVRUN_NOWAIT);
}

/* Whether the other side has closed. */
static bool is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static int parse(const char *line, enum einhorn_command *ret)
{
	return einhorn_parse(line, strlen(line), ret);
}

START_TEST(ack_is_understood_in_every_dialect)
{
	const char *lines[] = {
		"{\"command\":\"worker:ack\", \"pid\":4711}",
		"{\"pid\":4711,\"command\" : \"worker:ack\"}",
		"{ command: worker:ack, pid: 4711 }",
		"---%0Acommand: worker:ack%0Apid: 4711%0A",
		"--- %0A:command: worker:ack%0A:pid: 4711%0A",
		"--- %0acommand: 'worker:ack'%0apid: 4711\r",
	};

	for (size_t i = 0; i < array_length(lines); i++) {
		enum einhorn_command command = EINHORN_OTHER;

		ck_assert_msg(parse(lines[i], &command) == 0, "%s", lines[i]);
		ck_assert_msg(command == EINHORN_ACK, "%s", lines[i]);
	}
}
END_TEST

START_TEST(other_commands_are_no_ack)
{
	enum einhorn_command command = EINHORN_ACK;

	ck_assert_int_eq(parse("{\"command\":\"worker:ping\",\"pid\":1}", &command), 0);
	ck_assert_int_eq(command, EINHORN_OTHER);
	command = EINHORN_ACK;
	ck_assert_int_eq(parse("{\"command\":\"xworker:ack\"}", &command), 0);
	ck_assert_int_eq(command, EINHORN_OTHER);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	const char *lines[] = { "", "hello", "{}", "{\"pid\":1}", "{\"command\":}", "command", ":",
		"%", "%0", "%0A%0A", "{\"recommand\":\"worker:ack\"}" };
	enum einhorn_command command;
	char big[EINHORN_LINE_SIZE + 1];

	for (size_t i = 0; i < array_length(lines); i++)
		ck_assert_msg(parse(lines[i], &command) == -EINVAL, "%s", lines[i]);
	memset(big, ' ', sizeof(big));
	ck_assert_int_eq(einhorn_parse(big, sizeof(big), &command), -EINVAL);
}
END_TEST

START_TEST(ack_is_told_with_its_sender)
{
	int fd = connect_client();

	send_text(fd, "{\"command\":\"worker:a");
	run();
	ck_assert_uint_eq(acks, 0);
	/* Whatever pid it names: who it is we know better. */
	send_text(fd, "ck\", \"pid\":1}\n");
	run();
	ck_assert_uint_eq(acks, 1);
	ck_assert_int_eq(last_sender, getpid());
	ck_assert(is_closed(fd));
	ck_assert_uint_eq(problems, 0);
	fd_close(fd);
}
END_TEST

START_TEST(ack_after_a_ping_or_without_newline_counts)
{
	int fd = connect_client();

	send_text(fd, "{\"command\":\"worker:ping\"}\n{\"command\":\"worker:ack\"}\n");
	run();
	ck_assert_uint_eq(acks, 1);
	fd_close(fd);
	fd = connect_client();
	send_text(fd, "{\"command\":\"worker:ack\"}");
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	run();
	ck_assert_uint_eq(acks, 2);
	fd_close(fd);
}
END_TEST

START_TEST(stranger_is_turned_away)
{
	int fd = connect_client();

	knows_us = false;
	send_text(fd, "{\"command\":\"worker:ack\"}\n");
	run();
	ck_assert_uint_eq(acks, 0);
	ck_assert_uint_eq(problems, 1);
	fd_close(fd);
}
END_TEST

START_TEST(nonsense_and_endless_lines_end_the_connection)
{
	char big[EINHORN_LINE_SIZE + 1];
	int fd = connect_client();

	send_text(fd, "GET / HTTP/1.1\n");
	run();
	ck_assert(is_closed(fd));
	fd_close(fd);
	fd = connect_client();
	memset(big, 'x', EINHORN_LINE_SIZE);
	big[EINHORN_LINE_SIZE] = '\0';
	send_text(fd, big);
	run();
	ck_assert(is_closed(fd));
	fd_close(fd);
	ck_assert_uint_eq(problems, 2);
	ck_assert_uint_eq(acks, 0);
	ck_assert_uint_eq(einhorn.client_count, 0);
}
END_TEST

START_TEST(many_clients_wait_for_their_turn)
{
	enum { COUNT = 40 };
	int fds[COUNT];

	for (int i = 0; i < COUNT; i++)
		fds[i] = connect_client();
	run();
	ck_assert_uint_lt(einhorn.client_count, COUNT);
	for (int i = 0; i < COUNT; i++)
		send_text(fds[i], "{\"command\":\"worker:ack\"}\n");
	run();
	ck_assert_uint_eq(acks, COUNT);
	for (int i = 0; i < COUNT; i++)
		fd_close(fds[i]);
}
END_TEST

START_TEST(open_clients_and_paths_go_with_the_socket)
{
	struct stat stat;
	int fd = connect_client();

	run();
	ck_assert_uint_eq(einhorn.client_count, 1);
	ck_assert_int_eq(lstat(einhorn.path, &stat), 0);
	ck_assert_int_eq(stat.st_mode & 0777, 0600);
	ck_assert_int_eq(lstat(einhorn.directory, &stat), 0);
	ck_assert_int_eq(stat.st_mode & 0777, 0700);
	einhorn_socket_close(&einhorn);
	einhorn_socket_close(&einhorn);
	ck_assert(is_closed(fd));
	fd_close(fd);
	ck_assert_int_eq(lstat(einhorn.path, &stat), -1);
	ck_assert_int_eq(lstat(einhorn.directory, &stat), -1);
}
END_TEST

START_TEST(shared_socket_is_open_to_other_users)
{
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root may become another user\n");
		return;
	}
	einhorn_socket_close(&einhorn);
	ck_assert_int_eq(einhorn_socket_open(&einhorn, loop, &handler, true, NULL), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	int fd = connect_client();

	ck_assert_int_eq(seteuid(0), 0);
	send_text(fd, "{\"command\":\"worker:ack\"}\n");
	run();
	ck_assert_uint_eq(acks, 1);
	fd_close(fd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		ack_is_understood_in_every_dialect,
		other_commands_are_no_ack,
		nonsense_is_refused,
		ack_is_told_with_its_sender,
		ack_after_a_ping_or_without_newline_counts,
		stranger_is_turned_away,
		nonsense_and_endless_lines_end_the_connection,
		many_clients_wait_for_their_turn,
		open_clients_and_paths_go_with_the_socket,
		shared_socket_is_open_to_other_users,
	};
	struct suite suite = {
		.name = "einhorn",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
