/* SPDX-License-Identifier: MIT */
/*
 * What one process encodes and another, really started, finds: every protocol
 * there and back, claims by name and by address, and what is nobody's.
 */
#include <baton/inherit.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <baton/spawn.h>

#include "base/env.h"
#include "socket/inherit_protocol.h"
#include "support/process.h"
#include "support/suite.h"

enum { MAX = 8, OUTPUT_SIZE = 4096 };

/* Built of tests/support/inherit_child.c. */
static const char *const helper = PROCESS_PROGRAM("inherit-child");

static struct baton_listener *listeners[MAX];
static size_t listener_count;
static char output[OUTPUT_SIZE];

/* How the child is started: what the supervisor does, with the places where a case differs. */
struct start {
	unsigned protocols;
	const char *program;        /* NULL: the helper */
	const char *arguments[MAX]; /* after argv[0] */
	const char *set[MAX];       /* KEY=VALUE after all else */
	bool is_pid_wrong;          /* LISTEN_PID is not filled in */
	bool is_pidfdid_wrong;      /* nor LISTEN_PIDFDID */
};

static const struct baton_listener *listen_on(const char *name, const char *text)
{
	struct baton_address *address;
	struct baton_error error;
	struct baton_listener **listener = &listeners[listener_count++];

	ck_assert_uint_le(listener_count, MAX);
	ck_assert_msg(baton_address_parse(text, &address, &error) == 0, "%s", error.text);
	int r = baton_listener_open(name, address, listener, &error);

	baton_address_destroy(address);
	ck_assert_msg(r == 0, "%s", error.text);
	return *listener;
}

static void teardown(void)
{
	while (listener_count > 0)
		baton_listener_close(listeners[--listener_count]);
}

/* Fills in the map and what the protocols say of it; returns how many. */
static size_t map_sockets(struct baton_spawn_fd *map, struct inherit_socket *sockets)
{
	size_t count = 0;

	for (size_t i = 0; i < listener_count; i++) {
		for (size_t j = 0; j < baton_listener_count(listeners[i]); j++, count++) {
			int to = 3 + (int)count;

			ck_assert_uint_lt(count, MAX);
			map[count] =
				(struct baton_spawn_fd){ .from = baton_listener_fd(listeners[i], j),
					.to = to };
			sockets[count] =
				(struct inherit_socket){ .name = baton_listener_name(listeners[i]),
					.bound = baton_listener_bound(listeners[i], j),
					.type = baton_listener_type(listeners[i]),
					.fd = to };
		}
	}
	return count;
}

/* Starts the program with all listeners; its standard output is in output then. */
static void start(const struct start *start)
{
	const char *argv[MAX + 2] = { start->program ? start->program : helper };
	struct baton_spawn_fd map[MAX];
	struct inherit_socket sockets[MAX];
	struct env env = ENV_INIT;
	size_t count = map_sockets(map, sockets);

	for (size_t i = 0; i < MAX && start->arguments[i]; i++)
		argv[i + 1] = start->arguments[i];
	ck_assert_int_eq(env_set(&env, "PATH", "/usr/bin:/bin"), 0);
	ck_assert_int_eq(inherit_encode(start->protocols, sockets, count, 1, &env), 0);
	for (size_t i = 0; i < MAX && start->set[i]; i++)
		ck_assert_int_eq(env_copy(&env, (char *const[]){ (char *)start->set[i], NULL }), 0);
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = (char *const *)argv,
		.envp = env.entries,
		.fds = map,
		.fd_count = count,
		.pid_text = start->is_pid_wrong ? NULL : env_get(&env, "LISTEN_PID"),
		.pidfdid_text = start->is_pidfdid_wrong ? NULL : env_get(&env, "LISTEN_PIDFDID"),
	};

	ck_assert_int_eq(process_capture(&options, output, sizeof(output)), 0);
	env_finish(&env);
}

/* Whether the child said so. */
__attribute__((format(printf, 1, 2))) static void assert_said(const char *format, ...)
{
	char line[512] = "\n", text[OUTPUT_SIZE + 1];
	va_list args;

	va_start(args, format);
	vsnprintf(line + 1, sizeof(line) - 2, format, args);
	va_end(args);
	strcat(line, "\n");
	snprintf(text, sizeof(text), "\n%s", output);
	ck_assert_msg(strstr(text, line) != NULL, "expected \"%s\" in:\n%s", line + 1, output);
}

static void assert_not_said(const char *word)
{
	ck_assert_msg(strstr(output, word) == NULL, "unexpected \"%s\" in:\n%s", word, output);
}

static const char *bound(size_t index)
{
	return baton_listener_bound(listeners[index], 0);
}

START_TEST(nothing_passed_is_no_error)
{
	start(&(struct start){ .arguments = { "http=" } });
	ck_assert_str_eq(output, "missing http=\nleft PATH\n");
}
END_TEST

START_TEST(systemd_sockets_are_found_by_name)
{
	listen_on("http", "127.0.0.1:0");
	listen_on("admin", "127.0.0.1:0");
	start(&(struct start){
		.protocols = INHERIT_SYSTEMD, .arguments = { "admin=", "http=", "admin=" } });
	assert_said("claimed http %s", bound(0));
	assert_said("claimed admin %s", bound(1));
	assert_said("missing admin=");
	assert_not_said("unclaimed");
}
END_TEST

START_TEST(nothing_is_inheritable_nor_left_in_the_environment)
{
	listen_on("http", "127.0.0.1:0");
	start(&(struct start){ .protocols = ~0u & ~(unsigned)(INHERIT_BATON | INHERIT_STARTER) });
	assert_not_said("inheritable");
	assert_said("left PATH");
	assert_not_said("left L");
	assert_not_said("left E");
	assert_not_said("left NGINX");
	assert_not_said("left FPM");
	assert_not_said("left UNICORN");
	assert_not_said("left PUMA");
}
END_TEST

START_TEST(each_protocol_alone_is_found_by_address)
{
	static const unsigned bits[] = { INHERIT_SYSTEMD, INHERIT_STARTER, INHERIT_EINHORN,
		INHERIT_NGINX, INHERIT_FPM, INHERIT_UNICORN, INHERIT_PUMA };
	char argument[64], other[64];

	listen_on("one", "127.0.0.1:0");
	listen_on("two", "[::1]:0");
	snprintf(argument, sizeof(argument), "web=%s", bound(1));
	snprintf(other, sizeof(other), "=%s", bound(0));
	for (size_t i = 0; i < array_length(bits); i++) {
		start(&(struct start){ .protocols = bits[i], .arguments = { argument, other } });
		assert_said("claimed web %s", bound(1));
		ck_assert_ptr_nonnull(strstr(output, bound(0)));
		assert_not_said("missing");
		assert_not_said("unclaimed");
	}
}
END_TEST

START_TEST(all_protocols_together_name_each_socket_once)
{
	listen_on("http", "127.0.0.1:0");
	listen_on("dns", "udp://127.0.0.1:0");
	start(&(struct start){ .protocols = ~0u, .arguments = { "--next" } });
	assert_said("claimed http %s", bound(0));
	assert_said("claimed dns %s", bound(1));
	assert_not_said("unclaimed");
	assert_not_said("failed");
}
END_TEST

START_TEST(udp_and_tcp_on_one_port_are_told_apart)
{
	char text[64], tcp[64], udp[64];

	listen_on("tcp", "127.0.0.1:0");
	snprintf(text, sizeof(text), "udp://%s", bound(0));
	listen_on("udp", text);
	snprintf(tcp, sizeof(tcp), "a=tcp://%s", bound(0));
	snprintf(udp, sizeof(udp), "b=udp://%s", bound(0));
	start(&(struct start){ .protocols = INHERIT_STARTER, .arguments = { udp, tcp, udp } });
	assert_said("claimed a %s", bound(0));
	assert_said("claimed b %s", bound(0));
	assert_said("missing b=udp://%s", bound(0));
}
END_TEST

START_TEST(sockets_of_one_name_make_one_listener_in_order)
{
	const struct baton_listener *listener = listen_on("http", "127.0.0.1:0?reuseport=3");

	listen_on("other", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_SYSTEMD, .arguments = { "http=" } });
	assert_said("claimed http %s %s %s", baton_listener_bound(listener, 0),
		baton_listener_bound(listener, 1), baton_listener_bound(listener, 2));
	assert_said("unclaimed other %s", bound(1));
}
END_TEST

START_TEST(sockets_of_one_name_and_two_types_are_two_listeners)
{
	listen_on("x", "127.0.0.1:0");
	listen_on("x", "udp://127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_SYSTEMD, .arguments = { "--next" } });
	assert_said("claimed x %s", bound(0));
	assert_said("claimed x %s", bound(1));
	start(&(struct start){
		.protocols = INHERIT_SYSTEMD, .arguments = { "x=udp://127.0.0.1:9", "x=" } });
	assert_said("claimed x %s", bound(1));
	assert_said("claimed x %s", bound(0));
}
END_TEST

START_TEST(name_is_preferred_to_address)
{
	char argument[64];

	listen_on("http", "127.0.0.1:0");
	listen_on("other", "127.0.0.1:0");
	snprintf(argument, sizeof(argument), "http=%s", bound(1));
	start(&(struct start){ .protocols = INHERIT_SYSTEMD, .arguments = { argument } });
	assert_said("claimed http %s", bound(0));
	assert_said("unclaimed other %s", bound(1));
}
END_TEST

START_TEST(wildcard_address_finds_a_wildcard_socket_of_either_family)
{
	char argument[64];

	listen_on("a", "tcp://0.0.0.0:0");
	snprintf(argument, sizeof(argument), "web=:%d", baton_listener_port(listeners[0]));
	start(&(struct start){ .protocols = INHERIT_NGINX, .arguments = { argument } });
	assert_said("claimed web %s", bound(0));
	teardown();
	listen_on("a", "tcp://[::]:0");
	snprintf(argument, sizeof(argument), "web=%d", baton_listener_port(listeners[0]));
	start(&(struct start){ .protocols = INHERIT_NGINX, .arguments = { argument } });
	assert_said("claimed web %s", bound(0));
}
END_TEST

START_TEST(wildcard_address_does_not_find_a_socket_of_one_address)
{
	char argument[64];

	listen_on("a", "127.0.0.1:0");
	snprintf(argument, sizeof(argument), "web=:%d", baton_listener_port(listeners[0]));
	start(&(struct start){ .protocols = INHERIT_NGINX, .arguments = { argument } });
	assert_said("missing %s", argument);
	assert_said("unclaimed  %s", bound(0));
}
END_TEST

START_TEST(host_name_finds_the_sockets_of_all_its_addresses)
{
	char argument[64];

	listen_on("a", "127.0.0.1:0");
	snprintf(argument, sizeof(argument), "web=localhost:%d", baton_listener_port(listeners[0]));
	start(&(struct start){ .protocols = INHERIT_NGINX, .arguments = { argument } });
	assert_said("claimed web %s", bound(0));
}
END_TEST

START_TEST(port_zero_finds_nothing_by_address)
{
	listen_on("a", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_NGINX, .arguments = { "b=127.0.0.1:0" } });
	assert_said("missing b=127.0.0.1:0");
}
END_TEST

START_TEST(port_zero_finds_its_socket_by_name)
{
	listen_on("a", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_SYSTEMD, .arguments = { "a=127.0.0.1:0" } });
	assert_said("claimed a %s", bound(0));
}
END_TEST

START_TEST(unix_sockets_are_found_by_path_type_and_abstract_name)
{
	char directory[] = "/tmp/baton-inherit-XXXXXX", path[64], datagram[64], abstract[64];
	char arguments[3][128];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "unix:%s/s=1", directory);
	snprintf(datagram, sizeof(datagram), "unix-dgram:%s/d", directory);
	snprintf(abstract, sizeof(abstract), "unix-seqpacket:@%s", directory);
	listen_on("a", path);
	listen_on("b", datagram);
	listen_on("c", abstract);
	snprintf(arguments[0], sizeof(arguments[0]), "x=unix-dgram:%s/s=1", directory);
	snprintf(arguments[1], sizeof(arguments[1]), "y=%s", path);
	snprintf(arguments[2], sizeof(arguments[2]), "z=%s", abstract);
	start(&(struct start){ .protocols = INHERIT_EINHORN,
		.arguments = { arguments[0], arguments[1], arguments[2] } });
	assert_said("missing %s", arguments[0]);
	assert_said("claimed y %s/s=1", directory);
	assert_said("claimed z @%s", directory);
	assert_said("unclaimed  %s/d", directory);
	teardown();
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

START_TEST(descriptor_and_systemd_addresses_are_claimed)
{
	listen_on("a", "127.0.0.1:0");
	listen_on("b", "127.0.0.1:0");
	listen_on("c", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_SYSTEMD,
		.arguments = { "x=fd:4", "y=systemd:c", "z=systemd:d", "v=fd:77" } });
	assert_said("claimed x %s", bound(1));
	assert_said("claimed y %s", bound(2));
	assert_said("missing z=systemd:d");
	assert_said("missing v=fd:77");
	assert_said("unclaimed a %s", bound(0));
}
END_TEST

START_TEST(sockets_without_a_name_are_called_after_their_address)
{
	listen_on("a", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_UNICORN, .arguments = { "--next" } });
	assert_said("claimed 127.0.0.1_%d %s", baton_listener_port(listeners[0]), bound(0));
}
END_TEST

START_TEST(names_that_a_listener_may_not_have_are_mended)
{
	listen_on("a", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_SYSTEMD,
		.arguments = { "--next" },
		.set = { "LISTEN_FDNAMES=a,b=c d" } });
	assert_said("claimed a_b_c_d %s", bound(0));
}
END_TEST

START_TEST(variables_for_another_pid_are_ignored_and_removed)
{
	listen_on("a", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_SYSTEMD,
		.arguments = { "a=" },
		.set = { "LISTEN_PID=1" },
		.is_pid_wrong = true });
	/* The descriptor is not ours to close, nor to keep from a child for which it is meant. */
	ck_assert_str_eq(output, "missing a=\ninheritable 3\nleft PATH\n");
}
END_TEST

START_TEST(variables_without_a_pid_are_ignored)
{
	start(&(struct start){ .set = { "LISTEN_FDS=1" } });
	ck_assert_str_eq(output, "left PATH\n");
}
END_TEST

START_TEST(variables_for_another_pidfd_are_ignored)
{
	if (!baton_spawn_has_pidfdid())
		return;
	listen_on("a", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_SYSTEMD, .arguments = { "a=" } });
	assert_said("claimed a %s", bound(0));
	start(&(struct start){
		.protocols = INHERIT_SYSTEMD, .arguments = { "a=" }, .is_pidfdid_wrong = true });
	ck_assert_str_eq(output, "missing a=\ninheritable 3\nleft PATH\n");
}
END_TEST

START_TEST(names_that_do_not_add_up_are_refused_and_nothing_changes)
{
	listen_on("a", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_SYSTEMD, .set = { "LISTEN_FDNAMES=a:b" } });
	assert_said("failed EINVAL LISTEN_FDNAMES=\"a:b\": 2 names for LISTEN_FDS=1 descriptors");
	assert_said("inheritable 3");
	assert_said("left LISTEN_FDS");
	assert_said("left LISTEN_PID");
}
END_TEST

START_TEST(too_many_descriptors_are_refused)
{
	listen_on("a", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_SYSTEMD,
		.set = { "LISTEN_FDS=2147483640", "LISTEN_FDNAMES=" } });
	assert_said(
		"failed EINVAL LISTEN_FDNAMES=\"\": 1 names for LISTEN_FDS=2147483640 descriptors");
}
END_TEST

START_TEST(gunicorn_finds_what_systemd_would_pass)
{
	static const char script[] = "import gunicorn.systemd\n"
				     "print('fds', gunicorn.systemd.listen_fds())\n";

	if (access("/usr/bin/python3", X_OK) == -1 ||
		system("/usr/bin/python3 -c 'import gunicorn.systemd' 2>/dev/null") != 0)
		return; /* not installed here */
	listen_on("a", "127.0.0.1:0");
	listen_on("b", "127.0.0.1:0");
	start(&(struct start){ .protocols = INHERIT_DEFAULT,
		.program = "/usr/bin/python3",
		.arguments = { "-c", script } });
	assert_said("fds 2");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		nothing_passed_is_no_error,
		systemd_sockets_are_found_by_name,
		nothing_is_inheritable_nor_left_in_the_environment,
		each_protocol_alone_is_found_by_address,
		all_protocols_together_name_each_socket_once,
		udp_and_tcp_on_one_port_are_told_apart,
		sockets_of_one_name_make_one_listener_in_order,
		sockets_of_one_name_and_two_types_are_two_listeners,
		name_is_preferred_to_address,
		wildcard_address_finds_a_wildcard_socket_of_either_family,
		wildcard_address_does_not_find_a_socket_of_one_address,
		host_name_finds_the_sockets_of_all_its_addresses,
		port_zero_finds_nothing_by_address,
		port_zero_finds_its_socket_by_name,
		unix_sockets_are_found_by_path_type_and_abstract_name,
		descriptor_and_systemd_addresses_are_claimed,
		sockets_without_a_name_are_called_after_their_address,
		names_that_a_listener_may_not_have_are_mended,
		variables_for_another_pid_are_ignored_and_removed,
		variables_without_a_pid_are_ignored,
		variables_for_another_pidfd_are_ignored,
		names_that_do_not_add_up_are_refused_and_nothing_changes,
		too_many_descriptors_are_refused,
		gunicorn_finds_what_systemd_would_pass,
	};

	return suite_run(&(struct suite){ .name = "inherit",
		.cases = cases,
		.count = array_length(cases),
		.teardown = teardown });
}
