/* SPDX-License-Identifier: MIT */
/* Whole answers of a baton-httpd, each on a connection of its own. Whatever fails fails the
 * case. */
#ifndef TESTS_SUPPORT_FETCH_H
#define TESTS_SUPPORT_FETCH_H

#include <stdbool.h>
#include <stddef.h>

struct fetched {
	int status;
	char head[1024];
	char *body;  /* NUL-terminated, without the framing; freed by fetch_free */
	size_t size; /* of the body */
	bool is_chunked;
};

/*
 * Sends the request to that port of the loopback, and receives all until the end
 * of the connection, which the request has to ask for. Its body must be as long as
 * the head says, unless the request is one of HEAD.
 */
void fetch(int port, const char *request, struct fetched *ret);

/* GET of that path, with more header fields, whole lines; "" for none. */
void fetch_get(int port, const char *path, const char *fields, struct fetched *ret);

/* The value of a header field, up to size; "" if there is none. */
const char *fetch_field(const struct fetched *fetched, const char *name, char *value, size_t size);

void fetch_free(struct fetched *fetched);

/* Just the status of a GET. */
int fetch_status(int port, const char *path);

/* How often the text stands in the answer to a GET of that path. */
size_t fetch_count(int port, const char *path, const char *text);

/* Asks again and again until it stands there so often; the case fails past the deadline. */
void fetch_await_count(int port, const char *path, const char *text, size_t count);

/* The value of a sample at /metrics, by its name and labels; -1: there is none. */
double fetch_metric(int port, const char *sample);

/* Asks again and again until it has that value; the case fails past the deadline. */
void fetch_await_metric(int port, const char *sample, double value);

#endif
