/* SPDX-License-Identifier: MIT */
/*
 * The options structures of the public interface begin with their size: a
 * caller built against an older header has fewer members, one built against a
 * newer header has more.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The size of the type when that member was its last. */
#define options_bytes(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

/*
 * Copies what of options the caller and we both know to ret, of size bytes, and makes the rest
 * zero. first is the size that the structure had in its first release. 0, or -EINVAL for NULL
 * or less than that.
 */
static inline int options_copy(void *ret, size_t size, const void *options, size_t first)
{
	size_t given;

	if (!options)
		return -EINVAL;
	memcpy(&given, options, sizeof(given));
	if (given < first)
		return -EINVAL;
	memset(ret, 0, size);
	memcpy(ret, options, given < size ? given : size);
	return 0;
}

#endif
