/* SPDX-License-Identifier: MIT */
/* See handshakes.h. */
#include "steer/handshakes.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/inet_diag.h>

#include "tcp_diag.h"

static void take(const struct inet_diag_msg *found, const struct tcp_info *info, void *data)
{
	struct handshakes *into = data;
	uint64_t cookie;

	(void)info;
	if (into->count == HANDSHAKES_MAX)
		return;
	memcpy(&cookie, found->id.idiag_cookie, sizeof(cookie));
	into->cookies[into->count++] = cookie;
}

int handshakes_note(struct handshakes *handshakes, const uint16_t *ports, size_t count)
{
	handshakes_finish(handshakes);
	handshakes->cookies = calloc(HANDSHAKES_MAX, sizeof(*handshakes->cookies));
	if (!handshakes->cookies)
		return -ENOMEM;
	int r = tcp_diag(&(struct tcp_diag_query){
		.states = 1 << TCP_SYN_RECV,
		.ports = ports,
		.port_count = count,
		.fn = take,
		.data = handshakes,
	});

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
