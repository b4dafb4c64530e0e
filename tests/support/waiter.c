/* SPDX-License-Identifier: MIT */
/*
 * A server of sorts: waits on the listening socket 3 in the way that its argument
 * names, for ever. It says one byte on descriptor 4 just before it does.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3, REPORT = 4 };

static int never[2]; /* a pipe that nothing comes from */

static void report(void)
{
	if (write(REPORT, "w", 1) != 1)
		abort();
}

static int epoll_of(int fd, uint32_t events)
{
	int set = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = events };

	if (set == -1 || epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == -1)
		abort();
	return set;
}

static void wait_on_epoll(int set)
{
	struct epoll_event event;

	report();
	for (;;)
		(void)epoll_wait(set, &event, 1, -1);
}

static void epoll(void)
{
	wait_on_epoll(epoll_of(LISTENER, EPOLLIN | EPOLLET));
}

static void epoll_nested(void)
{
	wait_on_epoll(epoll_of(epoll_of(LISTENER, EPOLLIN), EPOLLIN));
}

/* Registered, and too busy to wait. */
static void epoll_busy(void)
{
	int set = epoll_of(LISTENER, EPOLLIN);

	report();
	for (;;)
		(void)epoll_ctl(set, EPOLL_CTL_ADD, LISTENER, NULL);
}

static void epoll_for_writing(void)
{
	int set = epoll_of(never[0], EPOLLIN);
	struct epoll_event event = { .events = EPOLLOUT };

	(void)epoll_ctl(set, EPOLL_CTL_ADD, LISTENER, &event);
	report();
	for (;;) /* EPOLLHUP of a socket that listens not would wake us: it listens */
		(void)epoll_wait(set, &event, 1, -1);
}

static void *in_thread(void *wait)
{
	(*(void (**)(void))wait)();
	return NULL;
}

static void epoll_in_thread(void)
{
	pthread_t thread;
	static void (*wait)(void) = epoll;

	if (pthread_create(&thread, NULL, in_thread, &wait) != 0)
		abort();
	(void)pthread_join(thread, NULL);
}

static void poll_many(void)
{
	struct pollfd entries[150];

	for (size_t i = 0; i < 150; i++)
		entries[i] = (struct pollfd){ .fd = i % 2 ? -1 : never[0], .events = POLLIN };
	entries[149] = (struct pollfd){ .fd = LISTENER, .events = POLLIN };
	report();
	for (;;)
		(void)poll(entries, 150, -1);
}

static void poll_other(void)
{
	struct pollfd entries[] = { { .fd = never[0], .events = POLLIN },
		{ .fd = LISTENER, .events = 0 } };

	report();
	for (;;)
		(void)ppoll(entries, 2, NULL, NULL);
}

static void select_one(void)
{
	int high = dup2(LISTENER, 100);
	fd_set set;

	report();
	for (;;) {
		FD_ZERO(&set);
		FD_SET(never[0], &set);
		FD_SET(high, &set);
		(void)select(high + 1, &set, NULL, NULL, NULL);
	}
}

static void select_other(void)
{
	fd_set set;

	report();
	for (;;) {
		FD_ZERO(&set);
		FD_SET(never[0], &set);
		(void)select(LISTENER + 100, &set, NULL, NULL, NULL);
	}
}

static void accept_blocking(void)
{
	report();
	for (;;)
		(void)accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC);
}

/* Too busy with its one connection to wait on a socket ever again. */
static void accept_once(void)
{
	if (accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC) == -1)
		abort();
	report();
	for (;;)
		(void)pause();
}

/* Has both ends of a connection to another port, and the listener. */
static void accept_other(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(other, (struct sockaddr *)&address, length) == -1 || listen(other, 1) == -1 ||
		getsockname(other, (struct sockaddr *)&address, &length) == -1 ||
		connect(client, (struct sockaddr *)&address, length) == -1 ||
		accept4(other, NULL, NULL, SOCK_CLOEXEC) == -1)
		abort();
	report();
	for (;;)
		(void)pause();
}

static void receive(void)
{
	char byte;

	report();
	for (;;)
		(void)recv(LISTENER, &byte, 1, 0);
}

static void grandchild(void)
{
	if (fork() == 0) {
		if (fork() == 0)
			accept_blocking();
		select_other();
	}
	select_other();
}

static void hold(void)
{
	report();
	for (;;)
		(void)pause();
}

static const struct {
	const char *name;
	void (*wait)(void);
} ways[] = {
	{ "accept", accept_blocking },
	{ "accept-once", accept_once },
	{ "accept-other", accept_other },
	{ "epoll", epoll },
	{ "epoll-busy", epoll_busy },
	{ "epoll-for-writing", epoll_for_writing },
	{ "epoll-in-thread", epoll_in_thread },
	{ "epoll-nested", epoll_nested },
	{ "grandchild", grandchild },
	{ "hold", hold },
	{ "poll", poll_many },
	{ "poll-other", poll_other },
	{ "receive", receive },
	{ "select", select_one },
	{ "select-other", select_other },
};

int main(int argc, char **argv)
{
	if (pipe2(never, O_CLOEXEC) == -1)
		return 1;
	for (size_t i = 0; argc == 2 && i < sizeof(ways) / sizeof(*ways); i++) {
		if (strcmp(argv[1], ways[i].name) == 0)
			ways[i].wait();
	}
	return 64;
}
