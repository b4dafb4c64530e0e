/* SPDX-License-Identifier: MIT */
/*
 * What is there, and what is left over: descriptors, threads, tracked tasks, contexts
 * and watches of contexts, each with the place where it began as far as that is known.
 * For tests, as Go's goleak:
 *
 *     r = baton_leak_snapshot(BATON_LEAK_ALL, &before);
 *     ... what should leave nothing behind ...
 *     r = baton_leak_since(before, &left);
 *     for (size_t i = 0; i < baton_leak_count(left); i++)
 *             complain about baton_leak_get(left, i)
 *
 * and for a running server, to be shown on a debug port.
 *
 * Functions may be called on any thread. They read /proc/self.
 */
#ifndef BATON_LEAK_H
#define BATON_LEAK_H

#include <baton/error.h>
#include <stddef.h>
#include <stdint.h>

BATON_BEGIN

struct baton_leak;

enum baton_leak_kind {
	BATON_LEAK_FD = 1,
	BATON_LEAK_THREAD = 2,
	BATON_LEAK_TASK = 4,    /* of any tracker or pool */
	BATON_LEAK_CONTEXT = 8, /* whose last reference is not gone, ended or not */
	BATON_LEAK_WATCH = 16,  /* of a context */
	BATON_LEAK_ALL = 31,
};

/* One thing. The texts are borrowed from the snapshot. */
struct baton_leak_entry {
	enum baton_leak_kind kind;
	uint64_t group;   /* of a task the tracker, of a context the root; otherwise 0 */
	uint64_t number;  /* of a descriptor or a thread its own, otherwise made up, in its group */
	uint64_t parent;  /* of a context the number of that above, 0 for a root; otherwise 0 */
	int64_t age_ms;   /* -1: not known */
	const char *what; /* one line, '?' for control characters: "tcp 127.0.0.1:80, listening" */
	const char *place; /* where it began: "server.c:123"; "" if not known */
};

/* What of these kinds (or-ed) there is now. *ret is the caller's, to be given to
 * baton_leak_destroy. Returns 0, -ENOMEM, -EINVAL, or what reading /proc/self said. */
BATON_API int baton_leak_snapshot(unsigned kinds, struct baton_leak **ret);

/*
 * What of the kinds of that snapshot there is now that was not there then. A
 * descriptor is known by its number and its file; what has no file to itself, as an
 * eventfd or an epoll, by its number and its kind. As baton_leak_snapshot.
 */
BATON_API int baton_leak_since(const struct baton_leak *before, struct baton_leak **ret);

/* How many entries it has. */
BATON_API size_t baton_leak_count(const struct baton_leak *leak);

/* One of them, borrowed: by kind, then in the order of group and number. NULL if there is no
 * such index. */
BATON_API const struct baton_leak_entry *baton_leak_get(
	const struct baton_leak *leak, size_t index);

/* The kind's name: "descriptor", "thread", "task", "context", "watch". */
BATON_API const char *baton_leak_kind_name(enum baton_leak_kind kind);

/* Frees it; NULL is allowed. */
BATON_API void baton_leak_destroy(struct baton_leak *leak);

BATON_END

#endif
