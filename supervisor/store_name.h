/* SPDX-License-Identifier: MIT */
/*
 * What a socket is called in the manager's store of descriptors (FDNAME of sd_notify(3)):
 * "baton.LISTENER.INDEX". The prefix tells it from a socket of a unit, which may be called
 * as the listener is; the index, since the manager keeps no order. "baton1.LISTENER.INDEX" is
 * another listener of that name: for a while there are two when an upgrade changes its address.
 * Pure.
 */
#ifndef SUPERVISOR_STORE_NAME_H
#define SUPERVISOR_STORE_NAME_H

#include <stddef.h>

/* With the NUL: the manager takes 255 bytes, of any that a listener's name may have. */
enum { STORE_NAME_SIZE = 256 };

struct store_name {
	char listener[STORE_NAME_SIZE];
	unsigned copy; /* 0: the first of that name */
	size_t index;
};

/* Writes the name of a listener's socket. 0, or -ENAMETOOLONG. */
int store_name_format(
	const char *listener, unsigned copy, size_t index, char ret[static STORE_NAME_SIZE]);

/* 0, or -EINVAL for what store_name_format would not have written. */
int store_name_parse(const char *text, struct store_name *ret);

/* As strcmp: the sockets of one listener stand together, in their order. */
int store_name_compare(const struct store_name *a, const struct store_name *b);

#endif
