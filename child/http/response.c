/* SPDX-License-Identifier: MIT */
/* See response.h. */
#include "http/response.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "http/text.h"

/* Of all that a head has beside the type and the fields that come with the answer. */
enum { HEAD_MAX = 512 };

/* The first and the last second whose year has four digits. */
static const int64_t YEAR_1 = -62135596800, YEAR_9999_END = 253402300799;

static const struct {
	int status;
	const char *text;
} reasons[] = {
	{ 100, "100 Continue" },
	{ 102, "102 Processing" },
	{ 200, "200 OK" },
	{ 202, "202 Accepted" },
	{ 206, "206 Partial Content" },
	{ 301, "301 Moved Permanently" },
	{ 304, "304 Not Modified" },
	{ 400, "400 Bad Request" },
	{ 403, "403 Forbidden" },
	{ 404, "404 Not Found" },
	{ 405, "405 Method Not Allowed" },
	{ 408, "408 Request Timeout" },
	{ 412, "412 Precondition Failed" },
	{ 413, "413 Content Too Large" },
	{ 414, "414 URI Too Long" },
	{ 416, "416 Range Not Satisfiable" },
	{ 417, "417 Expectation Failed" },
	{ 431, "431 Request Header Fields Too Large" },
	{ 499, "499 Client Closed Request" }, /* in logs and counts: nobody is told */
	{ 500, "500 Internal Server Error" },
	{ 501, "501 Not Implemented" },
	{ 503, "503 Service Unavailable" },
	{ 504, "504 Gateway Timeout" },
	{ 505, "505 HTTP Version Not Supported" },
};

_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == RESPONSE_STATUSES, "one of each");

int response_status(size_t index)
{
	return reasons[index].status;
}

size_t response_status_index(int status)
{
	for (size_t i = 0; i < RESPONSE_STATUSES; i++)
		if (reasons[i].status == status)
			return i;
	assert(!"a status without a reason");
	return response_status_index(500);
}

const char *response_reason(int status)
{
	return reasons[response_status_index(status)].text;
}

void response_utc(time_t time, struct tm *ret)
{
	int64_t near = time < YEAR_1 ? YEAR_1 : time > YEAR_9999_END ? YEAR_9999_END : time;
	time_t known = (time_t)near;

	(void)gmtime_r(&known, ret); /* fails only past the year 2147483647 */
}

const char *response_month(const struct tm *tm)
{
	static const char names[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };

	return names[tm->tm_mon];
}

void response_date(time_t time, char text[RESPONSE_DATE_SIZE])
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	struct tm tm;
	char buffer[64];

	response_utc(time, &tm);
	(void)snprintf(buffer, sizeof(buffer), "%s, %02d %s %04d %02d:%02d:%02d GMT",
		days[tm.tm_wday], tm.tm_mday, response_month(&tm), tm.tm_year + 1900, tm.tm_hour,
		tm.tm_min, tm.tm_sec);
	memcpy(text, buffer, RESPONSE_DATE_SIZE - 1);
	text[RESPONSE_DATE_SIZE - 1] = '\0';
}

static char *add_framing(char *end, const struct response *response)
{
	switch (response->framing) {
	case RESPONSE_COUNTED:
		return text_add(
			text_add_number(text_add(end, "Content-Length: "), response->length),
			"\r\n");
	case RESPONSE_CHUNKED:
		return text_add(end, "Transfer-Encoding: chunked\r\n");
	case RESPONSE_UNTIL_CLOSE:
	case RESPONSE_WITHOUT_CONTENT:
		break;
	}
	return end;
}

int response_append(const struct response *response, struct buffer *out)
{
	size_t type_size = strlen(response->type);
	size_t fields_size = response->fields ? response->fields->size : 0;
	int r = buffer_reserve(out, HEAD_MAX + type_size + fields_size);
	if (r < 0)
		return r;
	char *begin = buffer_bytes(out) + out->size;
	char *end = text_add(begin, "HTTP/1.1 ");

	end = text_add(end, response_reason(response->status));
	end = text_add(text_add(end, "\r\nDate: "), response->date);
	end = text_add(end, "\r\n");
	if (response->framing != RESPONSE_WITHOUT_CONTENT)
		end = text_add(text_add(text_add(end, "Content-Type: "), response->type), "\r\n");
	end = add_framing(end, response);
	if (fields_size)
		end = text_add_bytes(end, buffer_bytes(response->fields), fields_size);
	if (response->closes)
		end = text_add(end, "Connection: close\r\n");
	else if (response->says_keep_alive)
		end = text_add(end, "Connection: keep-alive\r\n");
	end = text_add(end, "\r\n");
	out->size += (size_t)(end - begin);
	return 0;
}

int response_append_interim(int status, struct buffer *out)
{
	return buffer_appendf(out, "HTTP/1.1 %s\r\n\r\n", response_reason(status));
}
