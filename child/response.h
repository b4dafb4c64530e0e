/* SPDX-License-Identifier: MIT */
/* Responses as text. Pure. */
#ifndef CHILD_RESPONSE_H
#define CHILD_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "buffer.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT" and the NUL. */
#define RESPONSE_DATE_SIZE 30

struct response {
	int status;
	const char *date;     /* as response_date writes it */
	const char *allow;    /* the methods allowed, for 405 and OPTIONS; NULL: not said */
	size_t length;        /* Content-Length */
	bool closes;          /* this is the last answer on the connection */
	bool says_keep_alive; /* HTTP/1.0 needs to be told that it is not the last */
};

/* Writes the time as HTTP has it. */
void response_date(time_t now, char text[RESPONSE_DATE_SIZE]);

/* "404 Not Found". */
const char *response_reason(int status);

/* Adds the head of the response to out; its content follows. 0 or -ENOMEM. */
int response_append(const struct response *response, struct buffer *out);

/* Adds an interim response: 100 asks for the body, 102 says that the answer takes time. 0 or -ENOMEM. */
int response_append_interim(int status, struct buffer *out);

#endif
