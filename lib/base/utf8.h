/* SPDX-License-Identifier: MIT */
/* Text of strangers: which bytes are UTF-8. Pure. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many of the first size bytes of text are its first character, 1 to 4; 0
 * if they are not well-formed UTF-8 (RFC 3629: no surrogates, none overlong,
 * none cut off) or size is 0. *ret is the code point.
 */
size_t utf8_decode(const char *text, size_t size, uint32_t *ret);

#endif
