/* SPDX-License-Identifier: MIT */
/* The protocols by which sockets are passed: what is read, and what is refused. */
#include "socket/inherit_found.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fd.h"
#include "socket/inherit_protocol.h"
#include "support/suite.h"

enum { FIRST = 60, LAST = 63 }; /* numbers with sockets behind them, away from Check's own */

static struct env env;
static struct inherit_found found;
static struct baton_error error;

static void setup(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	for (int number = FIRST; number <= LAST; number++)
		ck_assert_int_eq(dup3(fd, number, O_CLOEXEC), number);
	fd_close(fd);
}

static void teardown(void)
{
	for (int number = FIRST; number <= LAST; number++)
		fd_close(number);
	inherit_found_finish(&found);
	env_finish(&env);
}

static void set(const char *key, const char *value)
{
	ck_assert_int_eq(env_set(&env, key, value), 0);
}

static int decode(void)
{
	inherit_found_finish(&found);
	error.text[0] = '\0';
	return inherit_decode(env.entries, &found, &error);
}

/* Reads key=value alone: count sockets, FIRST and on. */
static void assert_read(const char *key, const char *value, size_t count)
{
	env_finish(&env);
	set(key, value);
	ck_assert_msg(decode() == 0, "%s", error.text);
	ck_assert_uint_eq(found.count, count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(found.sockets[i].fd, FIRST + (int)i);
		ck_assert_int_eq(found.sockets[i].type, SOCK_STREAM);
		ck_assert_ptr_null(found.sockets[i].name);
	}
}

/* Reads key=value alone: an error that names both. */
static void assert_refused(const char *key, const char *value, int code)
{
	env_finish(&env);
	set(key, value);
	ck_assert_int_eq(decode(), code);
	ck_assert_msg(strncmp(error.text, key, strlen(key)) == 0, "%s", error.text);
	ck_assert_msg(strstr(error.text, value) != NULL, "%s", error.text);
}

START_TEST(each_protocol_is_read)
{
	assert_read("SERVER_STARTER_PORT", "80=60;127.0.0.1:80=61;[::1]:80=62;/run/a.sock=63", 4);
	assert_read("SERVER_STARTER_PORT", "/run/a=b=60;/run/a;b=61;/run/a=2x;c=62", 3);
	assert_read("SERVER_STARTER_PORT", "", 0);
	assert_read("EINHORN_FDS", " 60 61", 2);
	assert_read("EINHORN_FD_COUNT", "0", 0);
	assert_read("NGINX", "60;61:62;", 3);
	assert_read("FPM_SOCKETS", "127.0.0.1:80=60,::1:80=61,/run/a=b=62", 3);
	assert_read("UNICORN_FD", "60,61", 2);
	assert_read("PUMA_INHERIT_0", "60:tcp://127.0.0.1:80", 1);
	assert_read("PUMA_INHERIT_17", "60:unix:///run/a", 1);
}
END_TEST

START_TEST(numbered_variables_are_read)
{
	set("EINHORN_FD_COUNT", "2");
	set("EINHORN_FD_0", "60");
	set("EINHORN_FD_1", "61");
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(found.count, 2);
	env_finish(&env);
	set("FPM_SOCKETS", "1.1.1.1:1=60");
	set("FPM_SOCKETS_1", "1.1.1.1:2=61");
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(found.count, 2);
}
END_TEST

START_TEST(einhorn_variables_of_another_master_are_ignored)
{
	set("EINHORN_FD_COUNT", "1");
	set("EINHORN_FD_0", "60");
	ck_assert_int_eq(env_setf(&env, "EINHORN_MASTER_PID", "%d", (int)getppid()), 0);
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_int_eq(env_setf(&env, "EINHORN_MASTER_PID", "%d", (int)getpid()), 0);
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(nginx_variable_used_for_something_else_is_ignored)
{
	assert_read("NGINX", "/usr/sbin/nginx", 0);
	assert_read("NGINX", "1.22.1", 0);
	assert_read("NGINX", "1", 0);
	assert_read("NGINX", "60;61", 1);
	assert_read("NGINX", "", 0);
}
END_TEST

START_TEST(standard_streams_are_refused)
{
	assert_refused("NGINX", "2;", -EINVAL);
	assert_refused("UNICORN_FD", "0", -EINVAL);
	assert_refused("SERVER_STARTER_PORT", "80=1", -EINVAL);
}
END_TEST

START_TEST(closed_descriptors_are_refused)
{
	assert_refused("NGINX", "60;59;", -EBADF);
	ck_assert_str_eq(error.text, "NGINX=\"60;59;\": descriptor 59 is not open");
	assert_refused("FPM_SOCKETS", "127.0.0.1:80=2147483647", -EBADF);
}
END_TEST

START_TEST(descriptors_that_are_no_sockets_are_refused)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(dup3(fds[0], LAST, O_CLOEXEC), LAST);
	assert_refused("UNICORN_FD", "63", -EINVAL);
	ck_assert_str_eq(error.text, "UNICORN_FD=\"63\": descriptor 63 is not a socket");
	fd_close(fds[0]);
	fd_close(fds[1]);
}
END_TEST

START_TEST(a_descriptor_named_twice_by_one_protocol_is_refused)
{
	assert_refused("NGINX", "60;60;", -EINVAL);
	assert_refused("SERVER_STARTER_PORT", "80=60;81=60", -EINVAL);
	env_finish(&env);
	set("PUMA_INHERIT_0", "60:tcp://a:1");
	set("PUMA_INHERIT_1", "60:tcp://a:2");
	ck_assert_int_eq(decode(), -EINVAL);
}
END_TEST

START_TEST(a_descriptor_named_by_two_protocols_is_found_once)
{
	set("NGINX", "60;61;");
	set("UNICORN_FD", "61,62");
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(found.count, 3);
}
END_TEST

START_TEST(malformed_values_are_refused)
{
	assert_refused("NGINX", ";", -EINVAL);
	assert_refused("NGINX", "60;;", -EINVAL);
	assert_refused("NGINX", "99999999999999999999;", -EINVAL);
	assert_refused("UNICORN_FD", ",", -EINVAL);
	assert_refused("UNICORN_FD", "60,-1", -EINVAL);
	assert_refused("UNICORN_FD", " 60", -EINVAL);
	assert_refused("UNICORN_FD", "00000000060x", -EINVAL);
	assert_refused("SERVER_STARTER_PORT", "80", -EINVAL);
	assert_refused("SERVER_STARTER_PORT", "80=60;81", -EINVAL);
	assert_refused("SERVER_STARTER_PORT", "80=6 0", -EINVAL);
	assert_refused("FPM_SOCKETS", "80", -EINVAL);
	assert_refused("FPM_SOCKETS", "127.0.0.1:80=", -EINVAL);
	assert_refused("PUMA_INHERIT_0", "tcp://a:1", -EINVAL);
	assert_refused("PUMA_INHERIT_0", "", -EINVAL);
	assert_refused("EINHORN_FD_COUNT", "2", -EINVAL);
	assert_refused("EINHORN_FD_COUNT", "two", -EINVAL);
	assert_refused("EINHORN_FDS", "60,61", -EINVAL);
	assert_refused("LISTEN_PID", "auto", -EINVAL);
}
END_TEST

START_TEST(an_overlong_value_is_cut_in_the_error)
{
	char value[5000];

	memset(value, '7', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	set("UNICORN_FD", value);
	ck_assert_int_eq(decode(), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "...\": \"77"));
	ck_assert_ptr_nonnull(strstr(error.text, "is not a descriptor number"));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_protocol_is_read,
		numbered_variables_are_read,
		einhorn_variables_of_another_master_are_ignored,
		nginx_variable_used_for_something_else_is_ignored,
		standard_streams_are_refused,
		closed_descriptors_are_refused,
		descriptors_that_are_no_sockets_are_refused,
		a_descriptor_named_twice_by_one_protocol_is_refused,
		a_descriptor_named_by_two_protocols_is_found_once,
		malformed_values_are_refused,
		an_overlong_value_is_cut_in_the_error,
	};

	return suite_run(&(struct suite){ .name = "inherit_found",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown });
}
