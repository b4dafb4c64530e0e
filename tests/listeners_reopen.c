/* SPDX-License-Identifier: MIT */
/* The listeners of other settings, beside those that are held: listeners_reopen. */
#include "listeners.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "log.h"
#include "settings.h"
#include "support/suite.h"

static struct settings before, after;
static struct listeners held, next;
static struct baton_error error;
static char path[64];

static void setup(void)
{
	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	settings_init(&before);
	settings_init(&after);
	held = next = (struct listeners)LISTENERS_INIT;
	snprintf(path, sizeof(path), "/tmp/baton-reopen-%d", (int)getpid());
}

static void teardown(void)
{
	listeners_close(&held);
	listeners_close(&next);
	settings_finish(&before);
	settings_finish(&after);
	(void)unlink(path);
}

static void want(struct settings *settings, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void want(struct settings *settings, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	ck_assert_msg(settings_add_listener(settings, text, &error) == 0, "%s", error.text);
}

static void open_first(void)
{
	ck_assert_msg(listeners_open(&held, &before, &error) == 0, "%s", error.text);
}

static int reopen(void)
{
	return listeners_reopen(&next, &after, &held, &before, &error);
}

static ino_t inode_of(const struct listeners *listeners, size_t index)
{
	struct stat status;

	ck_assert_uint_lt(index, listeners->count);
	ck_assert_int_eq(fstat(baton_listener_fd(listeners->items[index].listener, 0), &status), 0);
	return status.st_ino;
}

START_TEST(what_stays_is_the_same_socket_wherever_it_stands)
{
	want(&before, "a=127.0.0.1:0");
	want(&before, "b=unix:%s", path);
	open_first();
	want(&after, "new=127.0.0.1:0");
	want(&after, "b=unix:%s", path);
	want(&after, "a=127.0.0.1:0");
	ck_assert_msg(reopen() == 0, "%s", error.text);
	ck_assert_uint_eq(next.count, 3);
	ck_assert_uint_eq(inode_of(&next, 2), inode_of(&held, 0));
	ck_assert_uint_eq(inode_of(&next, 1), inode_of(&held, 1));
	ck_assert_uint_ne(inode_of(&next, 0), inode_of(&held, 0));
}
END_TEST

START_TEST(other_name_keeps_the_socket_and_other_options_do_not_matter)
{
	want(&before, "a=unix:%s", path);
	open_first();
	want(&after, "b=unix:%s?mode=0600", path);
	ck_assert_msg(reopen() == 0, "%s", error.text);
	ck_assert_str_eq(next.items[0].name, "b");
	ck_assert_uint_eq(inode_of(&next, 0), inode_of(&held, 0));
}
END_TEST

START_TEST(any_port_is_another_for_another_name)
{
	want(&before, "a=127.0.0.1:0");
	open_first();
	want(&after, "b=127.0.0.1:0");
	ck_assert_msg(reopen() == 0, "%s", error.text);
	ck_assert_uint_ne(inode_of(&next, 0), inode_of(&held, 0));
}
END_TEST

START_TEST(socket_is_closed_once_nobody_has_it)
{
	want(&before, "a=unix:%s", path);
	want(&before, "b=127.0.0.1:0");
	open_first();
	int open = fd_count();

	want(&after, "a=unix:%s", path);
	ck_assert_msg(reopen() == 0, "%s", error.text);
	ck_assert_int_eq(fd_count(), open);
	listeners_close(&held);
	ck_assert_int_eq(fd_count(), open - 1);
	ck_assert_int_eq(access(path, F_OK), 0);
	listeners_close(&next);
	ck_assert_int_eq(fd_count(), open - 2);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(failure_leaves_what_is_held_and_nothing_else)
{
	want(&before, "a=127.0.0.1:0");
	open_first();
	int open = fd_count();

	want(&after, "a=127.0.0.1:0");
	want(&after, "new=127.0.0.1:0");
	want(&after, "taken=127.0.0.1:%d", baton_listener_port(held.items[0].listener));
	ck_assert_int_eq(reopen(), -EADDRINUSE);
	ck_assert_int_eq(fd_count(), open);
	ck_assert_uint_eq(held.count, 1);
	ck_assert_uint_eq(*held.items[0].users, 1);
}
END_TEST

START_TEST(address_that_is_asked_for_twice_is_in_use)
{
	want(&before, "a=unix:%s", path);
	open_first();
	want(&after, "a=unix:%s", path);
	want(&after, "b=unix:%s", path);
	ck_assert_int_eq(reopen(), -EADDRINUSE);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(what_can_only_be_passed_is_refused)
{
	open_first();
	want(&after, "a=systemd:http");
	ck_assert_int_eq(reopen(), -EINVAL);
	ck_assert_str_eq(
		error.text, "listener \"a\": systemd:http can only be passed when baton starts");
	settings_finish(&after);
	want(&after, "b=fd:0");
	ck_assert_int_eq(reopen(), -EINVAL);
	ck_assert_str_eq(error.text, "listener \"b\": fd:0 can only be passed when baton starts");
}
END_TEST

START_TEST(set_stays_where_each_generation_has_sockets_of_its_own)
{
	before.steer = after.steer = true;
	want(&before, "a=127.0.0.1:0");
	open_first();
	ck_assert_int_eq(reopen(), -EINVAL);
	ck_assert_str_eq(
		error.text, "listener \"a\": none can be removed while baton runs with --steer");
	want(&after, "a=127.0.0.1:0");
	want(&after, "b=127.0.0.1:0");
	ck_assert_int_eq(reopen(), -EINVAL);
	ck_assert_str_eq(
		error.text, "listener \"b\": none can be added while baton runs with --steer");
	settings_finish(&after);
	settings_init(&after);
	after.steer = true;
	want(&after, "a=127.0.0.1:0");
	ck_assert_msg(reopen() == 0, "%s", error.text);
	ck_assert_uint_eq(inode_of(&next, 0), inode_of(&held, 0));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		what_stays_is_the_same_socket_wherever_it_stands,
		other_name_keeps_the_socket_and_other_options_do_not_matter,
		any_port_is_another_for_another_name,
		socket_is_closed_once_nobody_has_it,
		failure_leaves_what_is_held_and_nothing_else,
		address_that_is_asked_for_twice_is_in_use,
		what_can_only_be_passed_is_refused,
		set_stays_where_each_generation_has_sockets_of_its_own,
	};
	struct suite suite = {
		.name = "listeners_reopen",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
