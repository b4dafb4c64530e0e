/* SPDX-License-Identifier: MIT */
/* Telling the service manager: process/notify.c. */
#include <baton/notify.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/message.h"
#include "process/notify_explain.h"
#include "support/manager.h"
#include "support/process.h"
#include "support/suite.h"

static char address[64];
static int manager;

static void open_manager(void)
{
	(void)snprintf(address, sizeof(address), "@notify-test-%d", getpid());
	manager = manager_open(address);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", address, 1), 0);
}

static void close_manager(void)
{
	fd_close(manager);
}

START_TEST(state_arrives_at_an_abstract_socket)
{
	ck_assert_int_eq(baton_notify("READY=1"), 1);
	manager_expect(manager, getpid(), "READY=1");
	ck_assert_int_eq(baton_notifyf("STATUS=%d of %s", 3, "four"), 1);
	manager_expect(manager, getpid(), "STATUS=3 of four");
	ck_assert_int_eq(baton_notify_reloading(), 1);
	manager_expect(manager, getpid(), "RELOADING=1\nMONOTONIC_USEC=");
}
END_TEST

START_TEST(state_arrives_at_a_path)
{
	char directory[] = "/tmp/notify-test.XXXXXX", path[64];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/notify", directory);
	int fd = manager_open(path);

	ck_assert_int_eq(setenv("NOTIFY_SOCKET", path, 1), 0);
	ck_assert_int_eq(baton_notify("READY=1"), 1);
	manager_expect(fd, getpid(), "READY=1");
	fd_close(fd);
	ck_assert_int_eq(baton_notify("READY=1"), -ECONNREFUSED);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(baton_notify("READY=1"), -ENOENT);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

START_TEST(nobody_to_tell_is_no_error)
{
	ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
	ck_assert_int_eq(baton_notify("READY=1"), 0);
	ck_assert_int_eq(baton_notify_barrier(1000), 0);
	ck_assert_int_eq(baton_notify(NULL), -EINVAL);
}
END_TEST

START_TEST(unknown_forms_are_refused)
{
	char longest[200];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	longest[0] = '/';
	static const struct {
		const char *text;
		int result;
	} forms[] = {
		{ "vsock:2:1234", -EAFNOSUPPORT },
		{ "vsock-stream:2:1234", -EAFNOSUPPORT },
		{ "relative/path", -EINVAL },
		{ "/", -EINVAL },
		{ "@", -EINVAL },
	};

	for (size_t i = 0; i < array_length(forms); i++) {
		ck_assert_int_eq(setenv("NOTIFY_SOCKET", forms[i].text, 1), 0);
		ck_assert_int_eq(baton_notify("READY=1"), forms[i].result);
	}
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", longest, 1), 0);
	ck_assert_int_eq(baton_notify("READY=1"), -EINVAL);
}
END_TEST

START_TEST(error_has_the_value_of_the_variable)
{
	struct baton_error error;

	ck_assert_int_eq(setenv("NOTIFY_SOCKET", "/nope", 1), 0);
	ck_assert_int_eq(notify_explain(baton_notify("READY=1"), &error), -ENOENT);
	ck_assert_str_eq(error.text, "NOTIFY_SOCKET=\"/nope\": No such file or directory");
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", "rel", 1), 0);
	ck_assert_int_eq(notify_explain(baton_notify("READY=1"), &error), -EINVAL);
	ck_assert_str_eq(error.text,
		"NOTIFY_SOCKET=\"rel\" is no absolute path, nor @NAME, of at most 107 bytes");
}
END_TEST

START_TEST(descriptors_are_passed_and_stay_ours)
{
	struct message_extras extras;
	char text[64];
	const int fds[] = { 0, 1 };

	ck_assert_int_eq(baton_notify_with_fds("FDSTORE=1\nFDNAME=a", fds, 2), 1);
	ck_assert_int_eq(message_receive(manager, text, sizeof(text), &extras), 18);
	ck_assert_uint_eq(extras.fd_count, 2);
	message_close_fds(&extras);
	ck_assert_int_ge(fcntl(0, F_GETFD), 0);
	ck_assert_int_eq(baton_notify_with_fds("x", NULL, 1), -EINVAL);
	ck_assert_int_eq(baton_notify_with_fds("x", fds, 500), -EINVAL);
}
END_TEST

START_TEST(full_queue_does_not_block)
{
	int r;

	do
		r = baton_notify("STATUS=once more");
	while (r == 1);
	ck_assert_int_eq(r, -EAGAIN);
}
END_TEST

/* Handles one message as a manager does: what came with it is closed after. */
static void *handle_one(void *unused)
{
	struct message_extras extras;
	char text[64];

	process_wait_fd(manager, POLLIN);
	if (message_receive(manager, text, sizeof(text), &extras) > 0)
		message_close_fds(&extras);
	return unused;
}

START_TEST(barrier_waits_for_the_manager)
{
	pthread_t thread;

	ck_assert_int_eq(baton_notify_barrier(20), -ETIMEDOUT);
	(void)handle_one(NULL);
	ck_assert_int_eq(pthread_create(&thread, NULL, handle_one, NULL), 0);
	ck_assert_int_eq(baton_notify_barrier(PROCESS_DEADLINE_MS), 1);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(watchdog_is_wanted_from_the_process_that_is_named)
{
	char pid[16];

	ck_assert_uint_eq(baton_notify_watchdog_usec(), 0);
	ck_assert_int_eq(setenv("WATCHDOG_USEC", "3000000", 1), 0);
	ck_assert_uint_eq(baton_notify_watchdog_usec(), 3000000);
	ck_assert_int_eq(setenv("WATCHDOG_PID", "1", 1), 0);
	ck_assert_uint_eq(baton_notify_watchdog_usec(), 0);
	(void)snprintf(pid, sizeof(pid), "%d", getpid());
	ck_assert_int_eq(setenv("WATCHDOG_PID", pid, 1), 0);
	ck_assert_uint_eq(baton_notify_watchdog_usec(), 3000000);
	ck_assert_int_eq(setenv("WATCHDOG_USEC", "soon", 1), 0);
	ck_assert_uint_eq(baton_notify_watchdog_usec(), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		state_arrives_at_an_abstract_socket,
		state_arrives_at_a_path,
		nobody_to_tell_is_no_error,
		unknown_forms_are_refused,
		error_has_the_value_of_the_variable,
		descriptors_are_passed_and_stay_ours,
		full_queue_does_not_block,
		barrier_waits_for_the_manager,
		watchdog_is_wanted_from_the_process_that_is_named,
	};

	return suite_run(&(struct suite){
		.name = "notify",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_manager,
		.teardown = close_manager,
	});
}
