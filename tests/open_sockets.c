/* SPDX-License-Identifier: MIT */
/* What a family has open: supervisor/adopt/open_sockets.c, with this process' children. */
#include "adopt/open_sockets.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "family.h"
#include "support/suite.h"

enum { SOCKETS = 200 };

static struct family_registry registry;
static struct family family;
static struct open_sockets sockets;

static void setup(void)
{
	family_registry_init(&registry);
	sockets = (struct open_sockets){ 0 };
}

static void teardown(void)
{
	open_sockets_finish(&sockets);
}

static ino_t inode_of(int fd)
{
	struct stat status;

	ck_assert_int_eq(fstat(fd, &status), 0);
	return status.st_ino;
}

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	return fd;
}

/* A process that has what we have now. */
static pid_t fork_server(void)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid)
		return pid;
	(void)pause();
	_exit(0);
}

static void end_family(void)
{
	while (family_kill(&family) > 0)
		continue;
	(void)waitpid(family.leader.pid, NULL, 0);
	family_finish(&family);
}

START_TEST(all_sockets_of_a_process_are_seen)
{
	int fds[SOCKETS];
	ino_t inodes[SOCKETS];

	for (size_t i = 0; i < SOCKETS; i++) {
		fds[i] = open_socket();
		inodes[i] = inode_of(fds[i]);
	}
	pid_t pid = fork_server();
	int later = open_socket();

	ck_assert_int_eq(family_init(&family, &registry, pid, NULL), 0);
	ck_assert_int_eq(open_sockets_look(&sockets, &family), 0);
	for (size_t i = 0; i < SOCKETS; i++) {
		ck_assert(open_sockets_have(&sockets, inodes[i]));
		fd_close(fds[i]);
	}
	ck_assert(!open_sockets_have(&sockets, inode_of(later)));
	ck_assert(!open_sockets_have(&sockets, 0));
	fd_close(later);
	end_family();
}
END_TEST

START_TEST(each_look_is_a_new_one)
{
	int fd = open_socket();
	ino_t inode = inode_of(fd);

	ck_assert_int_eq(family_init(&family, &registry, fork_server(), NULL), 0);
	ck_assert_int_eq(open_sockets_look(&sockets, &family), 0);
	ck_assert(open_sockets_have(&sockets, inode));
	end_family();
	fd_close(fd);
	ck_assert_int_eq(family_init(&family, &registry, fork_server(), NULL), 0);
	ck_assert_int_eq(open_sockets_look(&sockets, &family), 0);
	ck_assert(!open_sockets_have(&sockets, inode));
	end_family();
}
END_TEST

START_TEST(nothing_is_open_before_the_first_look)
{
	ck_assert(!open_sockets_have(&sockets, 1));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		all_sockets_of_a_process_are_seen,
		each_look_is_a_new_one,
		nothing_is_open_before_the_first_look,
	};

	return suite_run(&(struct suite){
		.name = "open_sockets",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
