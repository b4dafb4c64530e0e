/* SPDX-License-Identifier: MIT */
/*
 * The access log: a line for each request in the combined format, as Apache
 * and nginx write it. Lines are gathered and written once a turn of the loop. A
 * file that cannot be written, or a reader that is too slow, costs lines and never holds
 * up the server.
 */
#ifndef CHILD_ACCESS_LOG_H
#define CHILD_ACCESS_LOG_H

#include <baton/error.h>
#include <sys/socket.h>

struct access_log;
struct ev_loop;
struct exchange_record;

/*
 * Opens path for appending, made with mode 0640 if it is not there. on_log is told when
 * writing begins to fail, and when it works again. *ret is to be given to
 * access_log_close. 0, or -errno with the reason.
 */
int access_log_open(struct ev_loop *loop, const char *path,
	void (*on_log)(int level, const char *text, void *data), void *data,
	struct access_log **ret, struct baton_error *error);

/* Adds the line of a request from that peer. */
void access_log_add(
	struct access_log *log, const struct exchange_record *record, const struct sockaddr *peer);

/* Opens the path anew, after it was renamed. If that fails the old file stays; on_log is told. NULL
 * is allowed. */
void access_log_reopen(struct access_log *log);

/* Writes what is left, closes and frees; NULL is allowed. */
void access_log_close(struct access_log *log);

#endif
