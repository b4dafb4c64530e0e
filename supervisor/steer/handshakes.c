/* SPDX-License-Identifier: MIT */
/* See handshakes.h. */
#include "steer/handshakes.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "base/cleanup.h"

/* What the kernel answers to one question. */
struct answer {
	const uint16_t *ports;
	size_t port_count;
	struct handshakes *into;
};

static int ask(int netlink, int family)
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
			.idiag_states = 1 << TCP_SYN_RECV },
	};

	return send(netlink, &message, sizeof(message), 0) == -1 ? -errno : 0;
}

static void take(struct answer *answer, const struct inet_diag_msg *found)
{
	struct handshakes *into = answer->into;
	bool is_wanted = false;
	uint64_t cookie;

	for (size_t i = 0; i < answer->port_count; i++)
		is_wanted = is_wanted || answer->ports[i] == found->id.idiag_sport;
	if (!is_wanted || into->count == HANDSHAKES_MAX)
		return;
	memcpy(&cookie, found->id.idiag_cookie, sizeof(cookie));
	into->cookies[into->count++] = cookie;
}

/* One datagram of the answer. 1 at its end, 0, or -errno. */
static int read_part(struct answer *answer, const struct nlmsghdr *header, size_t size)
{
	for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
		if (header->nlmsg_type == NLMSG_DONE)
			return 1;
		if (header->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
		take(answer, NLMSG_DATA(header));
	}
	return 0;
}

/* The kernel has its answer ready: nothing is waited for. */
static int dump(int netlink, int family, struct answer *answer)
{
	union {
		struct nlmsghdr header;
		char bytes[16 * 1024];
	} part;
	int r = ask(netlink, family);

	while (r == 0) {
		ssize_t size = recv(netlink, &part, sizeof(part), 0);
		if (size == -1)
			return -errno;
		r = read_part(answer, &part.header, (size_t)size);
	}
	return r < 0 ? r : 0;
}

int handshakes_note(struct handshakes *handshakes, const uint16_t *ports, size_t count)
{
	struct answer answer = { ports, count, handshakes };
	cleanup_fd int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	handshakes_finish(handshakes);
	if (netlink == -1)
		return -errno;
	handshakes->cookies = calloc(HANDSHAKES_MAX, sizeof(*handshakes->cookies));
	if (!handshakes->cookies)
		return -ENOMEM;
	int r = dump(netlink, AF_INET, &answer);
	if (r == 0)
		r = dump(netlink, AF_INET6, &answer);
	if (r < 0 || handshakes->count == 0)
		handshakes_finish(handshakes);
	return r;
}

static bool has(const struct handshakes *handshakes, uint64_t cookie)
{
	for (size_t i = 0; i < handshakes->count; i++)
		if (handshakes->cookies[i] == cookie)
			return true;
	return false;
}

int handshakes_look(struct handshakes *handshakes, const uint16_t *ports, size_t count)
{
	struct handshakes now = { NULL, 0 };
	size_t left = 0;

	if (!handshakes->count)
		return 0;
	int r = handshakes_note(&now, ports, count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < handshakes->count; i++)
		if (has(&now, handshakes->cookies[i]))
			handshakes->cookies[left++] = handshakes->cookies[i];
	handshakes->count = left;
	handshakes_finish(&now);
	return (int)left;
}

void handshakes_finish(struct handshakes *handshakes)
{
	free(handshakes->cookies);
	*handshakes = (struct handshakes){ NULL, 0 };
}
