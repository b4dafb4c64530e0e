/* SPDX-License-Identifier: MIT */
/*
 * The directory baton was started in, for workers without --workdir. It is
 * entered anew, by its name, for each start, so that a symbolic link in it that
 * points to a new release counts; baton's own files stay where they were.
 * Unlike --workdir it is entered with baton's rights, not the worker's.
 */
#ifndef SUPERVISOR_OWN_DIRECTORY_H
#define SUPERVISOR_OWN_DIRECTORY_H

struct own_directory {
	char *name; /* owned; NULL if it has none: then nothing is entered */
	int fd;     /* of the directory at first; -1 if it cannot be opened */
};

/* Notes the present directory. */
void own_directory_init(struct own_directory *directory);

/* Frees what init noted. */
void own_directory_finish(struct own_directory *directory);

/*
 * Enters the directory that has the name now. 0; or -errno if there is none any
 * more, and then the present directory stays what it was.
 */
int own_directory_enter(const struct own_directory *directory);

/* Back to the directory of init. */
void own_directory_leave(const struct own_directory *directory);

#endif
