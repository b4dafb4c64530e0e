/* SPDX-License-Identifier: MIT */
/*
 * Walking a directory and what is below it, entry by entry, with memory for
 * one entry and a descriptor for each level, however many entries there are.
 * It is the caller who goes on, so a walk can wait for a slow client, leave
 * out a directory, or be ended at any entry.
 *
 *     r = baton_walk_open(fd, context, &walk);
 *     while ((r = baton_walk_next(walk, &entry)) > 0)
 *             if (entry.error) ... else ...
 *     baton_walk_close(walk);
 *
 * Symbolic links are told of and never followed, so a walk neither leaves its directory
 * nor goes round in circles, also while others change what is there. The order
 * is that of the directory, a directory before what is in it.
 *
 * A walk may be used on any thread, by one at a time. It reads the file
 * system, which may block.
 */
#ifndef BATON_WALK_H
#define BATON_WALK_H

#include <baton/context.h>
#include <baton/error.h>
#include <sys/stat.h>

BATON_BEGIN

struct baton_walk;

/* Valid until the next call. */
struct baton_walk_entry {
	const char *path; /* below where the walk began: "a/b" */
	const char *name; /* the last part of it */
	unsigned depth;   /* 0: right where the walk began */
	int error;        /* 0, or -errno: what is known of the entry is incomplete */
	const struct stat
		*stat; /* of the entry itself, as of lstat(2); NULL if there was an error */
};

/*
 * A walk of the directory fd, which is owned from the call on, whatever it
 * returns. Once the context has ended, so has the walk. *ret is the caller's, to
 * be given to baton_walk_close. Returns 0, -ENOTDIR, -EBADF, -EINVAL or -ENOMEM.
 */
BATON_API int baton_walk_open(int take_fd, struct baton_context *context, struct baton_walk **ret);

/*
 * The next entry. A directory that cannot be read, or not to its end, is told of a second time with
 * the error; the one that is walked itself then has an empty path. Returns 1; 0 after the last
 * entry; what baton_context_err says once the context has ended; -ENOMEM.
 */
BATON_API int baton_walk_next(struct baton_walk *walk, struct baton_walk_entry *ret);

/* The entry just told of, if it is a directory, is left out. */
BATON_API void baton_walk_skip(struct baton_walk *walk);

/* Ends the walk wherever it is. NULL is allowed. */
BATON_API void baton_walk_close(struct baton_walk *walk);

BATON_END

#endif
