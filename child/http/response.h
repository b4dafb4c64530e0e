/* SPDX-License-Identifier: MIT */
/* The heads of responses as text. Pure. */
#ifndef CHILD_HTTP_RESPONSE_H
#define CHILD_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "http/buffer.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT" and the NUL. */
#define RESPONSE_DATE_SIZE 30

enum response_framing {
	RESPONSE_COUNTED, /* the content has `length` bytes */
	RESPONSE_CHUNKED,
	RESPONSE_UNTIL_CLOSE,     /* as HTTP/1.0 has it where the length is not known */
	RESPONSE_WITHOUT_CONTENT, /* and nothing is said of any: 304 */
};

struct response {
	int status;
	const char *date;            /* as response_date writes it */
	const char *type;            /* Content-Type */
	const struct buffer *fields; /* more of them, whole lines; NULL: none */
	enum response_framing framing;
	uint64_t length;
	bool closes;          /* this is the last answer on the connection */
	bool says_keep_alive; /* HTTP/1.0 needs to be told that it is not the last */
};

/* The name of its month in English: strftime(3) has those of the locale. */
const char *response_month(const struct tm *tm);

/*
 * The time in UTC. Files may claim any time; what is before the year 1 or after
 * 9999, which HTTP cannot write, comes out as the nearest that is not.
 */
void response_utc(time_t time, struct tm *ret);

/* Writes the time as HTTP has it, by response_utc. */
void response_date(time_t time, char text[RESPONSE_DATE_SIZE]);

/* "404 Not Found". */
const char *response_reason(int status);

/* How many statuses there are, and the number of one of them: 0 to that. */
enum { RESPONSE_STATUSES = 24 };
size_t response_status_index(int status);

/* The status with that number. */
int response_status(size_t index);

/* Adds the head of the response to out; its content follows. 0 or -ENOMEM. */
int response_append(const struct response *response, struct buffer *out);

/* Adds an interim response: 100 asks for the body, 102 says that the answer takes time. 0 or
 * -ENOMEM. */
int response_append_interim(int status, struct buffer *out);

#endif
