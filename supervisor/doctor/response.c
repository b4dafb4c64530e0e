/* SPDX-License-Identifier: MIT */
/* See response.h; RFC 9112 sections 2, 4, 6 and 7, RFC 3875 section 6 for the CGI form. */
#include "doctor/response.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

enum { MAX_LINES = 200 };

static void bad(struct response *response, const char *reason)
{
	response->state = RESPONSE_BAD;
	response->reason = reason;
}

void response_init(struct response *response, bool is_cgi)
{
	*response = (struct response){
		.state = is_cgi ? RESPONSE_HEADER : RESPONSE_STATUS,
		.is_cgi = is_cgi,
		.status = is_cgi ? 200 : 0,
	};
}

static bool is_three_digits(const char *text)
{
	return isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1]) &&
		isdigit((unsigned char)text[2]);
}

static int three_digits(const char *text)
{
	return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

static void take_status_line(struct response *response)
{
	const char *line = response->line;

	if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') ||
		line[8] != ' ' || !is_three_digits(line + 9) ||
		(line[12] != ' ' && line[12] != '\0')) {
		bad(response, "no status line");
		return;
	}
	response->keeps_open = line[7] == '1';
	response->status = three_digits(line + 9);
	response->state = RESPONSE_HEADER;
}

/* True if one of the comma-separated words of value is word. */
static bool has_word(const char *value, const char *word)
{
	size_t length = strlen(word);

	while (*value) {
		value += strspn(value, " \t,");
		size_t here = strcspn(value, " \t,");

		if (here == length && strncasecmp(value, word, length) == 0)
			return true;
		value += here;
	}
	return false;
}

static void take_length(struct response *response, const char *value)
{
	uint64_t length;

	if (parse_unsigned(value, 0, UINT64_MAX, &length) < 0)
		bad(response, "bad content length");
	else if (response->has_length && response->left != length)
		bad(response, "two content lengths");
	else
		response->left = length;
	response->has_length = true;
}

static void take_header(struct response *response)
{
	char *colon = strchr(response->line, ':');

	if (!colon || colon == response->line) {
		bad(response, "header without a name");
		return;
	}
	*colon = '\0';
	char *value = colon + 1 + strspn(colon + 1, " \t");
	size_t length = strlen(value);

	while (length && strchr(" \t", value[length - 1]))
		value[--length] = '\0';
	if (strcasecmp(response->line, "Content-Length") == 0) {
		take_length(response, value);
	} else if (strcasecmp(response->line, "Transfer-Encoding") == 0) {
		response->is_chunked = has_word(value, "chunked");
	} else if (strcasecmp(response->line, "Connection") == 0) {
		if (has_word(value, "close"))
			response->keeps_open = false;
		else if (has_word(value, "keep-alive"))
			response->keeps_open = true;
	} else if (response->is_cgi && strcasecmp(response->line, "Status") == 0) {
		if (is_three_digits(value))
			response->status = three_digits(value);
		else
			bad(response, "bad status");
	}
}

static void take_end_of_head(struct response *response)
{
	if (response->status >= 100 && response->status < 200) {
		/* An interim answer; the real one follows. */
		response_init(response, response->is_cgi);
	} else if (response->is_cgi) {
		response->state = RESPONSE_UNTIL_CLOSE;
	} else if (response->status == 204 || response->status == 304) {
		response->state = RESPONSE_COMPLETE;
	} else if (response->is_chunked) {
		response->state = RESPONSE_CHUNK_SIZE;
	} else if (response->has_length) {
		response->state = response->left ? RESPONSE_BODY : RESPONSE_COMPLETE;
	} else {
		response->keeps_open = false;
		response->state = RESPONSE_UNTIL_CLOSE;
	}
}

static void take_chunk_size(struct response *response)
{
	uint64_t size = 0;
	const char *at = response->line;

	for (; isxdigit((unsigned char)*at); at++) {
		int digit = isdigit((unsigned char)*at) ? *at - '0'
							: tolower((unsigned char)*at) - 'a' + 10;

		if (size >> 58) {
			bad(response, "chunk too large");
			return;
		}
		size = size * 16 + (uint64_t)digit;
	}
	if (at == response->line || (*at && !strchr("; \t", *at))) {
		bad(response, "bad chunk size");
		return;
	}
	response->left = size;
	response->state = size ? RESPONSE_CHUNK_DATA : RESPONSE_TRAILER;
}

/* A whole line, NUL-terminated and without its end, is in response->line. */
static void take_line(struct response *response)
{
	bool is_empty = response->line_length == 0;

	response->line_length = 0;
	if (++response->lines > MAX_LINES && response->state != RESPONSE_CHUNK_SIZE &&
		response->state != RESPONSE_CHUNK_END)
		bad(response, "too many lines");
	else if (response->state == RESPONSE_STATUS)
		take_status_line(response);
	else if (response->state == RESPONSE_HEADER && is_empty)
		take_end_of_head(response);
	else if (response->state == RESPONSE_HEADER)
		take_header(response);
	else if (response->state == RESPONSE_CHUNK_SIZE)
		take_chunk_size(response);
	else if (response->state == RESPONSE_CHUNK_END && is_empty)
		response->state = RESPONSE_CHUNK_SIZE;
	else if (response->state == RESPONSE_CHUNK_END)
		bad(response, "chunk longer than it said");
	else if (response->state == RESPONSE_TRAILER && is_empty)
		response->state = RESPONSE_COMPLETE;
}

static size_t feed_line(struct response *response, const char *data, size_t length)
{
	const char *end = memchr(data, '\n', length);
	size_t used = end ? (size_t)(end - data) : length;

	if (response->line_length + used >= sizeof(response->line)) {
		bad(response, "line too long");
		return length;
	}
	memcpy(response->line + response->line_length, data, used);
	response->line_length += used;
	if (!end)
		return used;
	if (response->line_length && response->line[response->line_length - 1] == '\r')
		response->line_length--;
	response->line[response->line_length] = '\0';
	take_line(response);
	return used + 1;
}

static size_t feed_body(struct response *response, const char *data, size_t length)
{
	size_t room = sizeof(response->body) - 1 - response->body_length;
	size_t kept;

	if (response->state != RESPONSE_UNTIL_CLOSE && length > response->left)
		length = (size_t)response->left;
	kept = length < room ? length : room;
	memcpy(response->body + response->body_length, data, kept);
	response->body_length += kept;
	response->body[response->body_length] = '\0';
	if (response->state == RESPONSE_UNTIL_CLOSE)
		return length;
	response->left -= length;
	if (response->left == 0)
		response->state =
			response->state == RESPONSE_BODY ? RESPONSE_COMPLETE : RESPONSE_CHUNK_END;
	return length;
}

size_t response_feed(struct response *response, const char *data, size_t length)
{
	size_t used = 0;

	while (used < length && response->state != RESPONSE_COMPLETE &&
		response->state != RESPONSE_BAD) {
		if (response->state == RESPONSE_BODY || response->state == RESPONSE_CHUNK_DATA ||
			response->state == RESPONSE_UNTIL_CLOSE)
			used += feed_body(response, data + used, length - used);
		else
			used += feed_line(response, data + used, length - used);
	}
	return used;
}

bool response_end(struct response *response)
{
	if (response->state == RESPONSE_UNTIL_CLOSE)
		response->state = RESPONSE_COMPLETE;
	return response->state == RESPONSE_COMPLETE;
}

bool response_has_begun(const struct response *response)
{
	return response->lines > 0 || response->line_length > 0;
}
