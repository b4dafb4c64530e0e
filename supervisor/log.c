/* SPDX-License-Identifier: MIT */
/* See log.h. */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_line.h"
#include "write_now.h"

enum { MESSAGE_SIZE = 2048 };

static struct {
	enum log_format format;
	enum log_level level;
	bool is_journal;
	unsigned long lost; /* lines that were dropped since the last one that was written */
} the_log = { .level = LOG_LEVEL_NOTICE };

/* Whether standard error is the stream that systemd says goes to the journal (systemd.exec(5)). */
static bool is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return text && sscanf(text, "%llu:%llu", &device, &inode) == 2 &&
		fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_init(enum log_format format, enum log_level level)
{
	the_log.format = format;
	the_log.level = level;
	the_log.is_journal = is_journal();
}

static bool write_line(enum log_level level, const struct log_where *where, const char *message)
{
	struct log_line line;
	struct log_record record = {
		.level = level,
		.where = where,
		.message = message,
		.has_priority = the_log.is_journal,
	};

	(void)clock_gettime(CLOCK_REALTIME, &record.time); /* cannot fail with this clock */
	log_line_format(&line, the_log.format, &record);
	return write_now(STDERR_FILENO, line.text, line.length) > 0;
}

__attribute__((format(printf, 3, 0))) static void log_message(
	enum log_level level, const struct log_where *where, const char *format, va_list args)
{
	char message[MESSAGE_SIZE];
	int saved = errno;

	if (level > the_log.level)
		return;
	if (the_log.lost > 0) {
		(void)snprintf(message, sizeof(message), "%lu log lines were lost", the_log.lost);
		if (write_line(LOG_LEVEL_WARNING, NULL, message))
			the_log.lost = 0;
	}
	errno = saved;                                           /* for %m */
	(void)vsnprintf(message, sizeof(message), format, args); /* cut if too long */
	if (!write_line(level, where, message))
		the_log.lost++;
	errno = saved;
}

void log_error(const struct log_where *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(LOG_LEVEL_ERROR, where, format, args);
	va_end(args);
}

void log_warning(const struct log_where *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(LOG_LEVEL_WARNING, where, format, args);
	va_end(args);
}

void log_notice(const struct log_where *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(LOG_LEVEL_NOTICE, where, format, args);
	va_end(args);
}

void log_info(const struct log_where *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(LOG_LEVEL_INFO, where, format, args);
	va_end(args);
}

void log_debug(const struct log_where *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(LOG_LEVEL_DEBUG, where, format, args);
	va_end(args);
}
