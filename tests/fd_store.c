/* SPDX-License-Identifier: MIT */
/* What is left in the manager's store, and removed from it: supervisor/fd_store.c. */
#include "fd_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <baton/listener.h>
#include <baton/notify.h>

#include "base/fd.h"
#include "log.h"
#include "support/listening.h"
#include "support/manager.h"
#include "support/suite.h"

enum { LISTENERS_MAX = 8 };

static struct fd_store *store;
static struct baton_listener *listeners[LISTENERS_MAX];
static size_t count;
static int manager;
static char path[64];

static void setup(void)
{
	char address[32];

	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	snprintf(address, sizeof(address), "@fd-store-%d", (int)getpid());
	snprintf(path, sizeof(path), "/tmp/baton-fd-store-%d", (int)getpid());
	manager = manager_open(address);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", address, 1), 0);
	ck_assert_int_eq(setenv("FDSTORE", "2", 1), 0);
	store = NULL;
	count = 0;
}

static void teardown(void)
{
	fd_store_unref(store);
	for (size_t i = 0; i < count; i++)
		baton_listener_close(listeners[i]);
	fd_close(manager);
	(void)unlink(path);
}

static void create(const char *capacity)
{
	if (capacity)
		ck_assert_int_eq(setenv("FDSTORE", capacity, 1), 0);
	else
		ck_assert_int_eq(unsetenv("FDSTORE"), 0);
	fd_store_unref(store);
	ck_assert_int_eq(fd_store_create(&store), 0);
	store->is_serving = true; /* nobody here answers a barrier */
}

static struct baton_listener *listen_on(const char *text)
{
	ck_assert_uint_lt(count, LISTENERS_MAX);
	return listeners[count++] = listening_open(text);
}

static struct baton_listener *put(const char *name, const char *text)
{
	struct baton_listener *listener = listen_on(text);

	fd_store_put(store, name, listener);
	return listener;
}

static void expect(const char *text)
{
	manager_expect(manager, getpid(), text);
}

/* Nothing was sent before that has not been expected. */
static void expect_nothing(void)
{
	ck_assert_int_eq(baton_notify("STATUS=nothing"), 1);
	expect("STATUS=nothing");
}

START_TEST(each_socket_is_left_under_its_name)
{
	create("2");
	put("http", "127.0.0.1:0?reuseport=2");
	expect("FDSTORE=1\nFDNAME=baton.http.0");
	expect("FDSTORE=1\nFDNAME=baton.http.1");
	expect_nothing();
}
END_TEST

START_TEST(listener_is_left_once_whatever_it_is_called)
{
	create("2");
	struct baton_listener *listener = put("http", "127.0.0.1:0");

	expect("FDSTORE=1\nFDNAME=baton.http.0");
	fd_store_put(store, "web", listener);
	expect_nothing();
	fd_store_remove(store, listener);
	expect("FDSTOREREMOVE=1\nFDNAME=baton.http.0");
	expect_nothing();
}
END_TEST

START_TEST(datagram_socket_stays_whatever_error_it_has)
{
	create("2");
	put("http", "udp://127.0.0.1:0");
	expect("FDSTORE=1\nFDNAME=baton.http.0\nFDPOLL=0");
}
END_TEST

START_TEST(two_listeners_of_one_name_are_told_apart)
{
	create("3");
	struct baton_listener *first = put("http", "127.0.0.1:0");

	expect("FDSTORE=1\nFDNAME=baton.http.0");
	put("http", "127.0.0.1:0");
	expect("FDSTORE=1\nFDNAME=baton1.http.0");
	fd_store_remove(store, first);
	expect("FDSTOREREMOVE=1\nFDNAME=baton.http.0");
	put("http", "127.0.0.1:0");
	expect("FDSTORE=1\nFDNAME=baton2.http.0");
}
END_TEST

START_TEST(what_the_manager_has_already_is_not_sent_again)
{
	create("3");
	struct baton_listener *listener = listen_on("127.0.0.1:0?reuseport=2");

	ck_assert_int_eq(fd_store_enter(store, "http", 4, 3, listener), 0);
	fd_store_put(store, "http", listener);
	expect_nothing();
	put("http", "127.0.0.1:0");
	expect("FDSTORE=1\nFDNAME=baton5.http.0");
	/* One in between was dropped. */
	fd_store_remove(store, listener);
	expect("FDSTOREREMOVE=1\nFDNAME=baton4.http.0");
	expect("FDSTOREREMOVE=1\nFDNAME=baton4.http.1");
	expect("FDSTOREREMOVE=1\nFDNAME=baton4.http.2");
	expect_nothing();
}
END_TEST

START_TEST(nothing_is_left_where_there_is_no_room)
{
	create("2");
	put("many", "127.0.0.1:0?reuseport=3");
	expect_nothing();
	put("one", "127.0.0.1:0");
	expect("FDSTORE=1\nFDNAME=baton.one.0");
	put("two", "127.0.0.1:0?reuseport=2");
	expect_nothing();
}
END_TEST

START_TEST(it_is_once_there_is_room)
{
	create("1");
	struct baton_listener *first = put("a", "127.0.0.1:0");

	expect("FDSTORE=1\nFDNAME=baton.a.0");
	struct baton_listener *second = put("b", "127.0.0.1:0");

	expect_nothing();
	fd_store_remove(store, first);
	expect("FDSTOREREMOVE=1\nFDNAME=baton.a.0");
	fd_store_put(store, "b", second);
	expect("FDSTORE=1\nFDNAME=baton.b.0");
}
END_TEST

START_TEST(nothing_is_left_without_a_store)
{
	static const char *const values[] = { NULL, "0", "", "many", "-1" };

	for (size_t i = 0; i < array_length(values); i++) {
		create(values[i]);
		put("http", "127.0.0.1:0");
		expect_nothing();
	}
	ck_assert_int_eq(setenv("FDSTORE", "2", 1), 0);
	ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
	fd_store_unref(store);
	ck_assert_int_eq(fd_store_create(&store), 0);
	ck_assert_uint_eq(store->capacity, 0);
}
END_TEST

START_TEST(name_that_is_too_long_is_not_left)
{
	char name[BATON_LISTENER_NAME_MAX + 1];

	memset(name, 'x', sizeof(name));
	name[BATON_LISTENER_NAME_MAX] = '\0';
	create("2");
	put(name, "127.0.0.1:0");
	expect_nothing();
}
END_TEST

START_TEST(path_stays_with_what_is_stored)
{
	char text[80];

	snprintf(text, sizeof(text), "unix:%s", path);
	create("1");
	struct baton_listener *listener = put("http", text);

	count--;
	fd_store_leave(store, listener);
	baton_listener_close(listener);
	ck_assert_int_eq(access(path, F_OK), 0);
	expect("FDSTORE=1\nFDNAME=baton.http.0");
	expect_nothing();
}
END_TEST

START_TEST(path_is_removed_with_what_is_removed)
{
	char text[80];

	snprintf(text, sizeof(text), "unix:%s", path);
	create("1");
	struct baton_listener *listener = put("http", text);

	count--;
	fd_store_remove(store, listener);
	baton_listener_close(listener);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(manager_that_is_gone_has_nothing)
{
	char text[80];

	snprintf(text, sizeof(text), "unix:%s", path);
	create("2");
	fd_close(manager);
	manager = -1;
	struct baton_listener *listener = put("http", text);

	ck_assert_uint_eq(store->stored, 0);
	count--;
	fd_store_leave(store, listener);
	baton_listener_close(listener);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(manager_that_does_not_answer_is_waited_for_once)
{
	create("64");
	store->is_serving = false;
	put("a", "127.0.0.1:0?reuseport=9");
	ck_assert(store->is_serving);
	ck_assert_uint_eq(store->stored, 9);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_socket_is_left_under_its_name,
		listener_is_left_once_whatever_it_is_called,
		datagram_socket_stays_whatever_error_it_has,
		two_listeners_of_one_name_are_told_apart,
		what_the_manager_has_already_is_not_sent_again,
		nothing_is_left_where_there_is_no_room,
		it_is_once_there_is_room,
		nothing_is_left_without_a_store,
		name_that_is_too_long_is_not_left,
		path_stays_with_what_is_stored,
		path_is_removed_with_what_is_removed,
		manager_that_is_gone_has_nothing,
		manager_that_does_not_answer_is_waited_for_once,
	};
	const struct suite suite = {
		.name = "fd_store",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
