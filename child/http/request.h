/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1.1 or 1.0 request, parsed as its bytes arrive. Pure:
 * what it says depends on the bytes alone, never on how they were split.
 *
 * It is strict where leniency lets two servers in a row see different
 * requests (RFC 9112, sections 2.2, 3.2, 5.1, 5.2, 6.1, 6.3 and 11.2). After a refusal it is
 * unknown where the next request begins, so the connection must end.
 */
#ifndef CHILD_HTTP_REQUEST_H
#define CHILD_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REQUEST_LINE_MAX = 8 * 1024,    /* bytes of the first line, without its end */
	REQUEST_FIELDS_MAX = 16 * 1024, /* bytes of all header fields, with their line ends */
	REQUEST_FIELD_COUNT_MAX = 100,
};

#define REQUEST_METHODS(X) \
	X(GET) \
	X(HEAD) \
	X(POST) \
	X(PUT) \
	X(PATCH) \
	X(DELETE) \
	X(OPTIONS)

#define REQUEST_METHOD_ENUM(name) REQUEST_##name,
enum request_method { REQUEST_METHODS(REQUEST_METHOD_ENUM) REQUEST_METHOD_COUNT };
#undef REQUEST_METHOD_ENUM

enum request_status {
	REQUEST_INCOMPLETE,
	REQUEST_COMPLETE,
	REQUEST_REFUSED, /* answer `refusal` and end the connection */
};

/* A part of the head: where it begins and how long it is. */
struct request_part {
	uint16_t offset;
	uint16_t size;
};

/* Fields that are kept for whoever answers: what the first of each name says, empty if there is
 * none. */
#define REQUEST_KEPT_FIELDS(X) \
	X(ACCEPT, "accept") \
	X(IF_MATCH, "if-match") \
	X(IF_MODIFIED_SINCE, "if-modified-since") \
	X(IF_NONE_MATCH, "if-none-match") \
	X(IF_RANGE, "if-range") \
	X(IF_UNMODIFIED_SINCE, "if-unmodified-since") \
	X(LAST_EVENT_ID, "last-event-id") \
	X(RANGE, "range") \
	X(REFERER, "referer") \
	X(USER_AGENT, "user-agent")

#define REQUEST_KEPT_ENUM(id, name) REQUEST_##id,
enum request_kept { REQUEST_KEPT_FIELDS(REQUEST_KEPT_ENUM) REQUEST_KEPT_COUNT };
#undef REQUEST_KEPT_ENUM

/* Zeroed before the first byte of each request. */
struct request {
	enum request_method method;
	struct request_part line;  /* the first line */
	struct request_part path;  /* still percent-encoded; empty for "*" and "http://host" */
	struct request_part query; /* without the '?' */
	struct request_part kept[REQUEST_KEPT_COUNT];
	uint64_t length; /* Content-Length; 0 if there is none */
	size_t size;     /* of the whole head; the body follows */
	int refusal;     /* the HTTP status, if refused */
	bool is_http_1_0;
	bool is_chunked;
	bool keeps_alive;      /* the client allows another request on this connection */
	bool expects_continue; /* it waits for 100 Continue before it sends the body */

	/* The parser's own from here on. */
	size_t start;   /* where the line being read begins */
	size_t scanned; /* bytes looked at */
	size_t fields;  /* where the header fields begin; 0 before that */
	unsigned field_count;
	bool has_host;
	bool has_length;
	bool has_coding; /* a Transfer-Encoding field */
	bool wants_close;
	bool wants_keep_alive;
};

/*
 * Goes on with the head, of which size bytes are there by now: the same bytes
 * as before and those that were added. Returns REQUEST_INCOMPLETE until the
 * empty line; the parts of the request hold from REQUEST_COMPLETE on.
 */
enum request_status request_parse(struct request *request, const char *head, size_t size);

/* The bytes of a part of the head, which are not NUL-terminated. */
static inline const char *request_text(const char *head, struct request_part part)
{
	return head + part.offset;
}

/* The method's name, as it is written in a request. */
const char *request_method_name(enum request_method method);

#endif
