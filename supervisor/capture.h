/* SPDX-License-Identifier: MIT */
/*
 * What a worker writes on its standard error, on its way to baton's own: passed on unchanged,
 * as fast as that is read, and the end of it is remembered. Of its own accord it goes on until
 * nobody has the worker's end any more, whoever of its processes that is.
 */
#ifndef SUPERVISOR_CAPTURE_H
#define SUPERVISOR_CAPTURE_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/strbuf.h"

enum { CAPTURE_KEPT = 4096, CAPTURE_CHUNK = 4096 };

struct capture {
	struct list link; /* of all there are */
	struct ev_loop *loop;
	int fd;       /* where it is read; -1: it has ended */
	int onto;     /* where it is written; borrowed */
	bool is_left; /* nobody asks for its end any more */
	ev_io reader, writer;
	char pending[CAPTURE_CHUNK]; /* read and not written yet */
	size_t pending_from, pending_to;
	char kept[CAPTURE_KEPT]; /* a ring of the last bytes */
	uint64_t count;          /* of all bytes, ever */
};

/* Begins one in the list, onto a descriptor. Its other end, close-on-exec, is the caller's. 0 or
 * -errno. */
int capture_create(struct list *list, struct ev_loop *loop, int onto, struct capture **ret,
	int *ret_worker_end);

/* What another program of this process knew of one; its descriptor is taken (-1: it has ended). */
struct capture_past {
	int fd;
	bool is_left;
	struct strbuf pending, kept; /* not written yet; remembered */
};

/* Goes on with it, in the list. 0 or -ENOMEM. */
int capture_resume(
	struct list *list, struct ev_loop *loop, int onto, const struct capture_past *past);

/* Takes what is there now: before what the worker said last is looked at. */
void capture_drain(struct capture *capture);

/* Appends the whole lines of what is remembered, as UTF-8 without control characters. */
void capture_tail(const struct capture *capture, struct strbuf *out);

/* Nobody will ask again: it frees itself once it has ended. NULL is allowed. */
void capture_leave(struct capture *capture);

/* Passes on what goes at once, and frees. For the end of all. */
void capture_destroy(struct capture *capture);

#endif
