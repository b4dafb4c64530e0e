/* SPDX-License-Identifier: MIT */
/* What a connection sends: see connection_object.h. */
#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "busy.h"
#include "connection_object.h"
#include "server.h"

enum { FILE_PIECE_MAX = 512 * 1024 }; /* before others get their turn */

/* Whether something follows at once that can share the last segment: a file, or our FIN. */
static bool is_followed(const struct exchange *exchange)
{
	return exchange_file_left(exchange) || exchange->state == EXCHANGE_ENDED;
}

/* Sends what is in the buffer, as far as it goes. 0 or -errno. */
static int send_buffer(struct connection *connection)
{
	struct buffer *out = &connection->busy->out;
	int flags = MSG_NOSIGNAL | (is_followed(&connection->busy->exchange) ? MSG_MORE : 0);

	while (out->size) {
		ssize_t sent = send(connection->io.fd, buffer_bytes(out), out->size, flags);
		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1)
			return errno == EAGAIN ? 0 : -errno;
		buffer_drop(out, (size_t)sent);
	}
	return 0;
}

/* Sends a piece of the file. 0 or -errno. */
static int send_file(struct connection *connection)
{
	struct exchange *exchange = &connection->busy->exchange;
	uint64_t left = exchange_file_left(exchange);
	off_t offset = (off_t)exchange->call.answer.file_offset;
	size_t size = left < FILE_PIECE_MAX ? (size_t)left : FILE_PIECE_MAX;

	if (!left)
		return 0;
	ssize_t sent = sendfile(connection->io.fd, exchange->call.answer.file, &offset, size);
	if (sent == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (sent == 0)
		return -EIO; /* it was cut short meanwhile: the length that we told is wrong */
	exchange_file_sent(exchange, &connection->server->settings, (uint64_t)sent);
	return 0;
}

int connection_send(struct connection *connection)
{
	int r = send_buffer(connection);

	if (r == 0 && connection->busy->out.size == 0)
		r = send_file(connection);
	return r;
}
