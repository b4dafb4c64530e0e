/* SPDX-License-Identifier: MIT */
/* See fetch.h. */
#include "support/fetch.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "support/httpd.h"
#include "support/process.h"

enum { PIECE_SIZE = 64 * 1024 };

/* All that comes until the end. */
static char *receive_all(int fd, size_t *ret_size)
{
	char *bytes = NULL;
	size_t size = 0;

	for (;;) {
		bytes = realloc(bytes, size + PIECE_SIZE + 1);
		ck_assert_ptr_nonnull(bytes);
		process_wait_fd(fd, POLLIN);
		ssize_t count = recv(fd, bytes + size, PIECE_SIZE, MSG_DONTWAIT);
		ck_assert_msg(count >= 0, "%s instead of the end", strerror(errno));
		if (count == 0)
			break;
		size += (size_t)count;
	}
	bytes[size] = '\0';
	*ret_size = size;
	return bytes;
}

/* Takes the chunks' framing out of the body. */
static void join_chunks(struct fetched *fetched)
{
	char *from = fetched->body, *to = fetched->body;
	char *end = fetched->body + fetched->size;
	size_t size;

	do {
		char *behind;

		size = strtoul(from, &behind, 16);
		ck_assert_int_eq(strncmp(behind, "\r\n", 2), 0);
		from = behind + 2;
		ck_assert_uint_le(size + 2, (size_t)(end - from));
		memmove(to, from, size);
		to += size;
		from += size;
		ck_assert_int_eq(strncmp(from, "\r\n", 2), 0);
		from += 2;
	} while (size);
	ck_assert_ptr_eq(from, end);
	*to = '\0';
	fetched->size = (size_t)(to - fetched->body);
}

static void check_body(struct fetched *fetched, const char *request)
{
	char value[64];

	fetched->is_chunked =
		strcmp(fetch_field(fetched, "Transfer-Encoding", value, sizeof(value)),
			"chunked") == 0;
	if (strncmp(request, "HEAD ", 5) == 0)
		ck_assert_uint_eq(fetched->size, 0);
	else if (fetched->is_chunked)
		join_chunks(fetched);
	else if (*fetch_field(fetched, "Content-Length", value, sizeof(value)))
		ck_assert_uint_eq(fetched->size, strtoul(value, NULL, 10));
}

void fetch(int port, const char *request, struct fetched *ret)
{
	static struct client client;
	size_t size;

	client_connect_port(&client, port);
	client_send(&client, request);
	char *bytes = receive_all(client.fd, &size);
	char *end = strstr(bytes, "\r\n\r\n");

	client_close(&client);
	ck_assert_msg(end, "no answer to %s", request);
	size_t head_size = (size_t)(end - bytes) + 4;

	*ret = (struct fetched){ .body = bytes, .size = size - head_size };
	ck_assert_uint_lt(head_size, sizeof(ret->head));
	memcpy(ret->head, bytes, head_size);
	memmove(bytes, bytes + head_size, ret->size + 1);
	ck_assert_int_eq(sscanf(ret->head, "HTTP/1.1 %d ", &ret->status), 1);
	check_body(ret, request);
}

void fetch_get(int port, const char *path, const char *fields, struct fetched *ret)
{
	char request[8 * 1024];
	int size = snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n", path, fields);

	ck_assert_int_lt(size, (int)sizeof(request));
	fetch(port, request, ret);
}

const char *fetch_field(const struct fetched *fetched, const char *name, char *value, size_t size)
{
	char start[64];

	(void)snprintf(start, sizeof(start), "\r\n%s: ", name);
	const char *found = strcasestr(fetched->head, start);

	*value = '\0';
	if (found) {
		found += strlen(start);
		(void)snprintf(value, size, "%.*s", (int)strcspn(found, "\r"), found);
	}
	return value;
}

void fetch_free(struct fetched *fetched)
{
	free(fetched->body);
	fetched->body = NULL;
}

int fetch_status(int port, const char *path)
{
	struct fetched fetched;

	fetch_get(port, path, "", &fetched);
	fetch_free(&fetched);
	return fetched.status;
}

size_t fetch_count(int port, const char *path, const char *text)
{
	struct fetched fetched;
	size_t count = 0;

	fetch_get(port, path, "", &fetched);
	for (const char *at = fetched.body; (at = strstr(at, text)); at++)
		count++;
	fetch_free(&fetched);
	return count;
}

void fetch_await_count(int port, const char *path, const char *text, size_t count)
{
	int64_t deadline_ms = clock_ms() + PROCESS_DEADLINE_MS;

	while (fetch_count(port, path, text) != count)
		ck_assert_msg(
			clock_ms() < deadline_ms, "%s does not have %zu \"%s\"", path, count, text);
}

double fetch_metric(int port, const char *sample)
{
	struct fetched fetched;
	double value = -1;
	size_t size = strlen(sample);

	fetch_get(port, "/metrics", "", &fetched);
	for (const char *line = fetched.body; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, sample, size) == 0 && line[size] == ' ')
			value = strtod(line + size, NULL);
	fetch_free(&fetched);
	return value;
}

void fetch_await_metric(int port, const char *sample, double value)
{
	int64_t deadline_ms = clock_ms() + PROCESS_DEADLINE_MS;

	while (fetch_metric(port, sample) != value)
		ck_assert_msg(clock_ms() < deadline_ms, "%s is not %g", sample, value);
}
