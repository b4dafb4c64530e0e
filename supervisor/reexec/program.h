/* SPDX-License-Identifier: MIT */
/* The binary that is on the disk now, by the name that baton was started by: a path or, as of a
 * shell's command, a name in $PATH. Not /proc/self/exe: a package manager puts another file in the
 * place of the one that runs. */
#ifndef SUPERVISOR_REEXEC_PROGRAM_H
#define SUPERVISOR_REEXEC_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* What has the path at a moment. */
struct program {
	char *path; /* owned; NULL: none */
	dev_t device;
	ino_t inode;
	struct timespec changed;
};

/* Finds it, a relative path from the directory (NULL: the present one). Who is not there has a path
 * all the same. 0 or -ENOMEM; program_finish is due in either case. */
int program_find(struct program *program, const char *directory);

/* Whether the path still leads to that very file, and that has not been written to. */
bool program_is_same(const struct program *program);

void program_finish(struct program *program);

#endif
