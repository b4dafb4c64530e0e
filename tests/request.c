/* SPDX-License-Identifier: MIT */
/* Heads of requests: child/http/request.c. */
#include "http/request.h"

#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define HOST      "Host: a\r\n"
#define NUL_FIELD "GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n"

/* Heads that are refused, each with its status. */
static const struct row {
	const char *head;
	int status;
} refused[] = {
	/* The request line. */
	{ "GET\r\n", 400 },
	{ "GET /\r\n", 400 },
	{ " GET / HTTP/1.1\r\n", 400 },
	{ "GET  / HTTP/1.1\r\n", 400 },
	{ "GET / HTTP/1.1 \r\n", 400 },
	{ "GET /\tHTTP/1.1\r\n", 400 },
	{ "GET / a HTTP/1.1\r\n", 400 },
	{ "GET / HTTP/1.1 HTTP/1.1\r\n", 400 },
	{ "GET / http/1.1\r\n", 400 },
	{ "GET / HTTP/1\r\n", 400 },
	{ "GET / HTTP/1.10\r\n", 400 },
	{ "GET / HTTP/x.1\r\n", 400 },
	{ "GET / HTTP/0.9\r\n", 505 },
	{ "GET / HTTP/2.0\r\n", 505 },
	{ "PRI * HTTP/2.0\r\n", 505 },
	{ "get / HTTP/1.1\r\n", 501 },
	{ "BREW / HTTP/1.1\r\n", 501 },
	{ "CONNECT a:443 HTTP/1.1\r\n", 501 },
	{ "TRACE / HTTP/1.1\r\n", 501 },
	{ "G@T / HTTP/1.1\r\n", 400 },
	{ "GET x HTTP/1.1\r\n", 400 },
	{ "GET * HTTP/1.1\r\n", 400 },
	{ "GET a:80 HTTP/1.1\r\n", 400 },
	{ "GET http:// HTTP/1.1\r\n", 400 },
	{ "GET http://u@a/ HTTP/1.1\r\n", 400 },
	{ "GET ftp://a/ HTTP/1.1\r\n", 400 },
	{ "GET /#x HTTP/1.1\r\n", 400 },
	{ "GET /\x7f HTTP/1.1\r\n", 400 },
	{ "GET /\xc3\xa9 HTTP/1.1\r\n", 400 },
	{ "\r\n\r\nGET / HTTP/1.1\r\n", 400 },
	{ "\x16\x03\x01", 400 }, /* a TLS client is told at once */
	/* Line ends. */
	{ "GET / HTTP/1.1\n", 400 },
	{ "\nGET / HTTP/1.1\r\n", 400 },
	{ "GET / HTTP/1.1\r\r\n", 400 },
	{ "GET /\rHTTP/1.1\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\rb\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "\rGET", 400 },
	/* Fields. */
	{ "GET / HTTP/1.1\r\nHost : a\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost\t: a\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost\r\n", 400 },
	{ "GET / HTTP/1.1\r\n: a\r\n", 400 },
	{ "GET / HTTP/1.1\r\nH(st: a\r\n", 400 },
	{ "GET / HTTP/1.1\r\nA\xc3\xa9: a\r\n", 400 },
	{ "GET / HTTP/1.1\r\n Host: a\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "A: \x01\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "A: \x7f\r\n", 400 },
	/* Host. */
	{ "GET / HTTP/1.1\r\n\r\n", 400 },
	{ "GET http://a/ HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST HOST, 400 },
	{ "GET / HTTP/1.0\r\n" HOST HOST, 400 },
	{ "GET / HTTP/1.1\r\nHost: a b\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a/b\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: u@a\r\n", 400 },
	/* The length of the body. */
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1 2\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1.0\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
		400 },
	{ "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked,\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: , chunked\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n", 501 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n", 501 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n", 501 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n", 501 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked;a=b\r\n", 501 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
	  "chunked\r\n",
		400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n", 400 },
	/* Expect. */
	{ "POST / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n", 417 },
};

/* Heads that are complete. */
static const char *const complete[] = {
	"GET / HTTP/1.1\r\n" HOST "\r\n",
	"\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
	"GET / HTTP/1.0\r\n\r\n",
	"GET / HTTP/1.9\r\nhOST:a\r\n\r\n",
	"GET / HTTP/1.1\r\nHost:\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: [::1%25eth0]:80\r\n\r\n",
	"GET / HTTP/1.1\r\nHost:\t a \t\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
	"GET HTTP://a:80?x HTTP/1.1\r\n" HOST "\r\n",
	"GET / HTTP/1.1\r\n" HOST "A: \xc3\xa9 \t!\r\nB:\r\n\r\n",
	"POST / HTTP/1.1\r\n" HOST "Content-Length: 00012\r\n\r\n",
	"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \t CHUNKED\r\n\r\n",
	"POST / HTTP/1.0\r\nExpect: what\r\n\r\n",
};

static struct request parse(const char *head)
{
	struct request request = { 0 };

	ck_assert_msg(request_parse(&request, head, strlen(head)) == REQUEST_COMPLETE,
		"refused with %d: %s", request.refusal, head);
	ck_assert_uint_eq(request.size, strlen(head));
	return request;
}

/* The head in exact memory, so that a sanitizer sees a read behind its end. */
static enum request_status parse_part(struct request *request, const char *head, size_t size)
{
	char *part = malloc(size ? size : 1);

	ck_assert_ptr_nonnull(part);
	memcpy(part, head, size);
	enum request_status status = request_parse(request, part, size);

	free(part);
	return status;
}

START_TEST(each_bad_head_is_refused_with_its_status)
{
	for (size_t i = 0; i < array_length(refused); i++) {
		struct request request = { 0 };
		enum request_status status =
			parse_part(&request, refused[i].head, strlen(refused[i].head));

		ck_assert_msg(status == REQUEST_REFUSED, "not refused: %s", refused[i].head);
		ck_assert_msg(request.refusal == refused[i].status, "%d for %s", request.refusal,
			refused[i].head);
	}
}
END_TEST

START_TEST(good_heads_are_complete_at_their_last_byte)
{
	for (size_t i = 0; i < array_length(complete); i++) {
		for (size_t size = 0; size < strlen(complete[i]); size++) {
			struct request request = { 0 };

			ck_assert_int_eq(
				parse_part(&request, complete[i], size), REQUEST_INCOMPLETE);
		}
		parse(complete[i]);
	}
}
END_TEST

START_TEST(zero_bytes_are_refused)
{
	struct request request = { 0 };

	ck_assert_int_eq(parse_part(&request, NUL_FIELD, sizeof(NUL_FIELD) - 1), REQUEST_REFUSED);
	ck_assert_int_eq(request.refusal, 400);
}
END_TEST

/* Parses in two pieces, at every place, and byte by byte: all must say what one piece says. */
static void check_splits(const char *head)
{
	size_t size = strlen(head);
	struct request whole = { 0 };
	struct request bytewise = { 0 };
	enum request_status status = parse_part(&whole, head, size);
	enum request_status last = REQUEST_INCOMPLETE;

	for (size_t at = 0; at <= size; at++) {
		struct request split = { 0 };
		enum request_status early = parse_part(&split, head, at);

		if (early == REQUEST_INCOMPLETE)
			early = parse_part(&split, head, size);
		ck_assert_msg(early == status && split.refusal == whole.refusal,
			"split at %zu: %d instead of %d: %s", at, split.refusal, whole.refusal,
			head);
		if (last == REQUEST_INCOMPLETE)
			last = parse_part(&bytewise, head, at);
		if (status == REQUEST_COMPLETE)
			ck_assert_uint_eq(split.length, whole.length);
	}
	ck_assert_int_eq(last, status);
	ck_assert_int_eq(bytewise.refusal, whole.refusal);
	ck_assert_uint_eq(bytewise.size, whole.size);
}

START_TEST(any_split_gives_the_same_result)
{
	for (size_t i = 0; i < array_length(refused); i++)
		check_splits(refused[i].head);
	for (size_t i = 0; i < array_length(complete); i++)
		check_splits(complete[i]);
}
END_TEST

static void check_part(const char *head, struct request_part part, const char *expected)
{
	ck_assert_uint_eq(part.size, strlen(expected));
	ck_assert_mem_eq(head + part.offset, expected, part.size);
}

START_TEST(path_and_query_are_found_in_any_form)
{
	static const struct {
		const char *head, *path, *query;
	} rows[] = {
		{ "GET / HTTP/1.0\r\n\r\n", "/", "" },
		{ "GET /a/b?c=d?e HTTP/1.0\r\n\r\n", "/a/b", "c=d?e" },
		{ "\r\nGET /a? HTTP/1.0\r\n\r\n", "/a", "" },
		{ "GET http://h:80/a?b HTTP/1.0\r\n\r\n", "/a", "b" },
		{ "GET https://h HTTP/1.0\r\n\r\n", "", "" },
		{ "GET http://h?b HTTP/1.0\r\n\r\n", "", "b" },
		{ "GET //h/a HTTP/1.0\r\n\r\n", "//h/a", "" },
		{ "OPTIONS * HTTP/1.0\r\n\r\n", "", "" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		struct request request = parse(rows[i].head);

		check_part(rows[i].head, request.path, rows[i].path);
		check_part(rows[i].head, request.query, rows[i].query);
	}
}
END_TEST

START_TEST(persistence_follows_version_and_connection_options)
{
	static const struct {
		const char *head;
		bool keeps_alive;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n" HOST "\r\n", true },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: x , CLOSE,\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: closed\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n",
			false },
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false },
	};

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_msg(
			parse(rows[i].head).keeps_alive == rows[i].keeps_alive, "%s", rows[i].head);
}
END_TEST

START_TEST(bodies_are_announced_by_length_or_coding)
{
	struct request counted =
		parse("PUT / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551615\r\n\r\n");
	struct request chunked =
		parse("PUT / HTTP/1.1\r\n" HOST "transfer-encoding: Chunked\r\n\r\n");
	struct request none = parse("PUT / HTTP/1.1\r\n" HOST "\r\n");

	ck_assert(counted.length == UINT64_MAX && !counted.is_chunked);
	ck_assert(chunked.length == 0 && chunked.is_chunked);
	ck_assert(none.length == 0 && !none.is_chunked);
}
END_TEST

START_TEST(continue_is_expected_only_before_a_body)
{
	ck_assert(parse(
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n")
			  .expects_continue);
	ck_assert(parse("POST / HTTP/1.1\r\n" HOST
			"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
			  .expects_continue);
	ck_assert(!parse(
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\nExpect: 100-continue\r\n\r\n")
			   .expects_continue);
	ck_assert(!parse("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
			   .expects_continue);
}
END_TEST

/* A head that is filled with `filler` up to size bytes before what follows. */
static char *make_head(const char *start, char filler, size_t size, const char *end)
{
	char *head = malloc(strlen(start) + size + strlen(end) + 1);

	ck_assert_ptr_nonnull(head);
	strcpy(head, start);
	memset(head + strlen(start), filler, size);
	strcpy(head + strlen(start) + size, end);
	return head;
}

static int refusal_of(char *head)
{
	struct request request = { 0 };

	(void)request_parse(&request, head, strlen(head));
	free(head);
	return request.refusal;
}

START_TEST(request_line_may_have_eight_kibibytes)
{
	static const char start[] = "GET /", end[] = " HTTP/1.0\r\n\r\n";
	size_t room = REQUEST_LINE_MAX - (sizeof(start) - 1) - (sizeof(end) - 1) + 4;

	ck_assert_int_eq(refusal_of(make_head(start, 'a', room, end)), 0);
	ck_assert_int_eq(refusal_of(make_head(start, 'a', room + 1, end)), 414);
	ck_assert_int_eq(refusal_of(make_head(start, 'a', REQUEST_LINE_MAX + 2, "")), 414);
	ck_assert_int_eq(refusal_of(make_head("\r\nGET /", 'a', room, end)), 0);
}
END_TEST

START_TEST(fields_may_have_sixteen_kibibytes)
{
	static const char start[] = "GET / HTTP/1.0\r\nA: ", end[] = "\r\n\r\n";
	size_t room = REQUEST_FIELDS_MAX - 3 - 4;

	ck_assert_int_eq(refusal_of(make_head(start, 'a', room, end)), 0);
	ck_assert_int_eq(refusal_of(make_head(start, 'a', room + 1, end)), 431);
	ck_assert_int_eq(refusal_of(make_head(start, 'a', REQUEST_FIELDS_MAX, "")), 431);
}
END_TEST

START_TEST(hundred_fields_are_allowed)
{
	for (int count = REQUEST_FIELD_COUNT_MAX; count <= REQUEST_FIELD_COUNT_MAX + 1; count++) {
		char head[2048] = "GET / HTTP/1.0\r\n";

		for (int i = 0; i < count; i++)
			strcat(head, "A: b\r\n");
		strcat(head, "\r\n");
		ck_assert_int_eq(
			refusal_of(strdup(head)), count > REQUEST_FIELD_COUNT_MAX ? 431 : 0);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_bad_head_is_refused_with_its_status,
		good_heads_are_complete_at_their_last_byte,
		zero_bytes_are_refused,
		any_split_gives_the_same_result,
		path_and_query_are_found_in_any_form,
		persistence_follows_version_and_connection_options,
		bodies_are_announced_by_length_or_coding,
		continue_is_expected_only_before_a_body,
		request_line_may_have_eight_kibibytes,
		fields_may_have_sixteen_kibibytes,
		hundred_fields_are_allowed,
	};

	return SUITE_RUN("request", cases);
}
