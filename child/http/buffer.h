/* SPDX-License-Identifier: MIT */
/* Bytes that are added at the end and taken from the front. Zeroed, it is empty and owns
 * nothing. */
#ifndef CHILD_HTTP_BUFFER_H
#define CHILD_HTTP_BUFFER_H

#include <stddef.h>

struct buffer {
	char *data;      /* owned; NULL while nothing was ever added */
	size_t start;    /* where the bytes begin */
	size_t size;     /* how many there are */
	size_t capacity; /* of data */
};

/* Where the bytes begin; NULL if there never were any. Borrowed until the next change. */
static inline char *buffer_bytes(const struct buffer *buffer)
{
	return buffer->data ? buffer->data + buffer->start : NULL;
}

/* Makes room for extra bytes behind the last one. 0 or -ENOMEM. */
int buffer_reserve(struct buffer *buffer, size_t extra);

/* Adds copies of size bytes at the end. 0 or -ENOMEM. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t size);

/* As buffer_append, of a string without its NUL. */
int buffer_append_text(struct buffer *buffer, const char *text);

/* As buffer_append, formatted as printf(3) does; the result has 1,023 bytes at most. */
int buffer_appendf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes size bytes, which must be there, off the front. */
void buffer_drop(struct buffer *buffer, size_t size);

/* The buffer is empty again; the memory stays for what comes next, unless it is more than that. */
enum { BUFFER_KEPT_MAX = 32 * 1024 };
void buffer_clear(struct buffer *buffer);

/* Frees the memory; the buffer is empty again. */
void buffer_release(struct buffer *buffer);

#endif
