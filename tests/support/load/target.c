/* SPDX-License-Identifier: MIT */
/* See target.h. */
#include "support/load/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/error.h"

static int parse_unix(const char *path, struct target *ret, struct baton_error *error)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&ret->address;
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(un->sun_path))
		return error_set(error, -EINVAL, "unix path \"%s\" is empty or too long", path);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, length);
	ret->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
	if (path[0] == '@') {
		un->sun_path[0] = '\0';
		ret->length--; /* in an abstract name every byte counts */
	}
	return 0;
}

static int resolve(
	const char *host, const char *port, struct target *ret, struct baton_error *error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found;
	int result = getaddrinfo(host, port, &hints, &found);

	if (result != 0)
		return error_set(error, -EINVAL, "%s:%s: %s", host, port, gai_strerror(result));
	memcpy(&ret->address, found->ai_addr, found->ai_addrlen);
	ret->length = found->ai_addrlen;
	freeaddrinfo(found);
	if (ret->address.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&ret->address;

		ret->is_loopback4 = ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	return 0;
}

int target_parse(const char *text, struct target *ret, struct baton_error *error)
{
	struct target target = { 0 };
	char host[128];
	int result;

	(void)snprintf(target.text, sizeof(target.text), "%s", text);
	if (strncmp(text, "unix:", 5) == 0) {
		result = parse_unix(text + 5, &target, error);
	} else {
		if (strncmp(text, "tcp://", 6) == 0)
			text += 6;
		const char *colon = strrchr(text, ':');
		size_t length = colon ? (size_t)(colon - text) : 0;

		if (length == 0 || length >= sizeof(host) || colon[1] == '\0')
			return error_set(error, -EINVAL, "\"%s\" is not HOST:PORT", text);
		if (text[0] == '[' && text[length - 1] == ']') {
			text++;
			length -= 2;
		}
		memcpy(host, text, length);
		host[length] = '\0';
		result = resolve(host, colon + 1, &target, error);
	}
	if (result == 0)
		*ret = target;
	return result;
}

static int bind_source(int fd, unsigned serial)
{
	struct sockaddr_in source = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000101u + serial % 250u), /* 127.0.1.1 and on */
	};
	int on = 1;

	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) == -1)
		return -errno;
	return bind(fd, (const struct sockaddr *)&source, sizeof(source)) == -1 ? -errno : 0;
}

int target_connect(const struct target *target, unsigned serial, int *ret_fd)
{
	int family = target->address.ss_family;
	cleanup_fd int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;
	int result = 0;

	if (fd == -1)
		return -errno;
	if (target->is_loopback4 && serial)
		result = bind_source(fd, serial);
	if (result < 0)
		return result;
	if (family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* only slower */
	if (connect(fd, (const struct sockaddr *)&target->address, target->length) == -1)
		result = -errno;
	if (result == 0 || result == -EINPROGRESS)
		*ret_fd = take_fd(&fd);
	return result;
}
