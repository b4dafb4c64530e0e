/* SPDX-License-Identifier: MIT */
/* Descriptors and threads in a snapshot: lifecycle/leak_process.c. */
#include <baton/leak.h>

#include <errno.h>
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
#include "support/directory.h"
#include "support/leaks.h"
#include "support/suite.h"
#include "support/threads.h"

enum { TEXT_SIZE = 256 };

static void open_all(void)
{
	directory_make();
	leaks_look(BATON_LEAK_ALL);
}

static void close_all(void)
{
	leaks_forget();
	directory_remove_all();
}

START_TEST(descriptor_shows_up_and_goes_away)
{
	leaks_check_none();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct baton_leak_entry entry = leaks_check_one(BATON_LEAK_FD);

	ck_assert_uint_eq(entry.number, (unsigned)fd);
	ck_assert_uint_eq(entry.group, 0);
	ck_assert_uint_eq(entry.parent, 0);
	ck_assert_int_eq(entry.age_ms, -1);
	ck_assert_str_eq(entry.what, "/dev/null");
	ck_assert_str_eq(entry.place, "");
	fd_close(fd);
	leaks_check_none();
}
END_TEST

START_TEST(descriptor_that_was_closed_is_not_missed)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	leaks_look(BATON_LEAK_ALL);
	fd_close(fd);
	leaks_check_none();
}
END_TEST

START_TEST(number_that_is_another_thing_now_is_new)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	leaks_look(BATON_LEAK_ALL);
	fd_close(fd);
	ck_assert_int_eq(open("/dev/zero", O_RDONLY | O_CLOEXEC), fd);
	struct baton_leak_entry entry = leaks_check_one(BATON_LEAK_FD);

	ck_assert_uint_eq(entry.number, (unsigned)fd);
	ck_assert_str_eq(entry.what, "/dev/zero");
	fd_close(fd);
	ck_assert_int_eq(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd);
	leaks_look(BATON_LEAK_ALL);
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fd_close(fd);
	ck_assert_int_eq(fcntl(other, F_DUPFD_CLOEXEC, fd), fd);
	fd_close(other);
	ck_assert_uint_eq(leaks_check_one(BATON_LEAK_FD).number, (unsigned)fd);
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

	leaks_look(BATON_LEAK_ALL);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(rename(path, other), 0);
	leaks_check_none();
	ck_assert_int_eq(unlink(other), 0);
	leaks_check_none();
	fd_close(file);
	fd_close(fd);
}
END_TEST

START_TEST(number_that_is_another_nameless_thing_now_is_new)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	leaks_look(BATON_LEAK_ALL);
	fd_close(fd);
	ck_assert_int_eq(epoll_create1(EPOLL_CLOEXEC), fd); /* they share an inode */
	struct baton_leak_entry entry = leaks_check_one(BATON_LEAK_FD);

	ck_assert_uint_eq(entry.number, (unsigned)fd);
	ck_assert_str_eq(entry.what, "anon_inode:[eventpoll]");
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

	(void)snprintf(path, sizeof(path), "%s/a file\n", directory);
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	check_begins(file, directory);
	ck_assert_str_eq(strrchr(describe(file), '/'), "/a file?");
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
	pthread_t thread;

	init_semaphores();
	ck_assert_int_eq(
		thread_start("a longer name than fits", "here.c:1", wait_in_thread, NULL, &thread),
		0);
	threads_await(&has_begun);
	struct baton_leak_entry entry = leaks_check_one(BATON_LEAK_THREAD);

	ck_assert_uint_eq(entry.number, (unsigned)tid);
	ck_assert_uint_eq(entry.group, 0);
	ck_assert_int_eq(entry.age_ms, -1);
	ck_assert_str_eq(entry.what, "a longer name t"); /* of 15 bytes */
	ck_assert_str_eq(entry.place, "here.c:1");
	(void)sem_post(&may_end);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(thread_name_with_blanks_and_parentheses_does_not_confuse)
{
	pthread_t thread;

	init_semaphores();
	ck_assert_int_eq(thread_start(") Z (1 2", "here.c:1", wait_in_thread, NULL, &thread), 0);
	threads_await(&has_begun);
	struct baton_leak_entry entry = leaks_check_one(BATON_LEAK_THREAD);

	ck_assert_str_eq(entry.what, ") Z (1 2");
	(void)sem_post(&may_end);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(thread_of_anybody_shows_up_without_a_place)
{
	init_semaphores();
	threads_start(1, wait_in_foreign_thread);
	threads_await(&has_begun);
	struct baton_leak_entry entry = leaks_check_one(BATON_LEAK_THREAD);

	ck_assert_uint_eq(entry.number, (unsigned)tid);
	ck_assert_str_eq(entry.place, "");
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
	leaks_look(BATON_LEAK_THREAD);
	for (int i = 0; i < 3000; i++) {
		threads_start(4, end_at_once);
		threads_join();
		leaks_check_none();
	}
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
	ck_assert_int_eq(baton_leak_since(leaks_before, &leak), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		descriptor_shows_up_and_goes_away,
		descriptor_that_was_closed_is_not_missed,
		number_that_is_another_thing_now_is_new,
		descriptor_of_which_other_things_are_said_now_is_not_new,
		number_that_is_another_nameless_thing_now_is_new,
		tcp_sockets_are_described,
		udp_and_unix_sockets_are_described,
		other_descriptors_are_described,
		thread_of_the_library_shows_up_with_its_place,
		thread_name_with_blanks_and_parentheses_does_not_confuse,
		thread_of_anybody_shows_up_without_a_place,
		thread_that_was_joined_has_gone,
		failure_to_read_is_told,
	};

	return suite_run(&(struct suite){
		.name = "leak_process",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_all,
		.teardown = close_all,
	});
}
