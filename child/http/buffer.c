/* SPDX-License-Identifier: MIT */
/* See buffer.h. */
#include "http/buffer.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 512, FORMAT_MAX = 1024 };

int buffer_reserve(struct buffer *buffer, size_t extra)
{
	size_t capacity = buffer->capacity ? buffer->capacity : CAPACITY_MIN;

	if (buffer->capacity - buffer->start - buffer->size >= extra)
		return 0;
	if (extra > SIZE_MAX / 2 - buffer->size)
		return -ENOMEM;
	while (capacity < buffer->size + extra)
		capacity *= 2;
	if (capacity == buffer->capacity) {
		/* There is room, at the front. */
		memmove(buffer->data, buffer_bytes(buffer), buffer->size);
	} else {
		char *data = malloc(capacity);
		if (!data)
			return -ENOMEM;
		if (buffer->size)
			memcpy(data, buffer_bytes(buffer), buffer->size);
		free(buffer->data);
		buffer->data = data;
		buffer->capacity = capacity;
	}
	buffer->start = 0;
	return 0;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
	if (size == 0)
		return 0;
	int r = buffer_reserve(buffer, size);
	if (r < 0)
		return r;
	memcpy(buffer_bytes(buffer) + buffer->size, bytes, size);
	buffer->size += size;
	return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

int buffer_appendf(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	int r = buffer_reserve(buffer, FORMAT_MAX);
	if (r < 0)
		return r;
	va_start(args, format);
	int size = vsnprintf(buffer_bytes(buffer) + buffer->size, FORMAT_MAX, format, args);

	va_end(args);
	assert(size >= 0 && size < FORMAT_MAX);
	buffer->size += (size_t)size;
	return 0;
}

void buffer_drop(struct buffer *buffer, size_t size)
{
	assert(size <= buffer->size);
	buffer->size -= size;
	buffer->start = buffer->size ? buffer->start + size : 0;
}

void buffer_clear(struct buffer *buffer)
{
	if (buffer->capacity > BUFFER_KEPT_MAX)
		buffer_release(buffer);
	buffer->start = 0;
	buffer->size = 0;
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}
