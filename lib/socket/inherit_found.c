/* SPDX-License-Identifier: MIT */
/* See inherit_found.h. */
#include "socket/inherit_found.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/parse.h"

enum { QUOTED_MAX = 80 }; /* of a key and of a value, in an error */

int inherit_refuse(struct baton_error *error, int code, const char *entry, const char *format, ...)
{
	char reason[BATON_ERROR_SIZE];
	const char *value = env_value(entry);
	size_t key_length = (size_t)(value - entry) - 1;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reason, sizeof(reason), format, args); /* cut if too long */
	va_end(args);
	return error_set(error, code, "%.*s=\"%.*s%s\": %s",
		key_length > QUOTED_MAX ? QUOTED_MAX : (int)key_length, entry, QUOTED_MAX, value,
		strlen(value) > QUOTED_MAX ? "..." : "", reason);
}

static struct inherit_passed *find(const struct inherit_found *found, int fd)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->sockets[i].fd == fd)
			return &found->sockets[i];
	return NULL;
}

static int append(struct inherit_found *found, const struct inherit_passed *passed)
{
	if (found->count == found->capacity) {
		size_t capacity = found->capacity ? found->capacity * 2 : 16;
		struct inherit_passed *sockets =
			reallocarray(found->sockets, capacity, sizeof(*sockets));

		if (!sockets)
			return -ENOMEM;
		found->sockets = sockets;
		found->capacity = capacity;
	}
	found->sockets[found->count++] = *passed;
	return 0;
}

int inherit_found_add(
	struct inherit_found *found, const char *entry, int fd, struct baton_error *error)
{
	struct inherit_passed new = { .fd = fd, .by = found->reading };
	socklen_t size = sizeof(new.type);

	if (fd < FD_FIRST)
		return inherit_refuse(
			error, -EINVAL, entry, "descriptor %d is a standard stream", fd);
	struct inherit_passed *passed = find(found, fd);

	if (passed && passed->by & found->reading)
		return inherit_refuse(error, -EINVAL, entry, "descriptor %d is named twice", fd);
	if (passed) {
		passed->by |= found->reading;
		return (int)(passed - found->sockets);
	}
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &new.type, &size) == -1) {
		if (errno == EBADF)
			return inherit_refuse(
				error, -EBADF, entry, "descriptor %d is not open", fd);
		return inherit_refuse(error, -EINVAL, entry, "descriptor %d is not a socket", fd);
	}
	int r = append(found, &new);
	if (r < 0)
		return inherit_refuse(error, r, entry, "out of memory");
	return (int)(found->count - 1);
}

int inherit_found_add_text(struct inherit_found *found, const char *entry, const char *text,
	size_t length, struct baton_error *error)
{
	char digits[12]; /* more than any descriptor has */
	int fd = -1;

	if (length < sizeof(digits)) {
		memcpy(digits, text, length);
		digits[length] = '\0';
		if (parse_int(digits, 0, INT_MAX, &fd) < 0)
			fd = -1;
	}
	if (fd == -1)
		return inherit_refuse(error, -EINVAL, entry, "\"%.*s\" is not a descriptor number",
			length > QUOTED_MAX ? QUOTED_MAX : (int)length, text);
	return inherit_found_add(found, entry, fd, error);
}

void inherit_found_finish(struct inherit_found *found)
{
	for (size_t i = 0; i < found->count; i++)
		free(found->sockets[i].name);
	free(found->sockets);
	*found = (struct inherit_found)INHERIT_FOUND_INIT;
}
