/* SPDX-License-Identifier: MIT */
/* Memory and descriptors of others: supervisor/task.c. */
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/container.h"
#include "base/fd.h"
#include "support/process.h"
#include "support/suite.h"

enum { WATCHES = 100, TEXT_LENGTH = 100 };

static long page;
static char *memory; /* two pages; the one behind is not there */
static pid_t child;  /* a copy of us that does nothing; 0: none yet */

static void setup(void)
{
	page = sysconf(_SC_PAGESIZE);
	memory = mmap(
		NULL, (size_t)page * 3, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(munmap(memory + page * 2, (size_t)page), 0);
	child = 0;
}

static void teardown(void)
{
	if (child) {
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		ck_assert_int_eq(waitpid(child, NULL, 0), child);
	}
	ck_assert_int_eq(munmap(memory, (size_t)page * 2), 0);
}

/* The child has all that we have at this moment. */
static void start_child(void)
{
	child = fork();
	if (child == 0)
		for (;;)
			(void)pause();
	ck_assert_int_gt(child, 0);
}

/* A process that is no more. */
static pid_t departed(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static ino_t inode_of(int fd)
{
	struct stat status;

	ck_assert_int_eq(fstat(fd, &status), 0);
	return status.st_ino;
}

static uint64_t at(long offset)
{
	return (uintptr_t)memory + (uint64_t)offset;
}

START_TEST(memory_is_read)
{
	char text[8] = "";

	strcpy(memory + page - 4, "1234567");
	start_child();
	memset(memory, 'x', (size_t)page * 2); /* ours alone */
	ck_assert_int_eq(task_read(child, at(page - 4), text, sizeof(text)), sizeof(text));
	ck_assert_str_eq(text, "1234567");
	ck_assert_int_eq(task_read(child, at(page * 2 - 3), text, sizeof(text)), 3);
	ck_assert_int_eq(task_read(child, at(page * 2), text, sizeof(text)), -EFAULT);
	ck_assert_int_eq(task_read(child, 0, text, sizeof(text)), -EFAULT);
	ck_assert_int_eq(task_read(departed(), at(0), text, sizeof(text)), -ESRCH);
}
END_TEST

START_TEST(string_across_pages_is_read)
{
	char text[TEXT_LENGTH + 1], expected[TEXT_LENGTH + 1];

	for (size_t i = 0; i < TEXT_LENGTH; i++)
		expected[i] = (char)('a' + i % 26);
	expected[TEXT_LENGTH] = '\0';
	for (long before = 0; before <= TEXT_LENGTH + 1; before++) {
		memset(memory, 'x', (size_t)page * 2);
		memset(text, 'y', sizeof(text));
		strcpy(memory + page - before, expected);
		ck_assert_int_eq(
			task_read_string(getpid(), at(page - before), text, sizeof(text)), 0);
		ck_assert_str_eq(text, expected);
	}
}
END_TEST

START_TEST(string_is_read_to_the_last_byte_that_is_there)
{
	char text[TEXT_LENGTH];

	memset(memory, 'x', (size_t)page * 2);
	memory[page * 2 - 1] = '\0';
	ck_assert_int_eq(task_read_string(getpid(), at(page * 2 - 4), text, sizeof(text)), 0);
	ck_assert_str_eq(text, "xxx");
	ck_assert_int_eq(task_read_string(getpid(), at(page * 2 - 1), text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(string_without_an_end_is_no_string)
{
	char text[TEXT_LENGTH];

	memset(memory, 'x', (size_t)page * 2);
	ck_assert_int_eq(task_read_string(getpid(), at(page * 2 - 4), text, sizeof(text)), -EFAULT);
	ck_assert_int_eq(task_read_string(getpid(), at(page * 2), text, sizeof(text)), -EFAULT);
	ck_assert_int_eq(task_read_string(getpid(), 0, text, sizeof(text)), -EFAULT);
	ck_assert_int_eq(task_read_string(getpid(), UINT64_MAX, text, sizeof(text)), -EFAULT);
	ck_assert_int_eq(task_read_string(departed(), at(0), text, sizeof(text)), -ESRCH);
}
END_TEST

START_TEST(string_that_does_not_fit_is_too_long)
{
	char text[TEXT_LENGTH];

	memset(memory, 'x', (size_t)page * 2);
	memory[page + 10] = '\0';
	for (long begin = page - 20; begin < page; begin++) {
		size_t length = (size_t)(page + 10 - begin);

		ck_assert_int_eq(
			task_read_string(getpid(), at(begin), text, length), -ENAMETOOLONG);
		ck_assert_int_eq(task_read_string(getpid(), at(begin), text, length + 1), 0);
		ck_assert_uint_eq(strlen(text), length);
	}
	ck_assert_int_eq(task_read_string(getpid(), at(page + 10), text, 0), -ENAMETOOLONG);
}
END_TEST

START_TEST(sockets_are_known_by_their_inode)
{
	int fd = open_socket(), null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ino_t inode = inode_of(fd);

	start_child();
	ck_assert_uint_eq(task_fd_socket(child, fd), inode);
	ck_assert_uint_eq(task_fd_socket(child, null), 0);
	fd_close(fd);
	fd_close(null);
	ck_assert_uint_eq(task_fd_socket(child, fd), inode);
	ck_assert_uint_eq(task_fd_socket(getpid(), fd), 0);
	ck_assert_uint_eq(task_fd_socket(child, -1), 0);
	ck_assert_uint_eq(task_fd_socket(departed(), fd), 0);
}
END_TEST

START_TEST(epoll_sets_are_known)
{
	int set = epoll_create1(EPOLL_CLOEXEC), fd = open_socket();

	start_child();
	ck_assert(task_fd_is_epoll(child, set));
	ck_assert(!task_fd_is_epoll(child, fd));
	ck_assert(!task_fd_is_epoll(child, 1000));
	fd_close(set);
	fd_close(fd);
}
END_TEST

START_TEST(descriptor_is_duplicated)
{
	int fd = open_socket();
	ino_t inode = inode_of(fd);

	ck_assert_int_eq(fd_set_cloexec(fd, false), 0);
	start_child();
	fd_close(fd);
	int taken = task_get_fd(child, fd);

	ck_assert_int_ge(taken, 0);
	ck_assert_int_eq(fcntl(taken, F_GETFD), FD_CLOEXEC);
	ck_assert_uint_eq(inode_of(taken), inode);
	fd_close(taken);
	ck_assert_int_eq(task_get_fd(child, 1000), -EBADF);
	ck_assert_int_eq(task_get_fd(child, -1), -EBADF);
	ck_assert_int_eq(task_get_fd(departed(), fd), -ESRCH);
}
END_TEST

/* The descriptors of a thread. */
struct thread {
	pthread_t id;
	int report[2], release[2];
};

/* Tells its number, and stays until the pipe ends. */
static void *stay(void *data)
{
	const struct thread *thread = data;
	pid_t tid = (pid_t)syscall(SYS_gettid);
	char byte;

	if (write(thread->report[1], &tid, sizeof(tid)) == sizeof(tid))
		(void)!read(thread->release[0], &byte, 1);
	return NULL;
}

START_TEST(descriptor_of_a_thread_is_duplicated)
{
	struct thread thread;
	int fd = open_socket();
	pid_t tid;

	ck_assert_int_eq(pipe2(thread.report, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(thread.release, O_CLOEXEC), 0);
	ck_assert_int_eq(pthread_create(&thread.id, NULL, stay, &thread), 0);
	process_wait_fd(thread.report[0], POLLIN);
	ck_assert_int_eq(read(thread.report[0], &tid, sizeof(tid)), sizeof(tid));
	ck_assert_int_ne(tid, getpid());
	int taken = task_get_fd(tid, fd);

	ck_assert_int_ge(taken, 0);
	ck_assert_uint_eq(inode_of(taken), inode_of(fd));
	ck_assert_uint_eq(task_fd_socket(tid, fd), inode_of(fd));
	fd_close(taken);
	fd_close(thread.release[1]);
	ck_assert_int_eq(pthread_join(thread.id, NULL), 0);
	fd_close(thread.release[0]);
	fd_close(thread.report[0]);
	fd_close(thread.report[1]);
	fd_close(fd);
}
END_TEST

START_TEST(every_duplicate_of_a_socket_is_found)
{
	int fd = open_socket(), stranger = open_socket();
	int duplicates[] = { fd, fcntl(fd, F_DUPFD, 200), fcntl(fd, F_DUPFD_CLOEXEC, 300),
		fcntl(fd, F_DUPFD, 1000) };
	struct task_fd found[8];
	size_t count = array_length(duplicates);

	start_child();
	ck_assert_int_eq(task_find_socket(child, inode_of(fd), found, array_length(found)), count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(found[i].fd, duplicates[i]);
		ck_assert_int_eq(found[i].is_cloexec, i % 2 == 0);
	}
	ck_assert_int_eq(task_find_socket(child, inode_of(fd), found, 2), 2);
	ck_assert_int_eq(found[1].fd, 200);
	ck_assert_int_eq(
		task_find_socket(child, inode_of(stranger), found, array_length(found)), 1);
	ck_assert_int_eq(found[0].fd, stranger);
	ck_assert_int_eq(task_find_socket(child, 1, found, array_length(found)), 0);
	ck_assert_int_eq(task_find_socket(departed(), 1, found, array_length(found)), -ENOENT);
	for (size_t i = 0; i < count; i++)
		fd_close(duplicates[i]);
	fd_close(stranger);
}
END_TEST

/* What a walk has told. */
struct told {
	struct task_watch watches[WATCHES];
	size_t count, limit;
};

static bool on_watch(const struct task_watch *watch, void *data)
{
	struct told *told = data;

	ck_assert_uint_lt(told->count, told->limit);
	told->watches[told->count++] = *watch;
	return told->count < told->limit;
}

static uint64_t data_of(int fd)
{
	return fd % 3 ? (uint64_t)fd << 56 | (uint64_t)fd : (uint64_t)fd;
}

static uint32_t events_of(int fd)
{
	return fd % 2 ? EPOLLIN : EPOLLIN | EPOLLET | EPOLLRDHUP;
}

static void watch_all(int set, int *fds)
{
	for (size_t i = 0; i < WATCHES; i++) {
		fds[i] = open_socket();
		struct epoll_event event = { events_of(fds[i]), { .u64 = data_of(fds[i]) } };

		ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &event), 0);
	}
}

/* Many times the buffer of the walk. */
START_TEST(epoll_set_of_many_is_walked)
{
	int set = epoll_create1(EPOLL_CLOEXEC), fds[WATCHES];
	struct told told = { .limit = WATCHES };

	watch_all(set, fds);
	start_child();
	ck_assert_int_eq(task_walk_epoll(child, set, on_watch, &told), 0);
	ck_assert_uint_eq(told.count, WATCHES);
	for (size_t i = 0; i < WATCHES; i++) {
		const struct task_watch *watch = &told.watches[i];

		ck_assert_uint_eq(watch->inode, inode_of(watch->fd));
		ck_assert_uint_eq(watch->data, data_of(watch->fd));
		ck_assert_uint_eq(
			watch->events & ~(uint32_t)(EPOLLERR | EPOLLHUP), events_of(watch->fd));
		for (size_t k = 0; k < i; k++)
			ck_assert_int_ne(watch->fd, told.watches[k].fd);
	}
	for (size_t i = 0; i < WATCHES; i++)
		fd_close(fds[i]);
	fd_close(set);
}
END_TEST

START_TEST(walk_ends_when_it_is_told_to)
{
	int set = epoll_create1(EPOLL_CLOEXEC), fds[WATCHES];

	watch_all(set, fds);
	for (size_t limit = 1; limit <= WATCHES; limit += 9) {
		struct told told = { .limit = limit };

		ck_assert_int_eq(task_walk_epoll(getpid(), set, on_watch, &told), 0);
		ck_assert_uint_eq(told.count, limit);
	}
	for (size_t i = 0; i < WATCHES; i++)
		fd_close(fds[i]);
	fd_close(set);
}
END_TEST

START_TEST(what_is_no_epoll_set_has_no_watches)
{
	int set = epoll_create1(EPOLL_CLOEXEC), fd = open_socket();
	struct told told = { .limit = 0 };

	ck_assert_int_eq(task_walk_epoll(getpid(), set, on_watch, &told), 0);
	ck_assert_int_eq(task_walk_epoll(getpid(), fd, on_watch, &told), 0);
	ck_assert_int_eq(task_walk_epoll(getpid(), 1000, on_watch, &told), -ENOENT);
	ck_assert_int_eq(task_walk_epoll(departed(), set, on_watch, &told), -ENOENT);
	fd_close(set);
	fd_close(fd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		memory_is_read,
		string_across_pages_is_read,
		string_is_read_to_the_last_byte_that_is_there,
		string_without_an_end_is_no_string,
		string_that_does_not_fit_is_too_long,
		sockets_are_known_by_their_inode,
		epoll_sets_are_known,
		descriptor_is_duplicated,
		descriptor_of_a_thread_is_duplicated,
		every_duplicate_of_a_socket_is_found,
		epoll_set_of_many_is_walked,
		walk_ends_when_it_is_told_to,
		what_is_no_epoll_set_has_no_watches,
	};

	return suite_run(&(struct suite){
		.name = "task",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
