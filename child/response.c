/* SPDX-License-Identifier: MIT */
/* See response.h. */
#include "response.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_MAX = 512 };

static const struct {
	int status;
	const char *text;
} reasons[] = {
	{ 100, "100 Continue" },
	{ 102, "102 Processing" },
	{ 200, "200 OK" },
	{ 400, "400 Bad Request" },
	{ 404, "404 Not Found" },
	{ 405, "405 Method Not Allowed" },
	{ 408, "408 Request Timeout" },
	{ 413, "413 Content Too Large" },
	{ 414, "414 URI Too Long" },
	{ 417, "417 Expectation Failed" },
	{ 431, "431 Request Header Fields Too Large" },
	{ 501, "501 Not Implemented" },
	{ 503, "503 Service Unavailable" },
	{ 505, "505 HTTP Version Not Supported" },
};

const char *response_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	assert(!"a status without a reason");
	return "500 Internal Server Error";
}

void response_date(time_t now, char text[RESPONSE_DATE_SIZE])
{
	/* Not strftime(3): its names of days and months are those of the locale. */
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	struct tm tm;
	char buffer[64];

	(void)gmtime_r(&now, &tm); /* fails only past the year 2147483647 */
	(void)snprintf(buffer, sizeof(buffer), "%s, %02d %s %04d %02d:%02d:%02d GMT",
		days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
		tm.tm_min, tm.tm_sec);
	memcpy(text, buffer, RESPONSE_DATE_SIZE - 1);
	text[RESPONSE_DATE_SIZE - 1] = '\0';
}

int response_append(const struct response *response, struct buffer *out)
{
	char head[HEAD_MAX];
	int size = snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\n"
		"Date: %s\r\n"
		"Content-Type: text/plain\r\n"
		"Content-Length: %zu\r\n"
		"%s%s%s"
		"%s\r\n",
		response_reason(response->status), response->date, response->length,
		response->allow ? "Allow: " : "", response->allow ? response->allow : "",
		response->allow ? "\r\n" : "",
		response->closes                    ? "Connection: close\r\n"
			: response->says_keep_alive ? "Connection: keep-alive\r\n"
						    : "");

	assert(size > 0 && size < HEAD_MAX);
	return buffer_append(out, head, (size_t)size);
}

int response_append_interim(int status, struct buffer *out)
{
	char head[HEAD_MAX];
	int size = snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n\r\n", response_reason(status));

	return buffer_append(out, head, (size_t)size);
}
