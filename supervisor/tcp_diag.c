/* SPDX-License-Identifier: MIT */
/* See tcp_diag.h. */
#include "tcp_diag.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include "base/cleanup.h"

static int ask(int netlink, int family, const struct tcp_diag_query *query)
{
	const struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} message = {
		.header = { .nlmsg_len = sizeof(message),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.request = { .sdiag_family = (uint8_t)family,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_ext = query->wants_info ? 1 << (INET_DIAG_INFO - 1) : 0,
			.idiag_states = query->states },
	};

	return send(netlink, &message, sizeof(message), 0) == -1 ? -errno : 0;
}

/* Writes what it says of the connection; an older kernel says less. Whether it does. */
static bool find_info(const struct nlmsghdr *header, struct tcp_info *ret)
{
	const struct inet_diag_msg *found = NLMSG_DATA(header);
	const struct rtattr *attribute = (const void *)(found + 1);
	size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof(*found));

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		size_t size = RTA_PAYLOAD(attribute);

		if (attribute->rta_type != INET_DIAG_INFO)
			continue;
		*ret = (struct tcp_info){ 0 };
		memcpy(ret, RTA_DATA(attribute), size < sizeof(*ret) ? size : sizeof(*ret));
		return true;
	}
	return false;
}

static void tell(const struct tcp_diag_query *query, const struct nlmsghdr *header)
{
	const struct inet_diag_msg *found = NLMSG_DATA(header);
	struct tcp_info info;
	bool is_wanted = false;

	for (size_t i = 0; i < query->port_count; i++)
		is_wanted = is_wanted || query->ports[i] == found->id.idiag_sport;
	if (!is_wanted)
		return;
	bool has_info = query->wants_info && find_info(header, &info);

	query->fn(found, has_info ? &info : NULL, query->data);
}

/* One datagram of the answer. 1 at its end, 0, or -errno. */
static int read_part(const struct tcp_diag_query *query, const struct nlmsghdr *header, size_t size)
{
	for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
		if (header->nlmsg_type == NLMSG_DONE)
			return 1;
		if (header->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
		tell(query, header);
	}
	return 0;
}

static int dump(int netlink, int family, const struct tcp_diag_query *query)
{
	union {
		struct nlmsghdr header;
		char bytes[16 * 1024];
	} part;
	int r = ask(netlink, family, query);

	while (r == 0) {
		ssize_t size = recv(netlink, &part, sizeof(part), 0);
		if (size == -1)
			return -errno;
		r = read_part(query, &part.header, (size_t)size);
	}
	return r < 0 ? r : 0;
}

int tcp_diag(const struct tcp_diag_query *query)
{
	cleanup_fd int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (netlink == -1)
		return -errno;
	int r = dump(netlink, AF_INET, query);

	return r == 0 ? dump(netlink, AF_INET6, query) : r;
}
