/* SPDX-License-Identifier: MIT */
/* See text_file.h. */
#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strbuf.h"

enum {
	SIZE_MAX_BYTES = 1 << 20,
	READ_BYTES = 4096,
};

static int read_all(int fd, struct strbuf *buf)
{
	char bytes[READ_BYTES];

	for (;;) {
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		if (n == 0)
			return 0;
		if (buf->length + (size_t)n > SIZE_MAX_BYTES)
			return -EFBIG;
		strbuf_append_bytes(buf, bytes, (size_t)n);
	}
}

int text_file_read(const char *path, const char *what, char **ret, size_t *ret_length,
	struct baton_error *error)
{
	struct strbuf buf = STRBUF_INIT;
	/* Non-blocking: the opening of a pipe would wait for its other end, and an upgrade with
	 * it. */
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return error_set_errno(error, -errno, "cannot open %s \"%s\"", what, path);

	int r = read_all(fd, &buf);
	size_t length = buf.length;
	cleanup_free char *text = strbuf_take(&buf);

	if (r < 0)
		return error_set_errno(error, r, "cannot read %s \"%s\"", what, path);
	if (!text)
		return error_set(error, -ENOMEM, "out of memory");
	*ret = take_ptr(&text);
	*ret_length = length;
	return 0;
}
