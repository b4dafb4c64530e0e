/* SPDX-License-Identifier: MIT */
/*
 * The body of a request, by Content-Length or chunked (RFC 9112, section 7),
 * decoded as its bytes arrive. Pure. Trailer fields are checked, counted and
 * skipped. As in the head, what could be framed in two ways is refused.
 */
#ifndef CHILD_HTTP_BODY_H
#define CHILD_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BODY_SIZE_DIGITS_MAX = 16,      /* of a chunk size, leading zeros included */
	BODY_EXTENSIONS_MAX = 4 * 1024, /* bytes of chunk extensions in one body */
	BODY_TRAILER_MAX = 16 * 1024,   /* bytes of trailer fields */
};

enum body_state {
	BODY_ENDED,
	BODY_COUNTED, /* by Content-Length: `left` bytes to come */
	BODY_SIZE_FIRST,
	BODY_SIZE,
	BODY_EXTENSION,
	BODY_SIZE_LF,
	BODY_CHUNK, /* `left` bytes to come */
	BODY_CHUNK_CR,
	BODY_CHUNK_LF,
	BODY_TRAILER_FIRST,
	BODY_TRAILER_NAME,
	BODY_TRAILER_VALUE,
	BODY_TRAILER_LF,
	BODY_END_LF,
};

struct body {
	enum body_state state;
	uint64_t left;
	uint64_t room;       /* bytes that the limit still allows */
	uint32_t digits;     /* of the chunk size being read */
	uint32_t extensions; /* bytes of extensions so far */
	uint32_t trailer;    /* bytes of trailer fields so far */
};

/* Begins a body of length bytes, or a chunked one, of at most max bytes. Returns 0, or 413. */
int body_init(struct body *body, bool is_chunked, uint64_t length, uint64_t max);

/*
 * Takes bytes off the front of what was received and writes how many to
 * *ret_taken: all, unless the body ends or a piece of content comes first.
 * *ret_content of them, those last taken, are content. Returns 0, or the HTTP
 * status of the refusal: 400, 413 or 431.
 */
int body_decode(
	struct body *body, const char *bytes, size_t size, size_t *ret_taken, size_t *ret_content);

#endif
