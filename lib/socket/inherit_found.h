/* SPDX-License-Identifier: MIT */
/*
 * The sockets that the environment names, while it is read: each once, however
 * many protocols name it, and checked to be an open socket. Variables are
 * handed around as their whole entry, "KEY=VALUE", so that errors can name both.
 */
#ifndef SOCKET_INHERIT_FOUND_H
#define SOCKET_INHERIT_FOUND_H

#include <baton/error.h>
#include <stddef.h>

struct inherit_passed {
	int fd;
	int type;    /* SOCK_STREAM, ... */
	char *name;  /* owned; NULL if no protocol gave it one */
	unsigned by; /* bits of the protocols that named it */
};

struct inherit_found {
	struct inherit_passed *sockets;
	size_t count;
	size_t capacity;
	unsigned reading; /* bit of the protocol whose variables are being read */
};

#define INHERIT_FOUND_INIT \
	{ \
		0 \
	}

/* As error_set, with KEY="VALUE" and ": " before; a long value is cut so that the rest is seen. */
int inherit_refuse(struct baton_error *error, int code, const char *entry, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Adds a descriptor that entry names. Returns its index in sockets; -EINVAL if
 * it is a standard stream, no socket, or was named before by the same
 * protocol; -EBADF if it is not open; -ENOMEM.
 */
int inherit_found_add(
	struct inherit_found *found, const char *entry, int fd, struct baton_error *error);

/* As inherit_found_add, from the first length bytes of text: -EINVAL if they are not a number. */
int inherit_found_add_text(struct inherit_found *found, const char *entry, const char *text,
	size_t length, struct baton_error *error);

/* Frees the list; the descriptors are left as they are. */
void inherit_found_finish(struct inherit_found *found);

#endif
