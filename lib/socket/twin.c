/* SPDX-License-Identifier: MIT */
/* See twin.h. What a fresh socket has the same value of is left as it is. */
#include "socket/twin.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "socket/bound.h"
#include "socket/resolve.h"

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62 /* Linux 5.0 */
#endif
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72 /* Linux 5.14 */
#endif

/* IP_TOS sets SO_PRIORITY, too, which therefore is the last. */
static const struct {
	int level, name;
} options[] = {
	{ SOL_SOCKET, SO_REUSEADDR },
	{ SOL_SOCKET, SO_REUSEPORT },
	{ SOL_SOCKET, SO_BINDTOIFINDEX },
	{ SOL_SOCKET, SO_BROADCAST },
	{ SOL_SOCKET, SO_KEEPALIVE },
	{ SOL_SOCKET, SO_LINGER },
	{ SOL_SOCKET, SO_MARK },
	{ SOL_SOCKET, SO_TIMESTAMP },
	{ SOL_SOCKET, SO_TIMESTAMPNS },
	{ IPPROTO_IP, IP_FREEBIND },
	{ IPPROTO_IP, IP_PKTINFO },
	{ IPPROTO_IP, IP_TOS },
	{ IPPROTO_IP, IP_TRANSPARENT },
	{ IPPROTO_IP, IP_TTL },
	{ IPPROTO_IPV6, IPV6_FREEBIND },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO },
	{ IPPROTO_IPV6, IPV6_TCLASS },
	{ IPPROTO_IPV6, IPV6_TRANSPARENT },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS },
	{ IPPROTO_IPV6, IPV6_V6ONLY },
	{ IPPROTO_TCP, TCP_CONGESTION },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT },
	{ IPPROTO_TCP, TCP_FASTOPEN },
	{ IPPROTO_TCP, TCP_KEEPCNT },
	{ IPPROTO_TCP, TCP_KEEPIDLE },
	{ IPPROTO_TCP, TCP_KEEPINTVL },
	{ IPPROTO_TCP, TCP_NODELAY },
	{ SOL_SOCKET, SO_PRIORITY },
};

/* Large enough for each of the options. */
struct value {
	char bytes[64];
	socklen_t size;
};

static bool get(int fd, int level, int name, struct value *ret)
{
	*ret = (struct value){ .size = sizeof(ret->bytes) };
	return getsockopt(fd, level, name, ret->bytes, &ret->size) == 0;
}

static int copy_option(int to, int from, int level, int name)
{
	struct value theirs, ours;

	if (!get(from, level, name, &theirs) || !get(to, level, name, &ours) ||
		(theirs.size == ours.size && memcmp(theirs.bytes, ours.bytes, ours.size) == 0))
		return 0; /* none of this kind of socket, or the same */
	return setsockopt(to, level, name, theirs.bytes, theirs.size) == -1 ? -errno : 0;
}

/* Only if somebody has set it: one that is set is never adapted by the kernel. It doubles what it
 * is given (socket(7)). */
static int copy_buffer(int to, int from, int name, int lock)
{
	int locks, size;
	socklen_t length = sizeof(locks), size_length = sizeof(size);

	if (getsockopt(from, SOL_SOCKET, SO_BUF_LOCK, &locks, &length) == -1 || !(locks & lock) ||
		getsockopt(from, SOL_SOCKET, name, &size, &size_length) == -1)
		return 0;
	size /= 2;
	return setsockopt(to, SOL_SOCKET, name, &size, sizeof(size)) == -1 ? -errno : 0;
}

static int copy_options(int to, int from)
{
	enum { SEND = 1, RECEIVE = 2 };
	int r = copy_buffer(to, from, SO_SNDBUF, SEND);

	if (r == 0)
		r = copy_buffer(to, from, SO_RCVBUF, RECEIVE);
	for (size_t i = 0; r == 0 && i < array_length(options); i++)
		r = copy_option(to, from, options[i].level, options[i].name);
	return r;
}

static int get_int(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == -1 ? -errno : value;
}

/* One of its kind, or -errno. */
static int open_alike(int of)
{
	int domain = get_int(of, SO_DOMAIN), type = get_int(of, SO_TYPE);
	int protocol = get_int(of, SO_PROTOCOL);

	if (domain < 0 || type < 0 || protocol < 0)
		return domain < 0 ? domain : type < 0 ? type : protocol;
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol);
	return fd == -1 ? -errno : fd;
}

int twin_check(int of)
{
	struct stat status;
	cleanup_fd int fd = open_alike(of);
	if (fd < 0)
		return fd;
	if (fstat(of, &status) == -1)
		return -errno;
	if (status.st_uid != geteuid())
		return -EPERM;
	return bound_network(fd) == bound_network(of) ? 0 : -EXDEV;
}

int twin_make(int of)
{
	cleanup_fd int fd = open_alike(of);
	if (fd < 0)
		return fd;
	int r = copy_options(fd, of);

	return r < 0 ? r : take_fd(&fd);
}

int twin_bind(int twin, int of)
{
	struct socket_address address = { .length = sizeof(address.un) };

	if (getsockname(of, &address.any, &address.length) == -1 ||
		bind(twin, &address.any, address.length) == -1)
		return -errno;
	return 0;
}

int twin_open(int of)
{
	cleanup_fd int fd = twin_make(of);
	if (fd < 0)
		return fd;
	int r = twin_bind(fd, of);

	return r < 0 ? r : take_fd(&fd);
}

int twin_listen(int twin, int of)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);
	int backlog = INT_MAX; /* the kernel's maximum */

	if (get_int(of, SO_ACCEPTCONN) > 0 &&
		getsockopt(of, IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
		backlog = (int)info.tcpi_sacked; /* of one that listens */
	return listen(twin, backlog) == -1 ? -errno : 0;
}
