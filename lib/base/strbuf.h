/* SPDX-License-Identifier: MIT */
/* A growing string. Out of memory is remembered and told once, at the end. */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *text; /* owned; NUL-terminated once anything was appended */
	size_t length;
	size_t capacity;
	bool is_broken; /* an append failed: take returns NULL */
};

#define STRBUF_INIT \
	{ \
		0 \
	}

void strbuf_append(struct strbuf *buf, const char *text);
void strbuf_append_bytes(struct strbuf *buf, const void *bytes, size_t length);
void strbuf_appendf(struct strbuf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Moves the text to the caller, who frees it; never NULL for an empty string.
 * Returns NULL if memory ran out on the way. The string is empty again after.
 */
char *strbuf_take(struct strbuf *buf);

/* Frees what is held; the string is empty again. */
void strbuf_finish(struct strbuf *buf);

#endif
