/* SPDX-License-Identifier: MIT */
/*
 * Header fields with conditions and ranges, as clients might send them. A range
 * lies within the file, however large that is; and a date, in whatever form, is a
 * time that can be written and read again.
 */
#include "http/conditional.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* The whole head in memory of just its length. */
static char *make_head(const uint8_t *bytes, size_t length, size_t *ret_size)
{
	static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\n", end[] = "\r\n\r\n";
	size_t start_size = sizeof(start) - 1, end_size = sizeof(end) - 1;
	char *head = malloc(start_size + length + end_size);

	if (!head)
		abort();
	memcpy(head, start, start_size);
	memcpy(head + start_size, bytes, length);
	memcpy(head + start_size + length, end, end_size);
	*ret_size = start_size + length + end_size;
	return head;
}

static void check_range(const struct request *request, const char *head, uint64_t size)
{
	const struct representation file = {
		.etag = "\"1-2\"", .modified = 784111777, .size = size
	};
	struct range range = { 0, 0 };

	switch (conditional_range(request, head, &file, &range)) {
	case 206:
		if (range.size == 0 || range.offset >= size || range.size > size - range.offset)
			abort();
		break;
	case 200:
	case 416:
		if (range.offset || range.size)
			abort();
		break;
	default:
		abort();
	}
}

static void check_status(const struct request *request, const char *head)
{
	const struct representation file = { .etag = "\"1-2\"", .modified = 784111777 };
	int status = conditional_status(request, head, &file);

	if (status != 200 && status != 304 && status != 412)
		abort();
}

static void check_date(const char *text, size_t size)
{
	char again[RESPONSE_DATE_SIZE];
	time_t time = conditional_date(text, size);

	if (time == -1)
		return;
	response_date(time, again);
	if (conditional_date(again, strlen(again)) != time)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const uint64_t sizes[] = { 0, 1, 1000, INT64_MAX, UINT64_MAX };
	struct request request = { 0 };
	size_t size;
	char *head = make_head(bytes, length, &size);

	check_date(head + size - length - 4, length); /* the bytes without the head's end */
	if (request_parse(&request, head, size) == REQUEST_COMPLETE) {
		check_status(&request, head);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			check_range(&request, head, sizes[i]);
	}
	free(head);
	return 0;
}
