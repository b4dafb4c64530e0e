/* SPDX-License-Identifier: MIT */
/* See client.h. */
#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "control/find.h"
#include "control/place.h"
#include "control/remains.h"

enum { READ_BYTES = 16 * 1024, SEND_TIMEOUT_MS = 10 * 1000 };

static int open_path(struct client *client, const char *path, struct baton_error *error)
{
	int r = find_connect(path);

	if (r == -ENOENT || r == -ECONNREFUSED)
		return error_set(error, -ENOENT,
			"no service listens on \"%s\"; those that run: baton list", path);
	if (r < 0)
		return error_set_errno(error, r, "cannot connect to \"%s\"", path);
	client->fd = r;
	return 0;
}

static int open_name(struct client *client, const char *name, struct baton_error *error)
{
	cleanup_free char *path = NULL;

	struct remains remains;

	if (place_path(name, &path) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	int r = open_path(client, path, error);

	return r == -ENOENT && remains_look(name, &remains) == 0
		? remains_error(name, &remains, error)
		: r;
}

int client_open(
	struct client *client, const char *name, const char *control, struct baton_error *error)
{
	cleanup_free char *path = NULL;
	cleanup_free char *only = NULL;
	int r;

	*client = (struct client)CLIENT_INIT;
	if (control) {
		r = place_absolute(control, &path, error);
		return r < 0 ? r : open_path(client, path, error);
	}
	if (name)
		return open_name(client, name, error);
	r = find_only(&only, error);
	return r < 0 ? r : open_name(client, only, error);
}

void client_close(struct client *client)
{
	fd_close(take_fd(&client->fd));
	strbuf_finish(&client->input);
}

/* Waits until poll(2) says so. 0, -ETIMEDOUT or -errno. */
static int await(int fd, short events, int64_t deadline)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	int r;

	do {
		int64_t left = deadline < 0 ? -1 : deadline - clock_ms();

		if (deadline >= 0 && left < 0)
			left = 0;
		r = poll(&poll_fd, 1, left > 86400000 ? 86400000 : (int)left);
	} while (r == -1 && errno == EINTR);
	return r == -1 ? -errno : r == 0 ? -ETIMEDOUT : 0;
}

int client_send_take(struct client *client, json_t *request, struct baton_error *error)
{
	cleanup_free char *line = request ? json_dumps(request, JSON_COMPACT) : NULL;
	int64_t deadline = clock_ms() + SEND_TIMEOUT_MS;
	int r = 0;

	json_decref(request);
	if (!line)
		return error_set(error, -ENOMEM, "out of memory");
	size_t length = strlen(line);

	line[length] = '\n'; /* where its NUL was */
	for (size_t sent = 0; r == 0 && sent < length + 1;) {
		ssize_t n = send(
			client->fd, line + sent, length + 1 - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EAGAIN)
			r = await(client->fd, POLLOUT, deadline);
		else if (errno != EINTR)
			r = -errno;
	}
	return r < 0 ? error_set_errno(error, r, "cannot ask the supervisor") : 0;
}

/* The first line that is complete. 1 and *ret; 0 if there is none; or -EBADMSG. */
static int take_line(struct client *client, json_t **ret, struct baton_error *error)
{
	struct strbuf *input = &client->input;
	char *end = input->length > 0 ? memchr(input->text, '\n', input->length) : NULL;
	json_error_t reason;

	if (!end)
		return 0;
	size_t length = (size_t)(end - input->text);
	json_t *object = json_loadb(input->text, length, 0, &reason);

	input->length -= length + 1;
	memmove(input->text, end + 1, input->length);
	if (!json_is_object(object)) {
		json_decref(object);
		return error_set(error, -EBADMSG, "the supervisor answers with what is no object");
	}
	*ret = object;
	return 1;
}

int client_receive(struct client *client, int timeout_ms, json_t **ret, struct baton_error *error)
{
	int64_t deadline = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;
	char bytes[READ_BYTES];
	int r;

	while ((r = take_line(client, ret, error)) == 0) {
		r = await(client->fd, POLLIN, deadline);
		if (r == -ETIMEDOUT)
			return error_set(error, r, "no answer from the supervisor in time");
		ssize_t got = r < 0 ? r : recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (got == 0 || (got == -1 && errno == ECONNRESET))
			return 0;
		if (got > 0)
			strbuf_append_bytes(&client->input, bytes, (size_t)got);
		else if (r < 0 || (errno != EAGAIN && errno != EINTR))
			return error_set_errno(
				error, r < 0 ? r : -errno, "cannot hear the supervisor");
		if (client->input.is_broken)
			return error_set(error, -ENOMEM, "out of memory");
	}
	return r;
}
