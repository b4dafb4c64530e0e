/* SPDX-License-Identifier: MIT */
/*
 * What comes back from the manager's store, and which listener gets it: supervisor/stored.c. A
 * child is the next baton, as the manager starts it.
 */
#include "stored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <baton/inherit.h>
#include <baton/listener.h>
#include <baton/notify.h>

#include "base/fd.h"
#include "fd_store.h"
#include "log.h"
#include "settings.h"
#include "support/listening.h"
#include "support/manager.h"
#include "support/suite.h"

enum { LEFT_MAX = 8, ABOVE = 100 };

/* What the manager keeps: a socket of a listener. */
static struct left {
	const char *name;
	struct baton_listener *listener;
	size_t index;
	ino_t inode; /* in the child others may have the number */
} left[LEFT_MAX];
static size_t left_count;

static struct settings settings;
static struct stored stored;
static struct fd_store *store;
static struct baton_inherit *inherit;
static struct baton_error error;
static char path[64];
static int manager;

static void setup(void)
{
	char address[32];

	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	settings_init(&settings);
	snprintf(address, sizeof(address), "@stored-%d", (int)getpid());
	snprintf(path, sizeof(path), "/tmp/baton-stored-%d", (int)getpid());
	manager = manager_open(address);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", address, 1), 0);
	ck_assert_int_eq(setenv("FDSTORE", "16", 1), 0);
	left_count = 0;
}

static void teardown(void)
{
	for (size_t i = 0; i < left_count; i++)
		if (left[i].index == 0)
			baton_listener_close(left[i].listener);
	settings_finish(&settings);
	fd_close(manager);
	(void)unlink(path);
}

static ino_t inode_of(const struct baton_listener *listener, size_t index)
{
	struct stat status;

	return fstat(baton_listener_fd(listener, index), &status) == 0 ? status.st_ino : 0;
}

static void leave_socket(const char *name, struct baton_listener *listener, size_t index)
{
	ck_assert_uint_lt(left_count, LEFT_MAX);
	left[left_count++] = (struct left){ name, listener, index, inode_of(listener, index) };
}

static void leave(const char *name, const char *text)
{
	leave_socket(name, listening_open(text), 0);
}

/* An address that is bound, in words of an option. */
static const char *bound(const char *name, size_t index)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s=%s%s", name,
		baton_listener_type(left[index].listener) == SOCK_DGRAM ? "udp://" : "",
		baton_listener_bound(left[index].listener, 0));
	return text;
}

static void want(const char *text)
{
	ck_assert_msg(settings_add_listener(&settings, text, &error) == 0, "%s", error.text);
}

/* Check's own assertions would write to a descriptor that has been replaced. */
#define expect(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1); \
		} \
	} while (0)

/* Puts what is left in the places where a manager does, the last first. */
static void pass(void)
{
	char names[1024] = "", number[16];
	int above[LEFT_MAX];

	for (size_t i = 0; i < left_count; i++)
		above[i] =
			fcntl(baton_listener_fd(left[i].listener, left[i].index), F_DUPFD, ABOVE);
	for (size_t i = 0; i < left_count; i++) {
		size_t from = left_count - 1 - i;

		expect(dup2(above[from], FD_FIRST + (int)i) != -1);
		strcat(names, i ? ":" : "");
		strcat(names, left[from].name);
		fd_close(above[from]);
	}
	snprintf(number, sizeof(number), "%zu", left_count);
	expect(setenv("LISTEN_FDS", number, 1) == 0);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	expect(setenv("LISTEN_PID", number, 1) == 0);
	expect(setenv("LISTEN_FDNAMES", names, 1) == 0);
}

static void open_stored(void)
{
	pass();
	expect(fd_store_create(&store) == 0);
	expect(stored_init(&stored) == 0);
	expect(baton_inherit_open(&inherit, &error) == 0);
	expect(stored_claim(&stored, inherit, store, &error) == 0);
	expect(stored_match(&stored, &settings, &error) == 0);
}

/* Runs the body in the next baton, with its listeners matched. */
static void in_next_baton(void (*body)(void))
{
	int status;
	pid_t child = check_fork();

	ck_assert_int_ne(child, -1);
	if (child == 0) {
		open_stored();
		body();
		stored_finish(&stored);
		baton_inherit_close(inherit, NULL, NULL);
		fd_store_unref(store);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it failed in the next baton");
}

/* That the listener of the settings gets the socket that was left, as its index-th. */
static void expect_taken(size_t wanted, size_t number, size_t index, size_t count)
{
	struct baton_listener *listener;

	expect(stored_take(&stored, wanted, store, &listener) == 0);
	expect(baton_listener_count(listener) == count);
	expect(inode_of(listener, index) == left[number].inode);
	fd_store_leave(store, listener);
	baton_listener_close(listener);
}

static void expect_none(size_t wanted)
{
	struct baton_listener *listener;

	expect(stored_take(&stored, wanted, store, &listener) == -ENOENT);
}

static bool is_earlier(size_t number)
{
	for (size_t i = 0; i < store->earlier_count; i++)
		if (store->earlier[i] == left[number].inode)
			return true;
	return false;
}

static void take_both_in_order(void)
{
	expect(is_earlier(0) && is_earlier(1));
	expect_taken(0, 0, 0, 1);
	expect_taken(1, 1, 0, 1);
	expect_none(0);
}

static void take_first(void)
{
	expect_taken(0, 0, 0, 1);
}

START_TEST(each_listener_gets_its_own)
{
	leave("baton.a.0", "127.0.0.1:0");
	leave("baton.b.0", "127.0.0.1:0");
	want("a=127.0.0.1:0");
	want("b=127.0.0.1:0");
	in_next_baton(take_both_in_order);
}
END_TEST

START_TEST(address_tells_where_names_were_exchanged)
{
	leave("baton.a.0", "127.0.0.1:0");
	leave("baton.b.0", "127.0.0.1:0");
	want(bound("b", 0));
	want(bound("a", 1));
	in_next_baton(take_both_in_order);
}
END_TEST

START_TEST(copy_of_a_name_is_found)
{
	leave("baton.a.0", "127.0.0.1:0");
	leave("baton1.a.0", "127.0.0.1:0");
	want(bound("b", 0));
	want("a=127.0.0.1:0");
	in_next_baton(take_both_in_order);
}
END_TEST

static void take_any_port_and_fixed(void)
{
	expect_taken(1, 0, 0, 1);
	expect_taken(0, 1, 0, 1);
}

START_TEST(any_port_gets_what_no_fixed_one_does)
{
	leave("baton.a.0", "127.0.0.1:0");
	leave("baton1.a.0", "127.0.0.1:0");
	want("a=127.0.0.1:0");
	want(bound("b", 0));
	in_next_baton(take_any_port_and_fixed);
}
END_TEST

static void take_none(void)
{
	expect_none(0);
}

START_TEST(any_port_is_taken_by_its_name_alone)
{
	leave("baton.a.0", "127.0.0.1:0");
	want("b=127.0.0.1:0");
	in_next_baton(take_none);
}
END_TEST

START_TEST(other_address_type_or_family_is_another)
{
	leave("baton.a.0", "127.0.0.1:0");
	want("a=127.0.0.2:0");
	in_next_baton(take_none);
	settings_finish(&settings);
	settings_init(&settings);
	want("a=udp://127.0.0.1:0");
	in_next_baton(take_none);
}
END_TEST

START_TEST(ipv4_alone_is_not_both)
{
	struct baton_listener *both;
	char text[32];

	if (listening_try("[::]:0", &both, &error) < 0) {
		fprintf(stderr, "skipped: there is no IPv6\n");
		return;
	}
	baton_listener_close(both);
	leave("baton.a.0", "0.0.0.0:0");
	snprintf(text, sizeof(text), "a=:%d", baton_listener_port(left[0].listener));
	want(text);
	in_next_baton(take_none);
}
END_TEST

START_TEST(passed_address_is_the_managers)
{
	leave("baton.a.0", "127.0.0.1:0");
	want("a=systemd:a");
	in_next_baton(take_none);
}
END_TEST

static void take_shares(void)
{
	struct baton_listener *listener;

	expect(stored_take(&stored, 0, store, &listener) == 0);
	expect(baton_listener_count(listener) == 3 && baton_listener_shares(listener) == 3);
	for (size_t i = 0; i < 3; i++)
		expect(inode_of(listener, i) == left[i].inode);
	fd_store_remove(store, listener);
	baton_listener_close(listener);
}

START_TEST(shares_come_back_in_their_order)
{
	struct baton_listener *shares = listening_open("127.0.0.1:0?reuseport=3");

	leave_socket("baton.a.0", shares, 0);
	leave_socket("baton.a.1", shares, 1);
	leave_socket("baton.a.2", shares, 2);
	want("a=127.0.0.1:0?reuseport=3");
	in_next_baton(take_shares);
	manager_expect(manager, 0, "FDSTOREREMOVE=1\nFDNAME=baton.a.0");
	manager_expect(manager, 0, "FDSTOREREMOVE=1\nFDNAME=baton.a.1");
	manager_expect(manager, 0, "FDSTOREREMOVE=1\nFDNAME=baton.a.2");
}
END_TEST

static void take_as_they_were(void)
{
	struct baton_listener *listener;
	bool is_nonblock;

	for (size_t i = 0; i < 2; i++) {
		expect(stored_take(&stored, i, store, &listener) == 0);
		expect(fd_get_nonblock(baton_listener_fd(listener, 0), &is_nonblock) == 0);
		expect(is_nonblock == (i == 1));
		fd_store_leave(store, listener);
		baton_listener_close(listener);
	}
}

/* Workers of the baton before may be in the middle of accept(2). */
START_TEST(blocking_or_not_they_stay_as_they_were)
{
	leave("baton.a.0", "127.0.0.1:0");
	leave("baton.b.0", "127.0.0.1:0");
	ck_assert_int_eq(fd_set_nonblock(baton_listener_fd(left[0].listener, 0), false), 0);
	ck_assert_int_eq(fd_set_nonblock(baton_listener_fd(left[1].listener, 0), true), 0);
	want("a=127.0.0.1:0");
	want("b=127.0.0.1:0");
	in_next_baton(take_as_they_were);
}
END_TEST

static void take_what_there_is(void)
{
	expect(is_earlier(0) && is_earlier(1) && is_earlier(2)); /* which is beside them */
	expect_taken(0, 1, 1, 2);
}

START_TEST(shares_are_kept_whatever_their_number)
{
	struct baton_listener *shares = listening_open("127.0.0.1:0?reuseport=3");

	leave_socket("baton.a.0", shares, 0);
	leave_socket("baton.a.2", shares, 2);
	want("a=127.0.0.1:0?reuseport=4");
	left[2].inode = inode_of(shares, 1);
	in_next_baton(take_what_there_is);
}
END_TEST

static void take_path(void)
{
	expect_taken(0, 0, 0, 1);
	expect(access(path, F_OK) == 0); /* the manager keeps both */
}

START_TEST(path_is_taken_while_it_is_there)
{
	char text[80];

	snprintf(text, sizeof(text), "unix:%s", path);
	leave("baton.a.0", text);
	snprintf(text, sizeof(text), "a=unix:%s", path);
	want(text);
	in_next_baton(take_path);
	ck_assert_int_eq(unlink(path), 0);
	in_next_baton(take_none);
}
END_TEST

static void drop(void)
{
	stored_drop(&stored);
	take_first();
}

START_TEST(what_nobody_wants_is_closed_and_removed)
{
	char text[80];

	leave("baton.a.0", "127.0.0.1:0");
	snprintf(text, sizeof(text), "unix:%s", path);
	leave("baton.b.0", text);
	want("a=127.0.0.1:0");
	in_next_baton(drop);
	manager_expect(manager, 0, "FDSTOREREMOVE=1\nFDNAME=baton.b.0");
	manager_expect(manager, 0, "BARRIER=1");
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(nothing_is_removed_where_all_is_wanted)
{
	leave("baton.a.0", "127.0.0.1:0");
	want("a=127.0.0.1:0");
	in_next_baton(drop);
	ck_assert_int_eq(baton_notify("STATUS=nothing"), 1);
	manager_expect(manager, 0, "STATUS=nothing");
}
END_TEST

static void take_first_of_own(void)
{
	expect(stored.listener_count == 1 && is_earlier(0) && !is_earlier(1));
	expect(baton_inherit_count(inherit) == 1);
	take_first();
}

START_TEST(sockets_of_units_are_left_alone)
{
	leave("baton.a.0", "127.0.0.1:0");
	leave("a", "127.0.0.1:0");
	want("a=127.0.0.1:0");
	in_next_baton(take_first_of_own);
}
END_TEST

static void take_second_alone(void)
{
	expect_none(0);
	expect_taken(1, 1, 0, 1);
}

START_TEST(socket_that_a_worker_has_ended_is_removed)
{
	leave("baton.a.0", "127.0.0.1:0");
	leave("baton.b.0", "127.0.0.1:0");
	ck_assert_int_eq(shutdown(baton_listener_fd(left[0].listener, 0), SHUT_RDWR), 0);
	want("a=127.0.0.1:0");
	want("b=127.0.0.1:0");
	in_next_baton(take_second_alone);
	manager_expect(manager, 0, "FDSTOREREMOVE=1\nFDNAME=baton.a.0");
}
END_TEST

static void take_nothing_at_all(void)
{
	expect(stored.listener_count == 0 && store->earlier_count == 0);
	stored_drop(&stored);
	expect_none(0);
}

START_TEST(nothing_comes_back_the_first_time)
{
	want("a=127.0.0.1:0");
	in_next_baton(take_nothing_at_all);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_listener_gets_its_own,
		address_tells_where_names_were_exchanged,
		copy_of_a_name_is_found,
		any_port_gets_what_no_fixed_one_does,
		any_port_is_taken_by_its_name_alone,
		other_address_type_or_family_is_another,
		ipv4_alone_is_not_both,
		passed_address_is_the_managers,
		shares_come_back_in_their_order,
		blocking_or_not_they_stay_as_they_were,
		shares_are_kept_whatever_their_number,
		path_is_taken_while_it_is_there,
		what_nobody_wants_is_closed_and_removed,
		nothing_is_removed_where_all_is_wanted,
		sockets_of_units_are_left_alone,
		socket_that_a_worker_has_ended_is_removed,
		nothing_comes_back_the_first_time,
	};
	const struct suite suite = {
		.name = "stored",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
