/* SPDX-License-Identifier: MIT */
/* TCP sockets of the network namespace as the kernel lists them: sock_diag(7). */
#ifndef SUPERVISOR_TCP_DIAG_H
#define SUPERVISOR_TCP_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inet_diag_msg;
struct tcp_info;

struct tcp_diag_query {
	uint32_t states;       /* 1 << TCP_..., of netinet/tcp.h */
	const uint16_t *ports; /* local ones, in network byte order: no others are told of */
	size_t port_count;
	/* info is NULL unless it was asked for. */
	void (*fn)(const struct inet_diag_msg *found, const struct tcp_info *info, void *data);
	void *data;
	bool wants_info;
};

/* Tells of each that there is now. The kernel has its answer ready: nothing is waited for. 0 or
 * -errno. */
int tcp_diag(const struct tcp_diag_query *query);

#endif
