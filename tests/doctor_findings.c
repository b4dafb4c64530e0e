/* SPDX-License-Identifier: MIT */
/* What is learnt from the log: supervisor/doctor/findings.c. */
#include "doctor/findings.h"

#include <stdio.h>
#include <string.h>

#include "log_entry.h"
#include "support/suite.h"

static struct findings findings;

static void setup(void)
{
	findings_init(&findings);
}

static void tell(const char *event, const char *subject, int ms)
{
	struct log_entry entry = { .ms = ms };

	(void)snprintf(entry.event, sizeof(entry.event), "%s", event);
	(void)snprintf(entry.subject, sizeof(entry.subject), "%s", subject);
	findings_take(&findings, &entry);
}

START_TEST(nothing_is_known_at_first)
{
	tell("", "", 0);
	tell("serving", "", 0);
	tell("binds", "tcp://[::]:80", 0);
	ck_assert_uint_eq(findings.socket_count, 0);
	ck_assert_uint_eq(findings.pid_file_count, 0);
	ck_assert_int_eq(findings.ready_ms, -1);
	ck_assert(!findings.binds_any_port);
	ck_assert(!findings.is_opaque);
	ck_assert(!findings.removes_paths);
	ck_assert(!findings.shuts_down);
	ck_assert(!findings.is_daemon);
}
END_TEST

START_TEST(each_address_is_kept_once)
{
	tell("bind", "tcp://[::]:80", 0);
	tell("bind", "unix:/run/a", 0);
	tell("bind", "tcp://[::]:80", 0);
	ck_assert_uint_eq(findings.socket_count, 2);
	ck_assert_str_eq(findings.sockets[0], "tcp://[::]:80");
	ck_assert_str_eq(findings.sockets[1], "unix:/run/a");
}
END_TEST

START_TEST(socket_that_is_renamed_is_where_it_is_then)
{
	tell("bind", "tcp://[::]:80", 0);
	tell("bind", "unix:/run/a.tmp", 0);
	tell("bind", "tcp://[::]:81", 0);
	tell("rename", "unix:/run/a.tmp", 0);
	tell("bind", "unix:/run/a", 0);
	tell("rename", "unix:/run/b", 0);
	ck_assert_uint_eq(findings.socket_count, 3);
	ck_assert_str_eq(findings.sockets[0], "tcp://[::]:80");
	ck_assert_str_eq(findings.sockets[1], "tcp://[::]:81");
	ck_assert_str_eq(findings.sockets[2], "unix:/run/a");
}
END_TEST

START_TEST(more_sockets_than_there_is_room_for_are_left_out)
{
	char address[32];

	for (int i = 0; i < FINDINGS_SOCKETS_MAX + 2; i++) {
		(void)snprintf(address, sizeof(address), "tcp://[::]:%d", i + 1);
		tell("bind", address, 0);
	}
	ck_assert_uint_eq(findings.socket_count, FINDINGS_SOCKETS_MAX);
	tell("rename", "tcp://[::]:32", 0);
	ck_assert_uint_eq(findings.socket_count, FINDINGS_SOCKETS_MAX - 1);
	ck_assert_str_eq(findings.sockets[FINDINGS_SOCKETS_MAX - 2], "tcp://[::]:31");
}
END_TEST

START_TEST(what_cannot_be_held_is_told_apart)
{
	tell("bind-passed", "of another family", 0);
	ck_assert(!findings.binds_any_port);
	tell("bind-passed", "at a port that the system chooses", 0);
	ck_assert(findings.binds_any_port);
	ck_assert(!findings.is_opaque);
	tell("bind-unseen", "", 0);
	ck_assert(findings.is_opaque);
}
END_TEST

START_TEST(habits_are_remembered)
{
	tell("unlink", "a.sock", 0);
	ck_assert(findings.removes_paths);
	tell("shutdown", "", 0);
	ck_assert(findings.shuts_down);
	tell("main", "42", 0);
	ck_assert(findings.is_daemon);
}
END_TEST

START_TEST(readiness_is_that_of_the_first)
{
	tell("ready", "accept", 0);
	tell("ready", "notify", 7);
	ck_assert_int_eq(findings.ready_ms, 0);
	ck_assert_str_eq(findings.ready_how, "accept");
}
END_TEST

START_TEST(pid_files_are_kept_once_and_not_without_a_name)
{
	char name[32];

	tell("pid-file", "/run/a.pid", 0);
	tell("pid-file", "", 0);
	tell("pid-file", "/run/a.pid", 0);
	ck_assert_uint_eq(findings.pid_file_count, 1);
	ck_assert_str_eq(findings.pid_files[0], "/run/a.pid");
	for (int i = 0; i < FINDINGS_FILES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "/run/%d.pid", i);
		tell("pid-file", name, 0);
	}
	ck_assert_uint_eq(findings.pid_file_count, FINDINGS_FILES_MAX);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		nothing_is_known_at_first,
		each_address_is_kept_once,
		socket_that_is_renamed_is_where_it_is_then,
		more_sockets_than_there_is_room_for_are_left_out,
		what_cannot_be_held_is_told_apart,
		habits_are_remembered,
		readiness_is_that_of_the_first,
		pid_files_are_kept_once_and_not_without_a_name,
	};

	return suite_run(&(struct suite){
		.name = "doctor_findings",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	});
}
