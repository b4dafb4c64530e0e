/* SPDX-License-Identifier: MIT */
/* The socket that notifications arrive at: supervisor/notify_socket.c. */
#include "notify_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/message.h"
#include "support/process.h"
#include "support/suite.h"

static struct ev_loop *loop;
static struct notify_socket notify;
static pid_t ours; /* 0: everybody, -1: nobody */
static unsigned received, problems;
static char last_problem[512];
static struct notify_message last;
static pid_t last_sender;
static int barrier; /* the read end of a pipe: must still be open while a message is handled */

static bool is_ours(pid_t pid, void *data)
{
	ck_assert_ptr_eq(data, &ours);
	return ours == 0 || pid == ours;
}

/* Whether every write end of the pipe is closed. */
static bool is_hung_up(int fd)
{
	struct pollfd wait = { .fd = fd, .events = 0 };

	return poll(&wait, 1, 0) == 1 && wait.revents & POLLHUP;
}

static void on_message(pid_t sender, const struct notify_message *message, void *data)
{
	ck_assert_ptr_eq(data, &ours);
	if (barrier != -1)
		ck_assert(!is_hung_up(barrier));
	last = *message;
	last_sender = sender;
	received++;
}

static void on_problem(const char *text, void *data)
{
	ck_assert_ptr_eq(data, &ours);
	(void)snprintf(last_problem, sizeof(last_problem), "%s", text);
	problems++;
}

static struct notify_handler handler = {
	.is_ours = is_ours,
	.on_message = on_message,
	.on_problem = on_problem,
	.data = &ours,
};

static void setup(void)
{
	loop = ev_default_loop(0);
	barrier = -1;
	ours = 0;
	received = problems = 0;
	ck_assert_int_eq(notify_socket_open(&notify, loop, &handler, NULL), 0);
}

static void teardown(void)
{
	notify_socket_close(&notify);
	notify_socket_close(&notify);
	ev_loop_destroy(loop);
}

/* As a worker does, from the text of NOTIFY_SOCKET. */
static void send_with_fds(const char *text, size_t length, const int *fds, size_t count)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = strlen(notify.address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(notify.address[0], '@');
	memcpy(address.sun_path + 1, notify.address + 1, size - 1);
	const struct message_address to = {
		(const struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size),
	};
	ck_assert_int_eq(message_send(fd, text, length, fds, count, &to), 0);
	fd_close(fd);
}

static void send_text(const char *text)
{
	send_with_fds(text, strlen(text), NULL, 0);
}

START_TEST(message_and_its_sender_arrive)
{
	send_text("READY=1\nSTATUS=serving");
	ck_assert_uint_eq(received, 0);
	ev_run(loop, EVRUN_ONCE);
	ck_assert_uint_eq(received, 1);
	ck_assert_int_eq(last_sender, getpid());
	ck_assert_uint_eq(last.fields, NOTIFY_READY | NOTIFY_STATUS);
	ck_assert_str_eq(last.status, "serving");
	ck_assert_uint_eq(problems, 0);
}
END_TEST

START_TEST(address_is_printable_and_the_socket_is_not_inherited)
{
	for (const char *c = notify.address; *c; c++)
		ck_assert(*c > ' ' && *c < 0x7f);
	ck_assert_int_eq(fcntl(notify.fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_ne(fcntl(notify.fd, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(stranger_is_not_believed_and_reported_once)
{
	ours = -1;
	for (int i = 0; i < 5; i++)
		send_text("READY=1");
	notify_socket_drain(&notify);
	ck_assert_uint_eq(received, 0);
	ck_assert_uint_eq(problems, 1);
	ck_assert_ptr_nonnull(strstr(last_problem, "no process of this service"));
	/* And the next one of ours is. */
	ours = getpid();
	send_text("READY=1");
	notify_socket_drain(&notify);
	ck_assert_uint_eq(received, 1);
}
END_TEST

START_TEST(credentials_are_the_senders_not_the_openers)
{
	pid_t pid = fork();

	if (pid == 0) {
		send_text("READY=1");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ours = pid;
	notify_socket_drain(&notify);
	ck_assert_uint_eq(received, 1);
	ck_assert_int_eq(last_sender, pid);
}
END_TEST

START_TEST(barrier_is_answered_after_what_came_before)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	barrier = ends[0];
	send_text("READY=1");
	send_with_fds("BARRIER=1", 9, &ends[1], 1);
	fd_close(ends[1]);
	ck_assert(!is_hung_up(ends[0]));
	ev_run(loop, EVRUN_ONCE);
	/* on_message has seen the pipe open both times. */
	ck_assert_uint_eq(received, 2);
	ck_assert_uint_eq(last.fields, NOTIFY_BARRIER);
	ck_assert(is_hung_up(ends[0]));
	fd_close(ends[0]);
}
END_TEST

START_TEST(descriptors_are_closed_whoever_sends_them)
{
	const char *texts[] = { "FDSTORE=1\nFDNAME=x", "READY=maybe", "READY\0=1", "" };

	for (ours = 0; ours >= -1; ours--) {
		for (size_t i = 0; i < array_length(texts); i++) {
			int ends[2];

			ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
			const int fds[] = { ends[1], ends[1], ends[0] };

			send_with_fds(texts[i], i == 2 ? 8 : strlen(texts[i]), fds, 3);
			fd_close(ends[1]);
			notify_socket_drain(&notify);
			ck_assert(is_hung_up(ends[0]));
			fd_close(ends[0]);
		}
	}
}
END_TEST

START_TEST(malformed_and_oversized_messages_are_reported)
{
	char text[NOTIFY_MESSAGE_SIZE + 1];

	send_text("READY=yes\nSTOPPING=1");
	notify_socket_drain(&notify);
	ck_assert_uint_eq(received, 1);
	ck_assert_uint_eq(last.fields, NOTIFY_STOPPING);
	ck_assert_uint_eq(problems, 1);
	ck_assert_ptr_nonnull(strstr(last_problem, "READY=yes"));
	memset(text, 'x', sizeof(text));
	send_with_fds(text, sizeof(text), NULL, 0);
	notify_socket_drain(&notify);
	ck_assert_uint_eq(received, 1);
	ck_assert_uint_eq(problems, 2);
	ck_assert_ptr_nonnull(strstr(last_problem, "too long"));
}
END_TEST

static void close_on_message(pid_t sender, const struct notify_message *message, void *data)
{
	(void)sender;
	(void)message;
	(void)data;
	received++;
	notify_socket_close(&notify);
}

START_TEST(socket_may_be_closed_from_its_callback)
{
	int ends[2];

	notify.handler.on_message = close_on_message;
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	send_with_fds("BARRIER=1", 9, &ends[1], 1);
	send_text("READY=1");
	fd_close(ends[1]);
	ev_run(loop, EVRUN_ONCE);
	ck_assert_uint_eq(received, 1);
	ck_assert(is_hung_up(ends[0]));
	fd_close(ends[0]);
	notify_socket_drain(&notify);
}
END_TEST

START_TEST(tool_of_systemd_is_understood)
{
	char variable[128];
	char *argv[] = { "systemd-notify", "--ready", "--status=up", NULL };
	char *envp[] = { "PATH=/usr/bin:/bin", variable, NULL };
	const struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.envp = envp,
	};
	int pidfd;

	(void)snprintf(variable, sizeof(variable), "NOTIFY_SOCKET=%s", notify.address);
	if (baton_spawn(&options, NULL, &pidfd, NULL) == -ENOENT)
		return; /* a machine without systemd */
	/* It waits at a barrier until we have handled its message. */
	while (last.fields != NOTIFY_BARRIER)
		ev_run(loop, EVRUN_ONCE);
	ck_assert_int_eq(process_wait(pidfd), 0);
	ck_assert_uint_eq(received, 2);
	ck_assert_uint_eq(problems, 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		message_and_its_sender_arrive,
		address_is_printable_and_the_socket_is_not_inherited,
		stranger_is_not_believed_and_reported_once,
		credentials_are_the_senders_not_the_openers,
		barrier_is_answered_after_what_came_before,
		descriptors_are_closed_whoever_sends_them,
		malformed_and_oversized_messages_are_reported,
		socket_may_be_closed_from_its_callback,
		tool_of_systemd_is_understood,
	};
	struct suite suite = {
		.name = "notify_socket",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
