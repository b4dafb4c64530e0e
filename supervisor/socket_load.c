/* SPDX-License-Identifier: MIT */
/* See socket_load.h. */
#include "socket_load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <linux/sock_diag.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

static int integer_option(int fd, int option)
{
	int value;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/* For a socket that listens, the kernel puts its queue and backlog into these two: tcp_get_info. */
static void read_queue(int fd, struct socket_load *ret)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1 ||
		info.tcpi_state != TCP_LISTEN)
		return;
	ret->queue = info.tcpi_unacked;
	ret->backlog = info.tcpi_sacked;
}

void socket_load_read(int fd, struct socket_load *ret)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(memory);
	int domain = integer_option(fd, SO_DOMAIN);

	*ret = (struct socket_load){ -1, -1, -1 };
	if (domain != AF_INET && domain != AF_INET6)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &size) == -1)
		return;
	if (size > SK_MEMINFO_DROPS * sizeof(memory[0]))
		ret->drops = memory[SK_MEMINFO_DROPS];
	if (integer_option(fd, SO_TYPE) == SOCK_DGRAM)
		ret->queue = memory[SK_MEMINFO_RMEM_ALLOC];
	else
		read_queue(fd, ret);
}

static int64_t add(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? -1 : a + b;
}

void socket_load_add(struct socket_load *sum, const struct socket_load *one)
{
	sum->queue = add(sum->queue, one->queue);
	sum->backlog = add(sum->backlog, one->backlog);
	sum->drops = add(sum->drops, one->drops);
}
