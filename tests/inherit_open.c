/* SPDX-License-Identifier: MIT */
/* What one process encodes and another, really started, reads: every protocol there and back. */
#include <baton/inherit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <baton/spawn.h>

#include "socket/inherit_protocol.h"
#include "support/inherit_start.h"
#include "support/suite.h"

START_TEST(nothing_passed_is_no_error)
{
	inherit_start(&(struct inherit_start){ .arguments = { "http=" } });
	ck_assert_str_eq(output, "missing http=\nleft PATH\n");
}
END_TEST

START_TEST(nothing_is_inheritable_nor_left_in_the_environment)
{
	listen_on("http", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){
		.protocols = ~0u & ~(unsigned)(INHERIT_BATON | INHERIT_STARTER) });
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
		inherit_start(&(struct inherit_start){
			.protocols = bits[i], .arguments = { argument, other } });
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
	inherit_start(&(struct inherit_start){ .protocols = ~0u, .arguments = { "--next" } });
	assert_said("claimed http %s", bound(0));
	assert_said("claimed dns %s", bound(1));
	assert_not_said("unclaimed");
	assert_not_said("failed");
}
END_TEST

START_TEST(variables_for_another_pid_are_ignored_and_removed)
{
	listen_on("a", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){ .protocols = INHERIT_SYSTEMD,
		.arguments = { "a=" },
		.set = { "LISTEN_PID=1" },
		.is_pid_wrong = true });
	/* The descriptor is not ours to close, nor to keep from a child for which it is meant. */
	ck_assert_str_eq(output, "missing a=\ninheritable 3\nleft PATH\n");
}
END_TEST

START_TEST(variables_without_a_pid_are_ignored)
{
	inherit_start(&(struct inherit_start){ .set = { "LISTEN_FDS=1" } });
	ck_assert_str_eq(output, "left PATH\n");
}
END_TEST

START_TEST(variables_for_another_pidfd_are_ignored)
{
	if (!baton_spawn_has_pidfdid())
		return;
	listen_on("a", "127.0.0.1:0");
	inherit_start(
		&(struct inherit_start){ .protocols = INHERIT_SYSTEMD, .arguments = { "a=" } });
	assert_said("claimed a %s", bound(0));
	inherit_start(&(struct inherit_start){
		.protocols = INHERIT_SYSTEMD, .arguments = { "a=" }, .is_pidfdid_wrong = true });
	ck_assert_str_eq(output, "missing a=\ninheritable 3\nleft PATH\n");
}
END_TEST

START_TEST(names_that_do_not_add_up_are_refused_and_nothing_changes)
{
	listen_on("a", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){
		.protocols = INHERIT_SYSTEMD, .set = { "LISTEN_FDNAMES=a:b" } });
	assert_said("failed EINVAL LISTEN_FDNAMES=\"a:b\": 2 names for LISTEN_FDS=1 descriptors");
	assert_said("inheritable 3");
	assert_said("left LISTEN_FDS");
	assert_said("left LISTEN_PID");
}
END_TEST

START_TEST(descriptors_that_are_not_open_are_refused)
{
	listen_on("a", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){
		.protocols = INHERIT_SYSTEMD, .set = { "LISTEN_FDS=2", "LISTEN_FDNAMES=a:b" } });
	assert_said("failed EBADF LISTEN_FDS=\"2\": descriptor 4 is not open");
	assert_said("inheritable 3");
	assert_said("left LISTEN_FDNAMES");
}
END_TEST

START_TEST(too_many_descriptors_are_refused)
{
	listen_on("a", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){ .protocols = INHERIT_SYSTEMD,
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
	inherit_start(&(struct inherit_start){ .protocols = INHERIT_DEFAULT,
		.program = "/usr/bin/python3",
		.arguments = { "-c", script } });
	assert_said("fds 2");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		nothing_passed_is_no_error,
		nothing_is_inheritable_nor_left_in_the_environment,
		each_protocol_alone_is_found_by_address,
		all_protocols_together_name_each_socket_once,
		variables_for_another_pid_are_ignored_and_removed,
		variables_without_a_pid_are_ignored,
		variables_for_another_pidfd_are_ignored,
		names_that_do_not_add_up_are_refused_and_nothing_changes,
		descriptors_that_are_not_open_are_refused,
		too_many_descriptors_are_refused,
		gunicorn_finds_what_systemd_would_pass,
	};

	return suite_run(&(struct suite){ .name = "inherit_open",
		.cases = cases,
		.count = array_length(cases),
		.teardown = inherit_start_finish });
}
