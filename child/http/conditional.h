/* SPDX-License-Identifier: MIT */
/*
 * What a client that has seen a file before wants of it: conditions (RFC 9110,
 * section 13) and ranges (section 14). Pure.
 */
#ifndef CHILD_HTTP_CONDITIONAL_H
#define CHILD_HTTP_CONDITIONAL_H

#include <stdint.h>
#include <time.h>

#include "http/request.h"

/* An ETag with its quotes, and the NUL. */
#define CONDITIONAL_ETAG_SIZE 64

struct representation {
	char etag[CONDITIONAL_ETAG_SIZE];
	time_t modified;
	uint64_t size; /* bytes */
};

struct range {
	uint64_t offset, size; /* bytes */
};

/* The status by the conditions: 200, 304 or 412. */
int conditional_status(const struct request *request, const char *head,
	const struct representation *representation);

/*
 * The status by the Range field, after the conditions: 206 and the range; 416; or 200 for all
 * of it, also for what may be ignored: several ranges, another unit, what is malformed, or an
 * If-Range of another state.
 */
int conditional_range(const struct request *request, const char *head,
	const struct representation *representation, struct range *ret);

/*
 * The time of an HTTP date in any of the three forms that a server is to
 * accept (RFC 9110, section 5.6.7); -1 if it is none. A year of two digits from
 * 69 on is one of the last century, as for strptime(3).
 */
time_t conditional_date(const char *text, size_t size);

#endif
