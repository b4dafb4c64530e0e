/* SPDX-License-Identifier: MIT */
/* See own_directory.h. */
#include "own_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/workdir.h"
#include "log.h"

void own_directory_init(struct own_directory *directory)
{
	*directory = (struct own_directory){
		.name = workdir_name(),
		.fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
}

void own_directory_finish(struct own_directory *directory)
{
	free(take_ptr(&directory->name));
	fd_close(take_fd(&directory->fd));
}

int own_directory_enter(const struct own_directory *directory)
{
	if (!directory->name || directory->fd == -1)
		return 0;
	return chdir(directory->name) == -1 ? -errno : 0;
}

void own_directory_leave(const struct own_directory *directory)
{
	if (directory->fd != -1 && fchdir(directory->fd) == -1)
		log_warning(NULL, "cannot go back to baton's own directory");
}
