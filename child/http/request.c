/* SPDX-License-Identifier: MIT */
/* See request.h. Functions that judge return 0, or the HTTP status of the refusal. */
#include "http/request.h"

#include <string.h>
#include <strings.h>

#include "http/text.h"

#define REQUEST_METHOD_NAME(name) [REQUEST_##name] = #name,
static const char *const method_names[] = { REQUEST_METHODS(REQUEST_METHOD_NAME) };
#undef REQUEST_METHOD_NAME

const char *request_method_name(enum request_method method)
{
	return method_names[method];
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* tchar of RFC 9110, section 5.6.2. */
static bool is_token_char(char c)
{
	return is_alphanumeric(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_token_char(text.data[i]))
			return false;
	return text.size > 0;
}

static bool text_is(struct text text, const char *word)
{
	return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

static struct text trimmed(struct text text)
{
	while (text.size && (text.data[0] == ' ' || text.data[0] == '\t')) {
		text.data++;
		text.size--;
	}
	while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
		text.size--;
	return text;
}

/* A head is short enough for it. */
static struct request_part part_of(const char *head, struct text text)
{
	return (struct request_part){ (uint16_t)(text.data - head), (uint16_t)text.size };
}

/* Takes what stands before the separator off the front of *rest; all of it if there is none. */
static struct text take_until(struct text *rest, char separator)
{
	const char *end = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
	struct text taken = { rest->data, end ? (size_t)(end - rest->data) : rest->size };
	size_t skip = taken.size + (end ? 1 : 0);

	*rest = (struct text){ rest->data + skip, rest->size - skip };
	return taken;
}

/* Takes http://HOST off the front. */
static int skip_authority(struct text *target)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t size = strlen(schemes[i]);
		size_t end = size;

		if (target->size < size || strncasecmp(target->data, schemes[i], size) != 0)
			continue;
		while (end < target->size && !strchr("/?", target->data[end])) {
			/* RFC 9110, section 4.2.4: user information is for deceit. */
			if (target->data[end++] == '@')
				return 400;
		}
		if (end == size)
			return 400;
		*target = (struct text){ target->data + end, target->size - end };
		return 0;
	}
	return 400;
}

/* origin-form, absolute-form, and "*" of OPTIONS (RFC 9112, section 3.2). */
static int take_target(struct request *request, const char *head, struct text target)
{
	for (size_t i = 0; i < target.size; i++)
		if (target.data[i] <= ' ' || target.data[i] > '~' || target.data[i] == '#')
			return 400;
	if (target.size == 0)
		return 400;
	if (request->method == REQUEST_OPTIONS && target.size == 1 && *target.data == '*')
		return 0;
	if (*target.data != '/') {
		int refusal = skip_authority(&target);
		if (refusal)
			return refusal;
	}
	struct text path = take_until(&target, '?');

	request->path = part_of(head, path);
	request->query = part_of(head, target);
	return 0;
}

static int take_version(struct request *request, struct text version)
{
	if (version.size != 8 || memcmp(version.data, "HTTP/", 5) != 0 ||
		!is_digit(version.data[5]) || version.data[6] != '.' || !is_digit(version.data[7]))
		return 400;
	if (version.data[5] != '1')
		return 505;
	/* A later 1.x is answered as 1.1 (RFC 9110, section 2.5). */
	request->is_http_1_0 = version.data[7] == '0';
	return 0;
}

static int take_method(struct request *request, struct text method)
{
	for (int i = 0; i < REQUEST_METHOD_COUNT; i++) {
		if (method.size == strlen(method_names[i]) &&
			memcmp(method.data, method_names[i], method.size) == 0) {
			request->method = (enum request_method)i;
			return 0;
		}
	}
	return 501;
}

static int take_request_line(struct request *request, const char *head, struct text line)
{
	request->line = part_of(head, line);
	struct text method = take_until(&line, ' ');
	struct text target = take_until(&line, ' ');
	int refusal;

	if (!is_token(method) || target.size == 0)
		return 400;
	refusal = take_version(request, line);
	if (!refusal)
		refusal = take_method(request, method);
	if (!refusal)
		refusal = take_target(request, head, target);
	return refusal;
}

static int take_host(struct request *request, struct text value)
{
	if (request->has_host)
		return 400;
	request->has_host = true;
	/* uri-host [":" port]; what is none of its characters could mean another host to others. */
	for (size_t i = 0; i < value.size; i++)
		if (!is_alphanumeric(value.data[i]) &&
			!strchr("-._~!$&'()*+,;=:[]%", value.data[i]))
			return 400;
	return 0;
}

/* RFC 9112, section 6.3, allows to refuse a repeated length even if it is the same: done here. */
static int take_length(struct request *request, struct text value)
{
	uint64_t length = 0;

	if (request->has_length || value.size == 0)
		return 400;
	for (size_t i = 0; i < value.size; i++) {
		uint64_t digit = (uint64_t)(value.data[i] - '0');

		if (!is_digit(value.data[i]) || length > (UINT64_MAX - digit) / 10)
			return 400;
		length = length * 10 + digit;
	}
	request->has_length = true;
	request->length = length;
	return 0;
}

static int take_coding(struct request *request, struct text value)
{
	request->has_coding = true;
	if (value.size == 0 || value.data[value.size - 1] == ',')
		return 400;
	do {
		struct text coding = trimmed(take_until(&value, ','));

		/* Twice chunked, or anything that is no coding, can be framed in two ways. */
		if (coding.size == 0 || request->is_chunked)
			return 400;
		if (!text_is(coding, "chunked"))
			return 501;
		request->is_chunked = true;
	} while (value.size);
	return 0;
}

static int take_connection(struct request *request, struct text value)
{
	while (value.size) {
		struct text option = trimmed(take_until(&value, ','));

		if (text_is(option, "close"))
			request->wants_close = true;
		else if (text_is(option, "keep-alive"))
			request->wants_keep_alive = true;
	}
	return 0;
}

static int take_expectation(struct request *request, struct text value)
{
	if (request->is_http_1_0)
		return 0; /* to be ignored (RFC 9110, section 10.1.1) */
	if (!text_is(value, "100-continue"))
		return 417;
	request->expects_continue = true;
	return 0;
}

/* The fields that decide about framing and the connection; the others are checked and skipped. */
static const struct {
	const char *name;
	int (*take)(struct request *request, struct text value);
} known_fields[] = {
	{ "connection", take_connection },
	{ "content-length", take_length },
	{ "expect", take_expectation },
	{ "host", take_host },
	{ "transfer-encoding", take_coding },
};

#define REQUEST_KEPT_NAME(id, name) [REQUEST_##id] = (name),
static const char *const kept_names[] = { REQUEST_KEPT_FIELDS(REQUEST_KEPT_NAME) };
#undef REQUEST_KEPT_NAME

static void keep(struct request *request, const char *head, struct text name, struct text value)
{
	for (size_t i = 0; i < REQUEST_KEPT_COUNT; i++) {
		if (!text_is(name, kept_names[i]))
			continue;
		if (!request->kept[i].size)
			request->kept[i] = part_of(head, value);
		return;
	}
}

static int take_field(struct request *request, const char *head, struct text line)
{
	struct text name = { line.data, 0 };

	if (++request->field_count > REQUEST_FIELD_COUNT_MAX)
		return 431;
	/* No token: a space before the colon, a folded line, a line without a colon. */
	while (name.size < line.size && line.data[name.size] != ':')
		name.size++;
	if (name.size == line.size || !is_token(name))
		return 400;
	struct text value =
		trimmed((struct text){ line.data + name.size + 1, line.size - name.size - 1 });

	for (size_t i = 0; i < sizeof(known_fields) / sizeof(known_fields[0]); i++)
		if (text_is(name, known_fields[i].name))
			return known_fields[i].take(request, value);
	keep(request, head, name, value);
	return 0;
}

/* The empty line is there: do the fields agree with each other? */
static int judge(struct request *request)
{
	if (!request->is_http_1_0 && !request->has_host)
		return 400;
	if (request->has_coding && (request->has_length || request->is_http_1_0))
		return 400;
	request->keeps_alive =
		!request->wants_close && (!request->is_http_1_0 || request->wants_keep_alive);
	request->expects_continue &= request->is_chunked || request->length > 0;
	return 0;
}

enum line_end { LINE_UNFINISHED, LINE_FINISHED, LINE_REFUSED };

/* What may stand anywhere in a line. */
static bool is_plain(unsigned char c)
{
	return (c >= ' ' && c != 0x7f) || c == '\t';
}

/* Where the first byte stands that is not plain, or is at `end`. */
static size_t skip_plain(const char *head, size_t at, size_t end)
{
	while (at < end && is_plain((unsigned char)head[at]))
		at++;
	return at;
}

/* As if byte after byte, so that the first offending one decides, however they came. */
static enum line_end find_line_end(struct request *request, const char *head, size_t size)
{
	size_t limit = request->fields ? request->fields + REQUEST_FIELDS_MAX
				       : request->start + REQUEST_LINE_MAX + 2;
	size_t end = size < limit ? size : limit;
	bool follows_cr = request->scanned > request->start && head[request->scanned - 1] == '\r';

	if (!follows_cr) {
		request->scanned = skip_plain(head, request->scanned, end);
		if (request->scanned < end && head[request->scanned] == '\r') {
			request->scanned++;
			follows_cr = true;
		}
	}
	if (request->scanned == size)
		return LINE_UNFINISHED;
	if (request->scanned >= limit) {
		request->refusal = request->fields ? 431 : 414;
		return LINE_REFUSED;
	}
	if (!follows_cr || head[request->scanned] != '\n') {
		request->refusal = 400;
		return LINE_REFUSED;
	}
	request->scanned++;
	return LINE_FINISHED;
}

static int take_line(struct request *request, const char *head, struct text line)
{
	if (request->fields)
		return line.size ? take_field(request, head, line) : judge(request);
	if (line.size == 0) /* one empty line before a request is pardoned (section 2.2) */
		return line.data == head ? 0 : 400;
	request->fields = request->scanned;
	return take_request_line(request, head, line);
}

enum request_status request_parse(struct request *request, const char *head, size_t size)
{
	if (request->refusal)
		return REQUEST_REFUSED;
	for (;;) {
		enum line_end end = find_line_end(request, head, size);
		if (end == LINE_UNFINISHED)
			return REQUEST_INCOMPLETE;
		if (end == LINE_REFUSED)
			return REQUEST_REFUSED;
		struct text line = { head + request->start, request->scanned - request->start - 2 };
		bool is_last = request->fields && line.size == 0;

		request->refusal = take_line(request, head, line);
		if (request->refusal)
			return REQUEST_REFUSED;
		request->start = request->scanned;
		if (is_last) {
			request->size = request->scanned;
			return REQUEST_COMPLETE;
		}
	}
}
