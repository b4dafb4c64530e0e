/* SPDX-License-Identifier: MIT */
/* See body.h. */
#include "http/body.h"

#include <string.h>

#include "http/text.h"

int body_init(struct body *body, bool is_chunked, uint64_t length, uint64_t max)
{
	*body = (struct body){
		.state = is_chunked ? BODY_SIZE_FIRST
			: length    ? BODY_COUNTED
				    : BODY_ENDED,
		.left = is_chunked ? 0 : length,
		.room = max,
	};
	return length > max ? 413 : 0;
}

static bool is_text(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

static bool is_name(unsigned char c)
{
	return c > ' ' && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

static int take_size(struct body *body, unsigned char c)
{
	int digit = text_hex_value((char)c);

	if (digit < 0 || ++body->digits > BODY_SIZE_DIGITS_MAX)
		return 400;
	body->left = body->left * 16 + (uint64_t)digit;
	body->state = BODY_SIZE;
	return body->left > body->room ? 413 : 0; /* so it cannot overflow either */
}

static int take_size_end(struct body *body)
{
	body->room -= body->left;
	body->digits = 0;
	body->state = body->left ? BODY_CHUNK : BODY_TRAILER_FIRST;
	return 0;
}

static int take_extension(struct body *body, unsigned char c)
{
	body->state = c == '\r' ? BODY_SIZE_LF : BODY_EXTENSION;
	return c != '\r' && (!is_text(c) || ++body->extensions > BODY_EXTENSIONS_MAX) ? 400 : 0;
}

static int expect(struct body *body, unsigned char c, unsigned char expected, enum body_state next)
{
	body->state = next;
	return c == expected ? 0 : 400;
}

static int take_trailer(struct body *body, unsigned char c)
{
	bool is_value = body->state == BODY_TRAILER_VALUE;

	if (++body->trailer > BODY_TRAILER_MAX)
		return 431;
	if (c == '\r' && body->state == BODY_TRAILER_FIRST)
		body->state = BODY_END_LF;
	else if (c == '\r' && is_value)
		body->state = BODY_TRAILER_LF;
	else if (c == ':' && body->state == BODY_TRAILER_NAME)
		body->state = BODY_TRAILER_VALUE;
	else if (is_value ? !is_text(c) : !is_name(c))
		return 400;
	else if (!is_value)
		body->state = BODY_TRAILER_NAME;
	return 0;
}

/* One byte that is not content. */
static int take_framing(struct body *body, unsigned char c)
{
	switch (body->state) {
	case BODY_SIZE_FIRST:
		return take_size(body, c);
	case BODY_SIZE:
		if (c == '\r' || c == ';')
			return take_extension(body, c);
		return take_size(body, c);
	case BODY_EXTENSION:
		return take_extension(body, c);
	case BODY_SIZE_LF:
		return c == '\n' ? take_size_end(body) : 400;
	case BODY_CHUNK_CR:
		return expect(body, c, '\r', BODY_CHUNK_LF);
	case BODY_CHUNK_LF:
		return expect(body, c, '\n', BODY_SIZE_FIRST);
	case BODY_TRAILER_FIRST:
	case BODY_TRAILER_NAME:
	case BODY_TRAILER_VALUE:
		return take_trailer(body, c);
	case BODY_TRAILER_LF:
		return expect(body, c, '\n', BODY_TRAILER_FIRST);
	case BODY_END_LF:
		return expect(body, c, '\n', BODY_ENDED);
	case BODY_ENDED:
	case BODY_COUNTED:
	case BODY_CHUNK:
		break;
	}
	return 0;
}

int body_decode(
	struct body *body, const char *bytes, size_t size, size_t *ret_taken, size_t *ret_content)
{
	size_t taken = 0;
	size_t content = 0;

	while (taken < size && !content && body->state != BODY_ENDED) {
		if (body->state != BODY_COUNTED && body->state != BODY_CHUNK) {
			int refusal = take_framing(body, (unsigned char)bytes[taken++]);
			if (refusal)
				return refusal;
			continue;
		}
		content = size - taken < body->left ? size - taken : (size_t)body->left;
		taken += content;
		body->left -= content;
		if (body->left == 0)
			body->state = body->state == BODY_CHUNK ? BODY_CHUNK_CR : BODY_ENDED;
	}
	*ret_taken = taken;
	*ret_content = content;
	return 0;
}
