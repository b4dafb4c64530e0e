/* SPDX-License-Identifier: MIT */
/* See fastcgi.h; the FastCGI specification 1.0, sections 3.3, 3.4, 5 and 8. */
#include "support/load/fastcgi.h"

#include <string.h>

enum record_type {
	BEGIN_REQUEST = 1,
	END_REQUEST = 3,
	PARAMS = 4,
	STDIN = 5,
	STDOUT = 6,
	STDERR = 7,
};

enum {
	VERSION = 1,
	REQUEST_ID = 1,
	ROLE_RESPONDER = 1,
	KEEP_CONN = 1,
	MAX_PAIR = 127, /* longer names and values need a length of four bytes */
};

static void append_record(
	struct strbuf *request, enum record_type type, const void *content, size_t length)
{
	unsigned char header[8] = { VERSION, (unsigned char)type, 0, REQUEST_ID,
		(unsigned char)(length >> 8), (unsigned char)length, 0, 0 };

	strbuf_append_bytes(request, header, sizeof(header));
	strbuf_append_bytes(request, content, length);
}

static void append_length(struct strbuf *params, size_t length)
{
	unsigned char four[4] = { (unsigned char)(length >> 24 | 0x80),
		(unsigned char)(length >> 16), (unsigned char)(length >> 8),
		(unsigned char)length };
	unsigned char one = (unsigned char)length;

	if (length > MAX_PAIR)
		strbuf_append_bytes(params, four, sizeof(four));
	else
		strbuf_append_bytes(params, &one, 1);
}

static void append_param(struct strbuf *params, const char *name, const char *value)
{
	append_length(params, strlen(name));
	append_length(params, strlen(value));
	strbuf_append(params, name);
	strbuf_append(params, value);
}

void fastcgi_request(struct strbuf *request, const char *script, bool keeps_open)
{
	unsigned char begin[8] = { 0, ROLE_RESPONDER, keeps_open ? KEEP_CONN : 0 };
	struct strbuf params = STRBUF_INIT;

	append_param(&params, "SCRIPT_FILENAME", script);
	append_param(&params, "SCRIPT_NAME", "/");
	append_param(&params, "REQUEST_URI", "/");
	append_param(&params, "QUERY_STRING", "");
	append_param(&params, "REQUEST_METHOD", "GET");
	append_param(&params, "SERVER_PROTOCOL", "HTTP/1.1");
	append_param(&params, "GATEWAY_INTERFACE", "CGI/1.1");
	append_record(request, BEGIN_REQUEST, begin, sizeof(begin));
	append_record(request, PARAMS, params.text, params.length);
	append_record(request, PARAMS, "", 0);
	append_record(request, STDIN, "", 0);
	request->is_broken |= params.is_broken;
	strbuf_finish(&params);
}

void fastcgi_init(struct fastcgi *fastcgi)
{
	*fastcgi = (struct fastcgi){ .state = FASTCGI_OPEN };
	response_init(&fastcgi->response, true);
}

static void bad(struct fastcgi *fastcgi, const char *reason)
{
	fastcgi->state = FASTCGI_BAD;
	fastcgi->reason = reason;
}

static void take_content(struct fastcgi *fastcgi, const char *data, size_t length)
{
	enum record_type type = fastcgi->header[1];

	if (type == STDOUT && response_feed(&fastcgi->response, data, length) < length) {
		bad(fastcgi, "bytes after the answer");
	} else if (type == STDOUT && fastcgi->response.state == RESPONSE_BAD) {
		bad(fastcgi, fastcgi->response.reason);
	} else if (type == END_REQUEST) {
		size_t room = sizeof(fastcgi->end) - fastcgi->end_length;
		size_t kept = length < room ? length : room;

		memcpy(fastcgi->end + fastcgi->end_length, data, kept);
		fastcgi->end_length += kept;
	}
}

static void take_end_of_record(struct fastcgi *fastcgi)
{
	fastcgi->header_length = 0;
	if (fastcgi->header[1] != END_REQUEST || fastcgi->state == FASTCGI_BAD)
		return;
	if (fastcgi->end_length < sizeof(fastcgi->end))
		bad(fastcgi, "short end record");
	else if (fastcgi->end[4] != 0)
		bad(fastcgi, "the server refused the request");
	else if (!response_end(&fastcgi->response))
		bad(fastcgi, "end record within the head");
	else
		fastcgi->state = FASTCGI_COMPLETE;
}

static size_t feed_header(struct fastcgi *fastcgi, const char *data, size_t length)
{
	size_t room = sizeof(fastcgi->header) - fastcgi->header_length;
	size_t used = length < room ? length : room;
	const unsigned char *header = fastcgi->header;

	memcpy(fastcgi->header + fastcgi->header_length, data, used);
	fastcgi->header_length += used;
	if (fastcgi->header_length < sizeof(fastcgi->header))
		return used;
	fastcgi->left = (size_t)header[4] << 8 | header[5];
	fastcgi->padding = header[6];
	if (header[0] != VERSION)
		bad(fastcgi, "not a FastCGI record");
	else if (header[1] != STDOUT && header[1] != STDERR && header[1] != END_REQUEST)
		bad(fastcgi, "record of an unknown type");
	else if (fastcgi->left + fastcgi->padding == 0)
		take_end_of_record(fastcgi);
	return used;
}

static size_t feed_content(struct fastcgi *fastcgi, const char *data, size_t length)
{
	size_t *part = fastcgi->left ? &fastcgi->left : &fastcgi->padding;
	size_t used = length < *part ? length : *part;

	if (part == &fastcgi->left)
		take_content(fastcgi, data, used);
	*part -= used;
	if (fastcgi->left + fastcgi->padding == 0)
		take_end_of_record(fastcgi);
	return used;
}

size_t fastcgi_feed(struct fastcgi *fastcgi, const char *data, size_t length)
{
	size_t used = 0;

	while (used < length && fastcgi->state == FASTCGI_OPEN) {
		if (fastcgi->header_length < sizeof(fastcgi->header))
			used += feed_header(fastcgi, data + used, length - used);
		else
			used += feed_content(fastcgi, data + used, length - used);
	}
	return used;
}
