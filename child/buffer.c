/* SPDX-License-Identifier: MIT */
/* See buffer.h. */
#include "buffer.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 512 };

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

void buffer_drop(struct buffer *buffer, size_t size)
{
	assert(size <= buffer->size);
	buffer->size -= size;
	buffer->start = buffer->size ? buffer->start + size : 0;
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}
