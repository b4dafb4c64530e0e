/* SPDX-License-Identifier: MIT */
/*
 * Pieces of text, and text written to where there is room for it: those functions return the
 * end of what they wrote. snprintf would take as long for a short answer's head as all the
 * rest of the answer.
 */
#ifndef CHILD_HTTP_TEXT_H
#define CHILD_HTTP_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A piece of a longer text: not NUL-terminated. */
struct text {
	const char *data;
	size_t size;
};

/* What a hexadecimal digit stands for; -1 if it is none. */
static inline int text_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum { TEXT_NUMBER_SIZE = 20 }; /* of the largest */

static inline char *text_add_bytes(char *end, const char *bytes, size_t size)
{
	memcpy(end, bytes, size);
	return end + size;
}

static inline char *text_add(char *end, const char *text)
{
	return text_add_bytes(end, text, strlen(text));
}

static inline char *text_add_number(char *end, uint64_t number)
{
	char digits[TEXT_NUMBER_SIZE];
	size_t count = 0;

	do
		digits[sizeof(digits) - ++count] = (char)('0' + number % 10);
	while (number /= 10);
	return text_add_bytes(end, digits + sizeof(digits) - count, count);
}

#endif
