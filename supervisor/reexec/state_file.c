/* SPDX-License-Identifier: MIT */
/* See state_file.h. */
#include "reexec/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "reexec/state.h"

enum { SIZE_MAX_BYTES = 256 * 1024 * 1024 };

static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

/* 0 or -errno. */
static int write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t written = write(fd, text, length);

		if (written == -1 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

int state_file_write(const struct state *state, struct baton_error *error)
{
	cleanup_free char *text = state_write(state);
	cleanup_fd int fd = memfd_create("baton-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return error_set_errno(error, -errno, "cannot make a file for the state");
	if (!text)
		return error_set(error, -ENOMEM, "cannot write the state: out of memory");
	int r = write_all(fd, text);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, seals) == -1)
		r = -errno;
	return r < 0 ? error_set_errno(error, r, "cannot write the state") : take_fd(&fd);
}

bool state_file_is_one(int fd)
{
	return fcntl(fd, F_GET_SEALS) == seals;
}

int state_file_read(int fd, struct state *ret, struct baton_error *error)
{
	struct stat status;

	state_init(ret);
	if (!state_file_is_one(fd))
		return error_set(error, -EBADMSG, "descriptor %d is no sealed state", fd);
	if (fstat(fd, &status) == -1)
		return error_set_errno(error, -errno, "cannot read the state");
	if (status.st_size == 0 || status.st_size > SIZE_MAX_BYTES)
		return error_set(error, -EBADMSG, "the state is empty, or too long");
	size_t size = (size_t)status.st_size;
	char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (text == MAP_FAILED)
		return error_set_errno(error, -errno, "cannot read the state");
	int r = state_read(text, size, ret, error);

	(void)munmap(text, size); /* cannot fail: it is our mapping */
	return r;
}
