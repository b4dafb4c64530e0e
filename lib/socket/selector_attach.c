/* SPDX-License-Identifier: MIT */
/* See selector_attach.h. */
#include "socket/selector_attach.h"

#include <errno.h>
#include <sys/socket.h>

#include "socket/selector.h"

#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51 /* Linux 4.5 */
#endif

int selector_attach(const struct selector *selector, int socket)
{
	return setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &selector->program,
		       sizeof(selector->program)) == -1
		? -errno
		: 0;
}
