/* SPDX-License-Identifier: MIT */
/* What is there and what is left over: lifecycle/leak*.c. */
#include <baton/leak.h>

#include <baton/context.h>
#include <baton/tracker.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "lifecycle/thread.h"
#include "support/contexts.h"
#include "support/directory.h"
#include "support/suite.h"
#include "support/test_loop.h"
#include "support/threads.h"

enum { TEXT_SIZE = 256 };

static struct baton_leak *before; /* the case's own snapshot */

/* All kinds, unless the case says otherwise. */
static void look(void)
{
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_ALL, &before), 0);
}

static void open_all(void)
{
	directory_make();
	test_loop_open();
	look();
}

static void close_all(void)
{
	baton_leak_destroy(before);
	test_loop_close();
	directory_remove_all();
}

/* What is there that was not there before; to be destroyed. */
static struct baton_leak *find_new(size_t count)
{
	struct baton_leak *left;

	ck_assert_int_eq(baton_leak_since(before, &left), 0);
	ck_assert_uint_eq(baton_leak_count(left), count);
	return left;
}

/* Nothing is new. */
static void check_none(void)
{
	baton_leak_destroy(find_new(0));
}

/* One thing is new: of this kind, with what is said of it and its place copied. */
static struct baton_leak_entry check_one(enum baton_leak_kind kind, char *what, char *place)
{
	struct baton_leak *left = find_new(1);
	struct baton_leak_entry entry = *baton_leak_get(left, 0);

	ck_assert_int_eq(entry.kind, kind);
	(void)snprintf(what, TEXT_SIZE, "%s", entry.what);
	(void)snprintf(place, TEXT_SIZE, "%s", entry.place);
	baton_leak_destroy(left);
	return entry;
}

static void check_place(const char *place)
{
	ck_assert_msg(strstr(place, "tests/leak.c:") != NULL, "%s", place);
}

START_TEST(descriptor_shows_up_and_goes_away)
{
	char what[TEXT_SIZE], place[TEXT_SIZE];

	check_none();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct baton_leak_entry entry = check_one(BATON_LEAK_FD, what, place);

	ck_assert_uint_eq(entry.number, (unsigned)fd);
	ck_assert_uint_eq(entry.group, 0);
	ck_assert_uint_eq(entry.parent, 0);
	ck_assert_int_eq(entry.age_ms, -1);
	ck_assert_str_eq(what, "/dev/null");
	ck_assert_str_eq(place, "");
	fd_close(fd);
	check_none();
}
END_TEST

START_TEST(descriptor_that_was_closed_is_not_missed)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	baton_leak_destroy(before);
	look();
	fd_close(fd);
	check_none();
}
END_TEST

START_TEST(number_that_is_another_thing_now_is_new)
{
	char what[TEXT_SIZE], place[TEXT_SIZE];
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	baton_leak_destroy(before);
	look();
	fd_close(fd);
	ck_assert_int_eq(open("/dev/zero", O_RDONLY | O_CLOEXEC), fd);
	ck_assert_uint_eq(check_one(BATON_LEAK_FD, what, place).number, (unsigned)fd);
	ck_assert_str_eq(what, "/dev/zero");
	fd_close(fd);
	ck_assert_int_eq(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd);
	baton_leak_destroy(before);
	look();
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fd_close(fd);
	ck_assert_int_eq(fcntl(other, F_DUPFD_CLOEXEC, fd), fd);
	fd_close(other);
	ck_assert_uint_eq(check_one(BATON_LEAK_FD, what, place).number, (unsigned)fd);
	fd_close(fd);
}
END_TEST

START_TEST(descriptor_of_which_other_things_are_said_now_is_not_new)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	char path[TEXT_SIZE], other[TEXT_SIZE];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(path, sizeof(path), "%s/file", directory);
	(void)snprintf(other, sizeof(other), "%s/other", directory);
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	baton_leak_destroy(before);
	look();
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(rename(path, other), 0);
	check_none();
	ck_assert_int_eq(unlink(other), 0);
	check_none();
	fd_close(file);
	fd_close(fd);
}
END_TEST

START_TEST(number_that_is_another_nameless_thing_now_is_new)
{
	char what[TEXT_SIZE], place[TEXT_SIZE];
	int fd = eventfd(0, EFD_CLOEXEC);

	baton_leak_destroy(before);
	look();
	fd_close(fd);
	ck_assert_int_eq(epoll_create1(EPOLL_CLOEXEC), fd); /* they share an inode */
	ck_assert_uint_eq(check_one(BATON_LEAK_FD, what, place).number, (unsigned)fd);
	ck_assert_str_eq(what, "anon_inode:[eventpoll]");
	fd_close(fd);
}
END_TEST

/* What a snapshot says of that descriptor. */
static const char *describe(int fd)
{
	static char what[TEXT_SIZE];
	struct baton_leak *leak;

	what[0] = '\0';
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_FD, &leak), 0);
	for (size_t i = 0; i < baton_leak_count(leak); i++)
		if (baton_leak_get(leak, i)->number == (uint64_t)fd)
			(void)snprintf(what, sizeof(what), "%s", baton_leak_get(leak, i)->what);
	baton_leak_destroy(leak);
	return what;
}

static void check_described(int fd, const char *expected)
{
	ck_assert_str_eq(describe(fd), expected);
}

static void check_begins(int fd, const char *expected)
{
	const char *what = describe(fd);

	ck_assert_msg(strncmp(what, expected, strlen(expected)) == 0, "%s", what);
}

/* A TCP socket that listens on a port of the system's choice. */
static int listen_tcp(struct sockaddr_in *ret)
{
	socklen_t size = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	ck_assert_int_eq(bind(fd, (struct sockaddr *)ret, size), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)ret, &size), 0);
	return fd;
}

START_TEST(tcp_sockets_are_described)
{
	struct sockaddr_in address, own;
	socklen_t size = sizeof(own);
	char text[TEXT_SIZE];
	int listener = listen_tcp(&address), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int port = ntohs(address.sin_port), own_port = ntohs(own.sin_port);

	(void)snprintf(text, sizeof(text), "tcp 127.0.0.1:%d, listening", port);
	check_described(listener, text);
	(void)snprintf(text, sizeof(text), "tcp 127.0.0.1:%d, peer 127.0.0.1:%d", own_port, port);
	check_described(fd, text);
	(void)snprintf(text, sizeof(text), "tcp 127.0.0.1:%d, peer 127.0.0.1:%d", port, own_port);
	check_described(accepted, text);
	fd_close(accepted);
	fd_close(fd);
	fd_close(listener);
}
END_TEST

START_TEST(udp_and_unix_sockets_are_described)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[TEXT_SIZE];
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), pair[2];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int packets = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	check_described(udp, "udp 0.0.0.0:0");
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", directory);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	(void)snprintf(text, sizeof(text), "unix %s, listening", address.sun_path);
	check_described(fd, text);
	check_begins(packets, "unix-seqpacket socket:["); /* bound nowhere */
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	check_begins(pair[0], "unix-dgram socket:[");
	ck_assert_ptr_null(strstr(describe(pair[0]), "peer"));
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)snprintf(text, sizeof(text), ", peer %s", address.sun_path);
	ck_assert_ptr_nonnull(strstr(describe(client), text));
	fd_close(client);
	fd_close(pair[0]);
	fd_close(pair[1]);
	fd_close(packets);
	fd_close(fd);
	fd_close(udp);
}
END_TEST

START_TEST(other_descriptors_are_described)
{
	char path[TEXT_SIZE];
	int pipes[2], epoll = epoll_create1(EPOLL_CLOEXEC), event = eventfd(0, EFD_CLOEXEC);

	(void)snprintf(path, sizeof(path), "%s/a file", directory);
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	check_described(file, path);
	check_described(epoll, "anon_inode:[eventpoll]");
	check_described(event, "anon_inode:[eventfd]");
	check_begins(pipes[0], "pipe:[");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_ptr_nonnull(strstr(describe(file), "(deleted)"));
	fd_close(pipes[0]);
	fd_close(pipes[1]);
	fd_close(file);
	fd_close(event);
	fd_close(epoll);
}
END_TEST

static sem_t may_end, has_begun;
static pid_t tid;

static void wait_in_thread(void *data)
{
	(void)data;
	tid = gettid();
	(void)sem_post(&has_begun);
	threads_await(&may_end);
}

static void wait_in_foreign_thread(unsigned index)
{
	(void)index;
	wait_in_thread(NULL);
}

static void init_semaphores(void)
{
	ck_assert_int_eq(sem_init(&may_end, 0, 0), 0);
	ck_assert_int_eq(sem_init(&has_begun, 0, 0), 0);
}

START_TEST(thread_of_the_library_shows_up_with_its_place)
{
	char what[TEXT_SIZE], place[TEXT_SIZE];
	pthread_t thread;

	init_semaphores();
	ck_assert_int_eq(
		thread_start("a longer name than fits", "here.c:1", wait_in_thread, NULL, &thread),
		0);
	threads_await(&has_begun);
	struct baton_leak_entry entry = check_one(BATON_LEAK_THREAD, what, place);

	ck_assert_uint_eq(entry.number, (unsigned)tid);
	ck_assert_uint_eq(entry.group, 0);
	ck_assert_int_eq(entry.age_ms, -1);
	ck_assert_str_eq(what, "a longer name t"); /* of 15 bytes */
	ck_assert_str_eq(place, "here.c:1");
	(void)sem_post(&may_end);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(thread_name_with_blanks_and_parentheses_does_not_confuse)
{
	char what[TEXT_SIZE], place[TEXT_SIZE];
	pthread_t thread;

	init_semaphores();
	ck_assert_int_eq(thread_start(") Z (1 2", "here.c:1", wait_in_thread, NULL, &thread), 0);
	threads_await(&has_begun);
	(void)check_one(BATON_LEAK_THREAD, what, place);
	ck_assert_str_eq(what, ") Z (1 2");
	(void)sem_post(&may_end);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(thread_of_anybody_shows_up_without_a_place)
{
	char what[TEXT_SIZE], place[TEXT_SIZE];

	init_semaphores();
	threads_start(1, wait_in_foreign_thread);
	threads_await(&has_begun);
	ck_assert_uint_eq(check_one(BATON_LEAK_THREAD, what, place).number, (unsigned)tid);
	ck_assert_str_eq(place, "");
	(void)sem_post(&may_end);
	threads_join();
}
END_TEST

static void end_at_once(unsigned index)
{
	(void)index;
}

/* Though the kernel tells who joins it before the thread is off its lists. */
START_TEST(thread_that_was_joined_has_gone)
{
	baton_leak_destroy(before);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_THREAD, &before), 0);
	for (int i = 0; i < 3000; i++) {
		threads_start(4, end_at_once);
		threads_join();
		check_none();
	}
}
END_TEST

START_TEST(task_shows_up_and_goes_away)
{
	struct baton_tracker *tracker, *other;
	struct baton_task task, second;
	char what[TEXT_SIZE], place[TEXT_SIZE];

	ck_assert_int_eq(baton_tracker_create("views", &tracker), 0);
	ck_assert_int_eq(baton_tracker_create("others", &other), 0);
	check_none();
	ck_assert_int_eq(baton_tracker_begin(tracker, "front page", &task), 0);
	struct baton_leak_entry entry = check_one(BATON_LEAK_TASK, what, place);

	ck_assert_str_eq(what, "views: front page");
	check_place(place);
	ck_assert_int_ge(entry.age_ms, 0);
	ck_assert_uint_eq(entry.parent, 0);
	ck_assert_int_eq(baton_tracker_begin(other, "x", &second), 0);
	struct baton_leak *left = find_new(2);

	/* Numbers are the tracker's own, so the group is what tells the two apart. */
	ck_assert_uint_eq(baton_leak_get(left, 0)->group, entry.group);
	ck_assert_uint_gt(baton_leak_get(left, 1)->group, entry.group);
	ck_assert_uint_eq(baton_leak_get(left, 1)->number, baton_leak_get(left, 0)->number);
	baton_leak_destroy(left);
	ck_assert_int_eq(baton_task_end(&second), 0);
	ck_assert_int_eq(baton_task_end(&task), 0);
	check_none();
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
	ck_assert_int_eq(baton_tracker_destroy(other), 0);
}
END_TEST

START_TEST(next_task_of_a_slot_is_new)
{
	struct baton_tracker *tracker;
	struct baton_task task;
	char what[TEXT_SIZE], place[TEXT_SIZE];

	ck_assert_int_eq(baton_tracker_create("views", &tracker), 0);
	ck_assert_int_eq(baton_tracker_begin(tracker, "same", &task), 0);
	baton_leak_destroy(before);
	look();
	ck_assert_int_eq(baton_task_end(&task), 0);
	ck_assert_int_eq(baton_tracker_begin(tracker, "same", &task), 0);
	(void)check_one(BATON_LEAK_TASK, what, place);
	ck_assert_int_eq(baton_task_end(&task), 0);
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
}
END_TEST

START_TEST(context_shows_up_until_its_last_reference_is_gone)
{
	struct baton_cancel *cancel;
	char what[TEXT_SIZE], place[TEXT_SIZE];

	ck_assert_int_eq(baton_context_with_cancel(baton_context_background(), &cancel), 0);
	struct baton_context *context = baton_context_ref(baton_cancel_context(cancel));
	struct baton_leak_entry entry = check_one(BATON_LEAK_CONTEXT, what, place);

	ck_assert_str_eq(what, "goes on");
	check_place(place);
	ck_assert_int_ge(entry.age_ms, 0);
	ck_assert_uint_eq(entry.parent, 0);
	ck_assert_uint_ne(entry.group, 0);
	ck_assert_uint_ne(entry.number, 0);
	baton_cancel_destroy(cancel);
	(void)check_one(BATON_LEAK_CONTEXT, what, place);
	ck_assert_str_eq(what, "cancelled");
	baton_context_unref(context);
	check_none();
}
END_TEST

START_TEST(contexts_name_the_one_above)
{
	static int key;
	struct baton_cancel *top = contexts_new(NULL), *below = contexts_timed(top, 1000000);
	struct baton_cancel *other = contexts_timed(NULL, 0);
	struct baton_context *value;

	ck_assert_int_eq(
		baton_context_with_value(baton_cancel_context(below), &key, &key, &value), 0);
	struct baton_leak *left = find_new(4);
	const struct baton_leak_entry *entries[4];

	for (size_t i = 0; i < array_length(entries); i++)
		entries[i] = baton_leak_get(left, i);
	ck_assert_uint_eq(entries[0]->parent, 0);
	ck_assert_uint_eq(entries[1]->parent, entries[0]->number);
	ck_assert_uint_eq(entries[2]->parent, entries[1]->number);
	ck_assert_uint_eq(entries[1]->group, entries[0]->group);
	ck_assert_uint_eq(entries[2]->group, entries[0]->group);
	ck_assert_uint_ne(entries[3]->group, entries[0]->group);
	ck_assert_uint_eq(entries[3]->parent, 0);
	ck_assert_int_eq(strncmp(entries[1]->what, "ends in ", 8), 0);
	ck_assert_int_eq(strncmp(entries[2]->what, "ends in ", 8), 0); /* with the one above */
	ck_assert_str_eq(entries[3]->what, "timed out"); /* though nobody has looked */
	baton_leak_destroy(left);
	baton_context_unref(value);
	baton_cancel_destroy(other);
	baton_cancel_destroy(below);
	baton_cancel_destroy(top);
	check_none();
}
END_TEST

static void on_done(struct baton_context *context, void *data)
{
	(void)context;
	++*(unsigned *)data;
}

START_TEST(watch_shows_up_until_it_ends)
{
	unsigned calls = 0;
	struct baton_cancel *cancel = contexts_new(NULL);
	struct baton_context_watch *watch;
	char what[TEXT_SIZE], place[TEXT_SIZE];

	/* The first of a loop starts its ev_async, which has a descriptor. */
	ck_assert_int_eq(baton_context_watch(
				 baton_cancel_context(cancel), test_loop, on_done, &calls, &watch),
		0);
	baton_context_unwatch(watch);
	baton_leak_destroy(before);
	look();
	ck_assert_int_eq(baton_context_watch(
				 baton_cancel_context(cancel), test_loop, on_done, &calls, &watch),
		0);
	ck_assert_int_ge(check_one(BATON_LEAK_WATCH, what, place).age_ms, 0);
	ck_assert_str_eq(what, "waits");
	check_place(place);
	baton_cancel_now(cancel, 0, NULL);
	test_loop_until(&calls, 1);
	(void)check_one(BATON_LEAK_WATCH, what, place);
	ck_assert_str_eq(what, "over");
	baton_context_unwatch(watch);
	check_none();
	baton_cancel_destroy(cancel);
}
END_TEST

static int compare(const struct baton_leak_entry *a, const struct baton_leak_entry *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

START_TEST(entries_are_sorted)
{
	enum { MANY = 50 };
	struct baton_tracker *trackers[2];
	struct baton_task tasks[MANY];
	struct baton_cancel *cancels[MANY];
	int fds[MANY];
	struct baton_leak *leak;

	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(baton_tracker_create("t", &trackers[i]), 0);
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_int_eq(baton_tracker_begin(trackers[i % 2], "x", &tasks[i]), 0);
		cancels[i] = contexts_below(i % 5 ? cancels[i / 5 * 5] : NULL);
		fds[i] = eventfd(0, EFD_CLOEXEC);
		ck_assert_int_ge(fds[i], 0);
	}
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_ALL, &leak), 0);
	ck_assert_uint_ge(baton_leak_count(leak), 3 * MANY + 1);
	for (size_t i = 1; i < baton_leak_count(leak); i++)
		ck_assert_int_lt(compare(baton_leak_get(leak, i - 1), baton_leak_get(leak, i)), 0);
	ck_assert_ptr_nonnull(baton_leak_get(leak, baton_leak_count(leak) - 1));
	ck_assert_ptr_null(baton_leak_get(leak, baton_leak_count(leak)));
	baton_leak_destroy(leak);
	baton_leak_destroy(find_new(3 * MANY));
	for (unsigned i = MANY; i-- > 0;) {
		ck_assert_int_eq(baton_task_end(&tasks[i]), 0);
		baton_cancel_destroy(cancels[i]);
		fd_close(fds[i]);
	}
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(baton_tracker_destroy(trackers[i]), 0);
}
END_TEST

START_TEST(only_the_kinds_asked_for_are_there)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct baton_leak *leak;
	int fd;

	for (unsigned kinds = 1; kinds <= BATON_LEAK_ALL; kinds++) {
		unsigned found = 0;

		ck_assert_int_eq(baton_leak_snapshot(kinds, &leak), 0);
		for (size_t i = 0; i < baton_leak_count(leak); i++)
			found |= baton_leak_get(leak, i)->kind;
		ck_assert_uint_eq(
			found, kinds & (BATON_LEAK_FD | BATON_LEAK_THREAD | BATON_LEAK_CONTEXT));
		baton_leak_destroy(leak);
	}
	/* Those since are of the kinds of the snapshot. */
	baton_leak_destroy(before);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_CONTEXT | BATON_LEAK_TASK, &before), 0);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	check_none();
	struct baton_cancel *other = contexts_new(NULL);

	baton_leak_destroy(find_new(1));
	baton_cancel_destroy(other);
	baton_cancel_destroy(cancel);
	fd_close(fd);
}
END_TEST

START_TEST(snapshot_of_nothing_is_compared_too)
{
	struct baton_cancel *cancel;

	baton_leak_destroy(before);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_WATCH, &before), 0);
	ck_assert_uint_eq(baton_leak_count(before), 0);
	check_none();
	cancel = contexts_new(NULL);
	check_none();
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	struct baton_leak *leak;

	ck_assert_int_eq(baton_leak_snapshot(0, &leak), -EINVAL);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_ALL + 1, &leak), -EINVAL);
	ck_assert_int_eq(baton_leak_snapshot(~0u, &leak), -EINVAL);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_ALL, NULL), -EINVAL);
	ck_assert_int_eq(baton_leak_since(NULL, &leak), -EINVAL);
	ck_assert_int_eq(baton_leak_since(before, NULL), -EINVAL);
	baton_leak_destroy(NULL);
}
END_TEST

START_TEST(kinds_have_names)
{
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_FD), "descriptor");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_THREAD), "thread");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_TASK), "task");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_CONTEXT), "context");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_WATCH), "watch");
	ck_assert_str_eq(baton_leak_kind_name(BATON_LEAK_ALL), "");
}
END_TEST

START_TEST(failure_to_read_is_told)
{
	struct rlimit old, limit;
	struct baton_leak *leak;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	limit.rlim_cur = FD_FIRST;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_FD, &leak), -EMFILE);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_THREAD, &leak), -EMFILE);
	ck_assert_int_eq(baton_leak_since(before, &leak), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		descriptor_shows_up_and_goes_away,
		descriptor_that_was_closed_is_not_missed,
		number_that_is_another_thing_now_is_new,
		number_that_is_another_nameless_thing_now_is_new,
		descriptor_of_which_other_things_are_said_now_is_not_new,
		tcp_sockets_are_described,
		udp_and_unix_sockets_are_described,
		other_descriptors_are_described,
		thread_of_the_library_shows_up_with_its_place,
		thread_name_with_blanks_and_parentheses_does_not_confuse,
		thread_of_anybody_shows_up_without_a_place,
		thread_that_was_joined_has_gone,
		task_shows_up_and_goes_away,
		next_task_of_a_slot_is_new,
		context_shows_up_until_its_last_reference_is_gone,
		contexts_name_the_one_above,
		watch_shows_up_until_it_ends,
		entries_are_sorted,
		only_the_kinds_asked_for_are_there,
		snapshot_of_nothing_is_compared_too,
		bad_arguments_are_refused,
		failure_to_read_is_told,
		kinds_have_names,
	};

	return suite_run(&(struct suite){
		.name = "leak",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_all,
		.teardown = close_all,
	});
}
