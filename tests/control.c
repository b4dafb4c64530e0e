/* SPDX-License-Identifier: MIT */
/* Who may come to the control socket, and how many: supervisor/control/control.c. */
#include "control/control.h"

#include <ev.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/protocol.h"
#include "control/session.h"
#include "support/loop.h"
#include "support/suite.h"

enum { CLIENTS_MAX = CONTROL_SESSIONS_MAX + 2 };

static struct control control;
static struct sockaddr_un address;
static socklen_t address_size;
static int listener, clients[CLIENTS_MAX];
static int requests;
static char answer[512];

static void on_request(struct session *session, const json_t *request, void *data)
{
	(void)data;
	ck_assert_str_eq(json_string_value(json_object_get(request, "command")), "x");
	requests++;
	session_send_take(session, protocol_ok());
}

static void setup(void)
{
	loop_make();
	requests = 0;
	for (int i = 0; i < CLIENTS_MAX; i++)
		clients[i] = -1;
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	address_size = sizeof(address);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ne(listener, -1);
	/* An abstract address of the kernel's choice. */
	ck_assert_int_eq(
		bind(listener, (struct sockaddr *)&address, sizeof(address.sun_family)), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &address_size), 0);
	ck_assert_int_eq(listen(listener, CLIENTS_MAX), 0);
	control_init(&control, case_loop, listener, on_request, NULL);
}

static void teardown(void)
{
	control_finish(&control);
	for (int i = 0; i < CLIENTS_MAX; i++)
		fd_close(clients[i]);
	fd_close(listener);
	loop_remove();
}

static void connect_client(int client)
{
	clients[client] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ne(clients[client], -1);
	ck_assert_int_eq(connect(clients[client], (struct sockaddr *)&address, address_size), 0);
}

static void say(int client, const char *text)
{
	ck_assert_int_eq(
		send(clients[client], text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static const char *hear(int client)
{
	ssize_t got;

	while ((got = recv(clients[client], answer, sizeof(answer) - 1, 0)) == -1)
		ck_assert(loop_turn());
	answer[got] = '\0';
	return answer;
}

START_TEST(own_user_and_root_may_speak)
{
	ck_assert(control_may_speak(0, 0));
	ck_assert(control_may_speak(0, 1000));
	ck_assert(control_may_speak(1000, 1000));
	ck_assert(!control_may_speak(1000, 0));
	ck_assert(!control_may_speak(1001, 1000));
}
END_TEST

START_TEST(requests_are_handed_on)
{
	connect_client(0);
	say(0, "{\"command\":\"x\"}\n\n{\"command\":\"x\"}\n");
	loop_await(&requests, 2);
	ck_assert_str_eq(hear(0), "{\"ok\":true}\n{\"ok\":true}\n");
}
END_TEST

START_TEST(what_is_no_request_is_answered_here)
{
	connect_client(0);
	say(0, "hello\n");
	ck_assert_ptr_nonnull(strstr(hear(0), "\"ok\":false"));
	ck_assert_int_eq(requests, 0);
	say(0, "{\"command\":\"x\"}\n");
	loop_await(&requests, 1);
}
END_TEST

START_TEST(one_too_many_is_told_so)
{
	for (int i = 0; i <= CONTROL_SESSIONS_MAX; i++)
		connect_client(i);
	ck_assert_ptr_nonnull(strstr(hear(CONTROL_SESSIONS_MAX), "too many clients"));
	ck_assert_str_eq(hear(CONTROL_SESSIONS_MAX), "");
	ck_assert_uint_eq(control.session_count, CONTROL_SESSIONS_MAX);
	say(0, "{\"command\":\"x\"}\n");
	loop_await(&requests, 1);
	/* Whoever goes makes room. */
	fd_close(clients[1]);
	clients[1] = -1;
	while (control.session_count == CONTROL_SESSIONS_MAX)
		ck_assert(loop_turn());
	connect_client(1);
	say(1, "{\"command\":\"x\"}\n");
	loop_await(&requests, 2);
}
END_TEST

START_TEST(what_upgrades_need_is_not_for_clients)
{
	connect_client(0);
	control.fd_max = clients[0] + 1;
	ck_assert_ptr_nonnull(strstr(hear(0), "too few open files"));
	ck_assert_str_eq(hear(0), "");
}
END_TEST

START_TEST(without_descriptors_it_waits_and_goes_on)
{
	struct rlimit before, none;

	connect_client(0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ .rlim_cur = (rlim_t)clients[0] + 1, .rlim_max = before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	while (!control.is_failing)
		ck_assert(loop_turn());
	ck_assert(!ev_is_active(&control.acceptor)); /* or it would spin */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	say(0, "{\"command\":\"x\"}\n");
	loop_await(&requests, 1);
	ck_assert(!control.is_failing);
}
END_TEST

START_TEST(without_a_socket_nobody_comes)
{
	struct control none;

	control_init(&none, case_loop, -1, on_request, NULL);
	ck_assert(!ev_is_active(&none.acceptor));
	control_finish(&none);
	none = (struct control){ 0 };
	control_finish(&none); /* harmless before init, too */
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		own_user_and_root_may_speak,
		requests_are_handed_on,
		what_is_no_request_is_answered_here,
		one_too_many_is_told_so,
		what_upgrades_need_is_not_for_clients,
		without_descriptors_it_waits_and_goes_on,
		without_a_socket_nobody_comes,
	};
	const struct suite suite = {
		.name = "control",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
