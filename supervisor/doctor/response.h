/* SPDX-License-Identifier: MIT */
/*
 * Reads one answer, HTTP/1.x or the CGI form of it that FastCGI carries, from
 * bytes as they come. Pure: no descriptor, no clock.
 */
#ifndef SUPERVISOR_DOCTOR_RESPONSE_H
#define SUPERVISOR_DOCTOR_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum response_state {
	RESPONSE_STATUS,      /* the status line */
	RESPONSE_HEADER,      /* a header line */
	RESPONSE_BODY,        /* left bytes of a body of known length */
	RESPONSE_CHUNK_SIZE,  /* the line before a chunk */
	RESPONSE_CHUNK_DATA,  /* left bytes of a chunk */
	RESPONSE_CHUNK_END,   /* the line end after a chunk */
	RESPONSE_TRAILER,     /* lines after the last chunk */
	RESPONSE_UNTIL_CLOSE, /* a body that ends with the connection */
	RESPONSE_COMPLETE,
	RESPONSE_BAD, /* not an answer; reason says why */
};

struct response {
	enum response_state state;
	bool is_cgi;     /* no status line, "Status:" instead; the carrier says where it ends */
	int status;      /* 200, ... */
	bool keeps_open; /* the server will read another request */
	bool is_chunked;
	bool has_length;
	uint64_t left;      /* of the body or of the chunk */
	size_t line_length; /* in line, which is not NUL-terminated while it grows */
	char line[1024];    /* the current line; longer ones are bad */
	unsigned lines;     /* of the head so far */
	size_t body_length; /* in body */
	char body[128];     /* the beginning of the body, NUL-terminated */
	const char *reason; /* for RESPONSE_BAD */
};

void response_init(struct response *response, bool is_cgi);

/* Takes in what belongs to this answer and returns how much that was. */
size_t response_feed(struct response *response, const char *data, size_t length);

/* The connection, or what carried the answer, ended: true if the answer is whole. */
bool response_end(struct response *response);

/* True once a byte of it arrived. */
bool response_has_begun(const struct response *response);

#endif
