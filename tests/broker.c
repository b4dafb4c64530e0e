/* SPDX-License-Identifier: MIT */
/* What becomes of the calls of workers: broker.c and what it calls, in supervisor/adopt/. */
#include "adopt/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/fd.h"
#include "base/pidfd.h"
#include "support/adopted.h"
#include "support/loop.h"
#include "support/process.h"
#include "support/suite.h"

static struct adopted one, two, three;

START_TEST(first_bind_is_let_pass_and_held)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	int fd = adopted_socket(&one, "inet stream");
	ino_t fresh = adopted_inode(&one, fd);

	adopted_do(&one, "bind %d %s", fd, address);
	adopted_do(&one, "listen %d", fd);
	ck_assert_uint_eq(adopted_inode(&one, fd), fresh);
	ck_assert_uint_eq(one.claims, 1);
	ck_assert_uint_eq(one.claimed, fresh);
	ck_assert_ptr_nonnull(held_find_socket(&adopt.held, fresh));
	adopted_expect_served(&one, fd, address);
}
END_TEST

START_TEST(next_generation_is_given_the_socket)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	int fd = adopted_listen(&one, "inet stream", address);
	int other = adopted_listen(&two, "inet stream", address);

	ck_assert_uint_eq(adopted_inode(&two, other), adopted_inode(&one, fd));
	ck_assert_uint_eq(two.claims, 1);
	ck_assert_uint_eq(two.claimed, adopted_inode(&one, fd));
	adopted_expect_served(&two, other, address);
	adopted_expect_served(&one, fd, address);
	adopted_end(&one);
	adopted_start(&three, 3);
	int third = adopted_listen(&three, "inet stream", address);

	ck_assert_uint_eq(adopted_inode(&three, third), adopted_inode(&two, other));
	ck_assert_uint_eq(adopted_count_held(), 1);
}
END_TEST

START_TEST(connections_wait_while_nobody_serves)
{
	const char *address = adopted_free_address();
	int client;

	adopted_start(&one, 1);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "inet stream", address));

	adopted_end(&one);
	ck_assert_int_eq(adopted_connect(address, &client), 0);
	adopted_start(&two, 2);
	int fd = adopted_listen(&two, "inet stream", address);

	ck_assert_uint_eq(adopted_inode(&two, fd), held);
	ck_assert_int_gt(adopted_ask(&two, "accept %d", fd), 0);
	fd_close(client);
}
END_TEST

/* Dual stack: an IPv4 address in an IPv6 socket. */
START_TEST(ipv6_is_held)
{
	char address[64];

	(void)snprintf(address, sizeof(address), "[::ffff:%s", adopted_free_address());
	char *colon = strrchr(address, ':');

	(void)memmove(colon + 1, colon, strlen(colon) + 1);
	*colon = ']';
	adopted_start(&one, 1);
	adopted_start(&two, 2);
	int fd = adopted_listen(&one, "inet6 stream", address);
	int other = adopted_listen(&two, "inet6 stream", address);

	ck_assert_uint_eq(adopted_inode(&one, fd), adopted_inode(&two, other));
}
END_TEST

START_TEST(datagrams_and_abstract_names_are_held)
{
	char abstract[64];

	(void)snprintf(abstract, sizeof(abstract), "@baton-broker-%d", (int)getpid());
	const char *addresses[] = { adopted_free_address(), abstract };
	static const char *const kinds[] = { "inet dgram", "unix dgram" };

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	for (size_t i = 0; i < array_length(kinds); i++) {
		int fd = adopted_socket(&one, kinds[i]), other = adopted_socket(&two, kinds[i]);

		adopted_do(&one, "bind %d %s", fd, addresses[i]);
		adopted_do(&two, "bind %d %s", other, addresses[i]);
		ck_assert_uint_eq(adopted_inode(&one, fd), adopted_inode(&two, other));
	}
}
END_TEST

START_TEST(every_duplicate_is_replaced_and_keeps_its_flag)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "inet stream", address));
	int stranger = adopted_socket(&two, "inet stream"),
	    fd = adopted_socket(&two, "inet stream");
	int plain = (int)adopted_ask(&two, "dup %d 200", fd);
	int hidden = (int)adopted_ask(&two, "dup %d 300", fd);
	ino_t strange = adopted_inode(&two, stranger);

	ck_assert_int_eq(plain, 200);
	ck_assert_int_eq(hidden, 300);
	adopted_do(&two, "cloexec %d 1", hidden);
	adopted_do(&two, "bind %d %s", plain, address);
	ck_assert_uint_eq(adopted_inode(&two, fd), held);
	ck_assert_uint_eq(adopted_inode(&two, plain), held);
	ck_assert_uint_eq(adopted_inode(&two, hidden), held);
	ck_assert_uint_eq(adopted_inode(&two, stranger), strange);
	ck_assert_int_eq(adopted_ask(&two, "is-cloexec %d", fd), 1);
	ck_assert_int_eq(adopted_ask(&two, "is-cloexec %d", plain), 0);
	ck_assert_int_eq(adopted_ask(&two, "is-cloexec %d", hidden), 1);
}
END_TEST

START_TEST(epoll_set_from_before_the_bind_tells_of_connections)
{
	const char *address = adopted_free_address();
	int client;

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	(void)adopted_listen(&one, "inet stream", address);
	int fd = adopted_socket(&two, "inet stream");
	int level = (int)adopted_ask(&two, "epoll-add %d level", fd);
	int edge = (int)adopted_ask(&two, "epoll-add %d edge", fd);
	int duplicate = (int)adopted_ask(&two, "dup %d 200", fd);
	int third = (int)adopted_ask(&two, "epoll-add %d level", duplicate);

	adopted_do(&two, "bind %d %s", fd, address);
	adopted_do(&two, "listen %d", fd);
	/* They tell of the held socket alone: the fresh one, which was no listener, would hang up.
	 */
	(void)adopted_ask(&two, "epoll-poll %d", edge);
	ck_assert_int_eq(adopted_ask(&two, "epoll-poll %d", level), -EAGAIN);
	ck_assert_int_eq(adopted_ask(&two, "epoll-poll %d", edge), -EAGAIN);
	ck_assert_int_eq(adopted_ask(&two, "epoll-poll %d", third), -EAGAIN);
	ck_assert_int_eq(adopted_connect(address, &client), 0);
	ck_assert_int_eq(adopted_ask(&two, "epoll-wait %d", level), fd);
	ck_assert_int_eq(adopted_ask(&two, "epoll-wait %d", level), fd);
	ck_assert_int_eq(adopted_ask(&two, "epoll-wait %d", third), duplicate);
	ck_assert_int_eq(adopted_ask(&two, "epoll-wait %d", edge), fd);
	ck_assert_int_eq(adopted_ask(&two, "epoll-poll %d", edge), -EAGAIN);
	fd_close(client);
}
END_TEST

START_TEST(second_bind_of_a_generation_is_in_use)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	struct adopted *workers[] = { &one, &two };

	for (size_t i = 0; i < array_length(workers); i++) {
		struct adopted *worker = workers[i];
		int fd = adopted_listen(worker, "inet stream", address);
		int again = adopted_socket(worker, "inet stream");

		ck_assert_int_eq(adopted_ask(worker, "bind %d %s", again, address), -EADDRINUSE);
		adopted_do(worker, "close %d", fd);
		adopted_do(worker, "bind %d %s", again, address);
		ck_assert_uint_eq(adopted_inode(worker, again), one.claimed);
		adopted_do(worker, "listen %d", again);
		adopted_expect_served(worker, again, address);
	}
	ck_assert_uint_eq(adopted_count_held(), 1);
}
END_TEST

START_TEST(socket_that_a_parent_has_open_is_in_use)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	int fd = adopted_listen(&one, "inet stream", address);

	ck_assert_int_gt(adopted_ask(&one, "fork"), 0);
	adopted_do(&one, "close %d", fd);
	int again = adopted_socket(&one, "inet stream");

	ck_assert_int_eq(adopted_ask(&one, "bind %d %s", again, address), -EADDRINUSE);
	ck_assert_int_eq(adopted_ask(&one, "exit 3"), 3);
	adopted_do(&one, "close %d", fd);
	again = adopted_socket(&one, "inet stream");
	adopted_do(&one, "bind %d %s", again, address);
	ck_assert_uint_eq(adopted_inode(&one, again), one.claimed);
}
END_TEST

START_TEST(what_a_forked_process_binds_is_held)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	ck_assert_int_gt(adopted_ask(&one, "fork"), 0);
	ino_t held = adopted_inode(&one, adopted_listen(&one, "inet stream", address));

	ck_assert_int_gt(adopted_ask(&two, "fork"), 0);
	ck_assert_uint_eq(adopted_inode(&two, adopted_listen(&two, "inet stream", address)), held);
	ck_assert_int_eq(adopted_ask(&two, "exit 0"), 0);
	ck_assert_int_eq(adopted_ask(&one, "exit 0"), 0);
}
END_TEST

START_TEST(workers_of_a_generation_share_a_socket)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 1);
	int fd = adopted_listen(&one, "inet stream", address);

	ck_assert_uint_eq(adopted_inode(&two, adopted_listen(&two, "inet stream", address)),
		adopted_inode(&one, fd));
}
END_TEST

START_TEST(bind_of_a_32_bit_program_is_let_pass_and_told_of)
{
#if defined(__x86_64__)
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	int fd = adopted_socket(&one, "inet stream");

	if (access("/proc/sys/abi/vsyscall32", F_OK) == -1)
		return; /* the kernel is built without CONFIG_IA32_EMULATION */
	adopted_do(&one, "bind-foreign %d %s", fd, address);
	adopted_do(&one, "listen %d", fd);
	adopted_expect_served(&one, fd, address);
	ck_assert(one.broker->has_complained);
	ck_assert_uint_eq(adopted_count_held(), 0);
#endif
}
END_TEST

START_TEST(what_cannot_be_held_is_let_pass)
{
	adopted_start(&one, 1);
	int fd = adopted_listen(&one, "inet stream", "127.0.0.1:0");

	ck_assert_int_gt(adopted_ask(&one, "port %d", fd), 0);
	(void)adopted_listen(&one, "unix stream", "-"); /* the kernel names it */
	adopted_do(&one, "bind %d -", adopted_socket(&one, "netlink raw"));
	ck_assert_int_eq(
		adopted_ask(&one, "bind-nowhere %d", adopted_socket(&one, "inet stream")), -EFAULT);
	ck_assert_int_eq(adopted_ask(&one, "bind 1000 127.0.0.1:1"), -EBADF);
	ck_assert_int_eq(
		adopted_ask(&one, "bind %d /nonexistent/path", adopted_socket(&one, "unix stream")),
		-ENOENT);
	ck_assert(!one.broker->has_complained);
	ck_assert_uint_eq(adopted_count_held(), 0);
	ck_assert_uint_eq(one.claims, 0);
}
END_TEST

START_TEST(failed_bind_is_not_held)
{
	const char *address = adopted_free_address(), *taken = adopted_free_address();

	adopted_start(&two, 1);
	int fd = adopted_listen(&two, "inet stream", taken);

	held_finish(&adopt.held, true); /* a stranger's, from now on */
	adopted_start(&one, 1);
	int failed = adopted_socket(&one, "inet stream");

	ck_assert_int_eq(adopted_ask(&one, "bind %d %s", failed, taken), -EADDRINUSE);
	adopted_do(&one, "bind %d %s", failed, address); /* the socket can still be used */
	ck_assert_uint_eq(adopted_count_held(), 1);
	ck_assert_ptr_nonnull(held_find_socket(&adopt.held, adopted_inode(&one, failed)));
	int again = adopted_socket(&one, "inet stream");

	ck_assert_int_eq(adopted_ask(&one, "bind %d %s", again, taken), -EADDRINUSE);
	adopted_do(&two, "close %d", fd);
	adopted_do(&one, "bind %d %s", again, taken);
	ck_assert_uint_eq(adopted_inode(&one, again), one.claimed);
}
END_TEST

/* As of FTP servers, whose connections come from port 20. */
START_TEST(socket_that_is_connected_is_not_held_any_more)
{
	const char *address = adopted_free_address();
	const char *peers[] = { adopted_free_address(), adopted_free_address() };
	struct adopted *workers[] = { &one, &two };

	adopted_start(&three, 1);
	for (unsigned i = 0; i < array_length(workers); i++) {
		int listener = adopted_listen(&three, "inet stream", peers[i]);

		adopted_start(workers[i], i + 1);
		int fd = adopted_socket(workers[i], "inet stream");
		ino_t fresh = adopted_inode(workers[i], fd);

		adopted_do(workers[i], "reuseaddr %d", fd);
		adopted_do(workers[i], "bind %d %s", fd, address);
		ck_assert_uint_eq(
			adopted_inode(workers[i], fd), fresh); /* not the other's connection */
		ck_assert_uint_eq(adopted_count_held(), i + 2);
		adopted_do(workers[i], "connect %d %s", fd, peers[i]);
		ck_assert_int_gt(adopted_ask(&three, "accept %d", listener), 0);
	}
	held_settle(&adopt.held, 0);
	ck_assert_uint_eq(adopted_count_held(), 2); /* the listeners */
}
END_TEST

START_TEST(socket_of_a_blocking_predecessor_stays_blocking)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	int fd = adopted_listen(&one, "inet stream", address);
	int other = adopted_socket(&two, "inet stream");

	adopted_do(&two, "nonblock %d", other);
	adopted_do(&two, "bind %d %s", other, address);
	ck_assert_int_eq(adopted_ask(&one, "is-nonblock %d", fd), 0);
}
END_TEST

START_TEST(shutdown_of_a_held_listener_does_nothing)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	int fd = adopted_listen(&one, "inet stream", address);
	int other = adopted_listen(&two, "inet stream", address);

	adopted_do(&one, "shutdown %d rdwr", fd);
	adopted_do(&two, "shutdown %d rd", other);
	adopted_expect_served(&two, other, address);
	adopted_expect_served(&one, fd, address);
}
END_TEST

START_TEST(shutdown_of_another_listener_takes_place)
{
	char address[32];
	int client;

	adopted_start(&one, 1);
	int fd = adopted_listen(&one, "inet stream", "127.0.0.1:0");

	(void)snprintf(address, sizeof(address), "127.0.0.1:%ld", adopted_ask(&one, "port %d", fd));
	adopted_do(&one, "shutdown %d rdwr", fd);
	ck_assert_int_eq(adopted_connect(address, &client), -ECONNREFUSED);
	ck_assert_int_eq(adopted_ask(&one, "shutdown %d rdwr", adopted_socket(&one, "inet stream")),
		-ENOTCONN);
	ck_assert_int_eq(adopted_ask(&one, "shutdown 1000 rdwr"), -EBADF);
}
END_TEST

START_TEST(shutdown_of_a_connection_takes_place)
{
	static const char *const ways[] = { "wr", "rdwr" };
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	int fd = adopted_listen(&one, "inet stream", address);

	for (size_t i = 0; i < array_length(ways); i++) {
		int client = -1;
		char byte;

		ck_assert_int_eq(adopted_connect(address, &client), 0);
		long connection = adopted_ask(&one, "accept %d", fd);

		ck_assert_int_eq(recv(client, &byte, 1, MSG_DONTWAIT), -1);
		adopted_do(&one, "shutdown %ld %s", connection, ways[i]);
		process_wait_fd(client, POLLIN);
		ck_assert_int_eq(recv(client, &byte, 1, MSG_DONTWAIT), 0);
		fd_close(client);
	}
}
END_TEST

START_TEST(caller_that_is_killed_does_no_harm)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	int fd = adopted_socket(&one, "inet stream");

	adopted_tell(&one, "bind %d %s", fd, address);
	process_wait_fd(one.broker->fd, POLLIN);
	ck_assert_int_eq(pidfd_signal(one.pidfd, SIGKILL), 0);
	process_wait_fd(one.pidfd, POLLIN);
	(void)loop_turn();
	(void)loop_turn();
	ck_assert_uint_eq(adopted_count_held(), 0);
	ck_assert_uint_eq(one.claims, 0);
	fd = adopted_listen(&two, "inet stream", address);
	adopted_end(&one);
	adopted_expect_served(&two, fd, address);
}
END_TEST

START_TEST(claims_end_with_the_broker)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 1);
	ino_t slot = adopted_inode(&one, adopted_slot(&one, address));

	adopted_end(&one);
	/* It has not been retired: the next worker of its generation is waited for. */
	ck_assert_ptr_nonnull(held_find_socket(&adopt.held, slot));
	ck_assert_ptr_null(held_find_unwanted(&adopt.held));
	ck_assert_uint_eq(adopted_inode(&two, adopted_slot(&two, address)), slot);
	ck_assert_ptr_null(held_find_unwanted(&adopt.held));
}
END_TEST

START_TEST(worker_that_was_given_up_claims_nothing)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 1);
	adopted_start(&two, 1);
	ino_t slot = adopted_inode(&one, adopted_slot(&one, address));

	broker_detach(one.broker);
	ck_assert_uint_eq(adopted_inode(&two, adopted_slot(&two, address)), slot);
	(void)adopted_slot(&one, address); /* it may still run, and is not heard of */
	ck_assert_uint_eq(one.claims, 1);
}
END_TEST

START_TEST(what_the_successor_does_not_bind_is_closed_once_the_predecessor_is_gone)
{
	const char *address = adopted_free_address(), *dropped = adopted_free_address();
	int client;

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	(void)adopted_listen(&one, "inet stream", address);
	(void)adopted_listen(&one, "inet stream", dropped);
	broker_ready(one.broker);
	int fd = adopted_listen(&two, "inet stream", address);

	broker_ready(two.broker);
	broker_retire(one.broker);
	ck_assert_uint_eq(
		adopted_count_held(), 2); /* it may be binding it again, or accepting still */
	ck_assert_int_eq(adopted_connect(dropped, &client), 0);
	fd_close(client);
	adopted_end(&one);
	ck_assert_uint_eq(adopted_count_held(), 1);
	ck_assert_int_eq(adopted_connect(dropped, &client), -ECONNREFUSED);
	adopted_expect_served(&two, fd, address);
}
END_TEST

START_TEST(nothing_is_closed_while_nobody_serves)
{
	const char *address = adopted_free_address();
	int client;

	adopted_start(&one, 1);
	adopted_start(&two, 2);
	(void)adopted_listen(&one, "inet stream", address);
	broker_ready(one.broker);
	broker_retire(one.broker);
	adopted_end(&one);
	ck_assert_int_eq(adopted_connect(address, &client), 0);
	fd_close(client);
	adopted_end(&two); /* not retired, and never ready */
	ck_assert_int_eq(adopted_connect(address, &client), 0);
	fd_close(client);
}
END_TEST

START_TEST(end_of_all_processes_is_known)
{
	adopted_start(&one, 1);
	ck_assert(broker_has_tasks(one.broker));
	ck_assert_int_eq(pidfd_signal(one.pidfd, SIGKILL), 0);
	process_wait_fd(one.pidfd, POLLIN);
	int pidfd = one.pidfd;

	one.pidfd = fd_dup(pidfd);
	(void)process_wait(pidfd); /* reaped: before Linux 6.11 it is known only then */
	process_wait_fd(one.broker->fd, 0);
	ck_assert(!broker_has_tasks(one.broker));
	(void)loop_turn();
	ck_assert(!ev_is_active(&one.broker->watcher));
	broker_release(one.broker);
	one.broker = NULL;
	fd_close(one.pidfd);
	fd_close(one.commands);
	fd_close(one.answers);
	family_finish(&one.family);
}
END_TEST

/* As a supervisor that is not root, of a server that has changed its user. */
static bool lose_sight(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	if (geteuid() != 0 || syscall(SYS_capget, &header, caps) == -1)
		return false;
	caps[0].effective &= ~(1u << CAP_SYS_PTRACE);
	caps[0].permitted &= ~(1u << CAP_SYS_PTRACE);
	return syscall(SYS_capset, &header, caps) == 0;
}

START_TEST(worker_that_may_not_be_looked_into_is_let_pass)
{
	const char *address = adopted_free_address();

	if (!lose_sight()) {
		fprintf(stderr, "skipped: only root may start a process of another user\n");
		return;
	}
	adopted_start(&one, 1);
	adopted_do(&one, "setuid 65534");
	int fd = adopted_listen(&one, "inet stream", address);

	ck_assert(one.broker->has_complained);
	ck_assert_uint_eq(adopted_count_held(), 0);
	adopted_expect_served(&one, fd, address);
	adopted_do(&one, "shutdown %d rdwr", fd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		first_bind_is_let_pass_and_held,
		next_generation_is_given_the_socket,
		connections_wait_while_nobody_serves,
		ipv6_is_held,
		bind_of_a_32_bit_program_is_let_pass_and_told_of,
		datagrams_and_abstract_names_are_held,
		every_duplicate_is_replaced_and_keeps_its_flag,
		epoll_set_from_before_the_bind_tells_of_connections,
		second_bind_of_a_generation_is_in_use,
		socket_that_a_parent_has_open_is_in_use,
		what_a_forked_process_binds_is_held,
		workers_of_a_generation_share_a_socket,
		what_cannot_be_held_is_let_pass,
		failed_bind_is_not_held,
		socket_that_is_connected_is_not_held_any_more,
		socket_of_a_blocking_predecessor_stays_blocking,
		shutdown_of_a_held_listener_does_nothing,
		shutdown_of_another_listener_takes_place,
		shutdown_of_a_connection_takes_place,
		caller_that_is_killed_does_no_harm,
		claims_end_with_the_broker,
		worker_that_was_given_up_claims_nothing,
		what_the_successor_does_not_bind_is_closed_once_the_predecessor_is_gone,
		nothing_is_closed_while_nobody_serves,
		end_of_all_processes_is_known,
		worker_that_may_not_be_looked_into_is_let_pass,
	};

	return suite_run(&(struct suite){
		.name = "broker",
		.cases = cases,
		.count = array_length(cases),
		.setup = adopted_setup,
		.teardown = adopted_teardown,
	});
}
