/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's log: lines on standard error, each written whole by one write(2). The
 * service's own output shares that file and is left alone. log_notice(&(struct log_where){
 * .generation = 3, .pid = 42 }, "ready after %d ms", ms); baton: generation=3 pid=42: ready
 * after 20 ms
 * {"time":"2026-01-01T00:00:00.000Z","level":"notice","generation":3,"pid":42,"message":"..."}
 * A reader that is slow or gone never stalls baton: what does not fit is dropped, counted, and
 * reported before the next line that does. errno is kept.
 */
#ifndef SUPERVISOR_LOG_H
#define SUPERVISOR_LOG_H

#include <sys/types.h>

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
};

/* The numbers are those of syslog(3). */
enum log_level {
	LOG_LEVEL_ERROR = 3,   /* somebody has to act */
	LOG_LEVEL_WARNING = 4, /* going on without */
	LOG_LEVEL_NOTICE = 5,  /* the life of the service */
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* What a line is about; members that are 0 or NULL are left out. */
struct log_where {
	unsigned generation; /* counted from 1 */
	pid_t pid;
	unsigned worker;      /* counted from 1 */
	const char *listener; /* its name */
	/* For programs that read the log, so in JSON alone: what happened, in a word; the
	 * address or the file it happened to, or how it did; and how long it took. */
	const char *event;
	const char *subject;
	int ms;
};

/*
 * Lines of this level and above are written from now on, in this format.
 * Before the first call it is text and notice. Looks at $JOURNAL_STREAM: where
 * standard error is the journal, each line of text begins with its priority
 * (sd-daemon(3)).
 */
void log_init(enum log_format format, enum log_level level);

/* where may be NULL. Control characters in the message come out as '?'. */
void log_error(const struct log_where *where, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_warning(const struct log_where *where, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_notice(const struct log_where *where, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_info(const struct log_where *where, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_debug(const struct log_where *where, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
