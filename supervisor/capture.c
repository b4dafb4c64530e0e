/* SPDX-License-Identifier: MIT */
/* See capture.h. */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/fd.h"
#include "base/utf8.h"
#include "write_now.h"

static void remember(struct capture *capture, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		capture->kept[capture->count++ % CAPTURE_KEPT] = bytes[i];
}

static void end(struct capture *capture)
{
	ev_io_stop(capture->loop, &capture->reader);
	ev_io_stop(capture->loop, &capture->writer);
	fd_close(take_fd(&capture->fd));
}

/* Writes what goes at once. Whether all has gone: what cannot be written ever, as on a full
 * disk, has gone where the worker's own write would have. */
static bool write_pending(struct capture *capture)
{
	while (capture->pending_from < capture->pending_to) {
		ssize_t r = write_now(capture->onto, capture->pending + capture->pending_from,
			capture->pending_to - capture->pending_from);

		if (r == -EAGAIN)
			return false;
		if (r < 0)
			break;
		capture->pending_from += (size_t)r;
	}
	capture->pending_from = capture->pending_to = 0;
	return true;
}

/* More than nothing: how much; 0 at the end; or -EAGAIN. Nothing may be pending. */
static ssize_t read_chunk(struct capture *capture)
{
	ssize_t got = read(capture->fd, capture->pending, sizeof(capture->pending));

	if (got == -1)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : 0;
	capture->pending_to = (size_t)got;
	remember(capture, capture->pending, (size_t)got);
	return got;
}

/* As long as the reader of baton's standard error is behind, the worker has to wait, too. */
static void wait_for_room(struct capture *capture)
{
	ev_io_stop(capture->loop, &capture->reader);
	ev_io_start(capture->loop, &capture->writer);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct capture *capture = container_of(w, struct capture, reader);
	ssize_t got = read_chunk(capture);

	(void)loop;
	(void)revents;
	if (got > 0 && !write_pending(capture))
		wait_for_room(capture);
	if (got != 0)
		return;
	end(capture);
	if (capture->is_left)
		capture_destroy(capture);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct capture *capture = container_of(w, struct capture, writer);

	(void)revents;
	if (!write_pending(capture))
		return;
	ev_io_stop(loop, w);
	ev_io_start(loop, &capture->reader);
}

/* In the list, and not watched yet; the descriptor is its own. NULL: no memory. */
static struct capture *add(struct list *list, struct ev_loop *loop, int onto, int fd)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	if (!capture)
		return NULL;
	capture->loop = loop;
	capture->fd = fd;
	capture->onto = onto;
	ev_io_init(&capture->reader, on_readable, fd, EV_READ);
	ev_io_init(&capture->writer, on_writable, onto, EV_WRITE);
	list_append(list, &capture->link);
	return capture;
}

int capture_create(struct list *list, struct ev_loop *loop, int onto, struct capture **ret,
	int *ret_worker_end)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -errno;
	cleanup_fd int ours = ends[0], theirs = ends[1];
	/* Of our end alone: the worker's is another open file. */
	int r = fd_set_nonblock(ours, true);
	if (r < 0)
		return r;
	struct capture *capture = add(list, loop, onto, ours);
	if (!capture)
		return -ENOMEM;
	ev_io_start(loop, &capture->reader);
	*ret = capture;
	*ret_worker_end = take_fd(&theirs);
	(void)take_fd(&ours);
	return 0;
}

int capture_resume(
	struct list *list, struct ev_loop *loop, int onto, const struct capture_past *past)
{
	struct capture *capture = add(list, loop, onto, past->fd);
	size_t pending = past->pending.length;

	if (!capture)
		return -ENOMEM;
	capture->is_left = past->is_left;
	if (pending > 0 && pending <= CAPTURE_CHUNK) {
		memcpy(capture->pending, past->pending.text, pending);
		capture->pending_to = pending;
	}
	remember(capture, past->kept.text, past->kept.length);
	if (past->fd >= 0)
		wait_for_room(capture);
	return 0;
}

/* A pipe's worth at most: a process that is left may write for ever. */
void capture_drain(struct capture *capture)
{
	enum { CHUNKS_MAX = 16 };

	for (int i = 0; i < CHUNKS_MAX && capture->fd != -1 && capture->pending_to == 0; i++) {
		if (read_chunk(capture) <= 0)
			return; /* the end is seen by on_readable, too */
		if (!write_pending(capture))
			wait_for_room(capture);
	}
}

/* What is kept, in order; from the first whole line on. Its length. */
static size_t copy_kept(const struct capture *capture, char text[CAPTURE_KEPT])
{
	uint64_t first = capture->count > CAPTURE_KEPT ? capture->count - CAPTURE_KEPT : 0;
	size_t length = (size_t)(capture->count - first);
	const char *newline;

	for (size_t i = 0; i < length; i++)
		text[i] = capture->kept[(first + i) % CAPTURE_KEPT];
	newline = first > 0 ? memchr(text, '\n', length) : NULL;
	if (!newline || newline + 1 == text + length)
		return length;
	length -= (size_t)(newline + 1 - text);
	memmove(text, newline + 1, length);
	return length;
}

void capture_tail(const struct capture *capture, struct strbuf *out)
{
	char text[CAPTURE_KEPT];
	size_t length = copy_kept(capture, text), step;
	uint32_t character;

	for (size_t i = 0; i < length; i += step) {
		step = utf8_decode(text + i, length - i, &character);
		bool is_control = character < ' ' && character != '\n' && character != '\t';

		if (step == 0 || is_control || (character >= 0x7f && character < 0xa0)) {
			strbuf_append(out, "?");
			step = step ? step : 1;
		} else {
			strbuf_append_bytes(out, text + i, step);
		}
	}
}

void capture_leave(struct capture *capture)
{
	if (!capture)
		return;
	capture->is_left = true;
	if (capture->fd == -1)
		capture_destroy(capture);
}

void capture_destroy(struct capture *capture)
{
	(void)write_pending(capture); /* what has no room now is lost */
	capture_drain(capture);
	end(capture);
	list_remove(&capture->link);
	free(capture);
}
