/* SPDX-License-Identifier: MIT */
/*
 * As much of FastCGI as a GET needs: the request, and the records of the
 * answer. Pure, as response.h, which reads what the records carry.
 */
#ifndef LOAD_FASTCGI_H
#define LOAD_FASTCGI_H

#include "base/strbuf.h"
#include "doctor/response.h"

enum fastcgi_state {
	FASTCGI_OPEN,     /* records follow */
	FASTCGI_COMPLETE, /* the end record came */
	FASTCGI_BAD,      /* reason says why */
};

struct fastcgi {
	enum fastcgi_state state;
	size_t header_length;
	unsigned char header[8]; /* of the current record */
	size_t left;             /* of its content */
	size_t padding;
	unsigned char end[8]; /* the content of the end record */
	size_t end_length;
	struct response response;
	const char *reason;
};

/* Appends a GET of script, an absolute path, to request; keeps_open asks for another after it. */
void fastcgi_request(struct strbuf *request, const char *script, bool keeps_open);

void fastcgi_init(struct fastcgi *fastcgi);

/* Takes in what belongs to this answer and returns how much that was. */
size_t fastcgi_feed(struct fastcgi *fastcgi, const char *data, size_t length);

#endif
