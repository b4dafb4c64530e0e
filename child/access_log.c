/* SPDX-License-Identifier: MIT */
/* See access_log.h. */
#include "access_log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "http/buffer.h"
#include "http/exchange.h"
#include "http/response.h"
#include "http/text.h"

enum {
	FLUSH_SIZE = 64 * 1024, /* is written at once */
	KEEP_MAX = 1024 * 1024, /* is kept while writing fails; what comes then is lost */
	TIME_SIZE = 64,
	MODE = 0640,
	ESCAPED = 4, /* bytes that one may become: \xHH */
};

static const double RETRY_S = 0.1;

struct access_log {
	struct ev_loop *loop;
	const char *path; /* borrowed */
	int fd;
	struct buffer lines;
	time_t time_s;
	char time[TIME_SIZE]; /* "[10/Oct/2000:13:55:36 -0700] " */
	size_t time_size;
	uint64_t lost; /* lines, since it began to fail */
	bool is_failing;
	ev_prepare turn; /* the end of a turn of the loop */
	ev_io writable;  /* waited for when a pipe is full */
	ev_timer retry;  /* after any other failure */
	void (*on_log)(int level, const char *text, void *data);
	void *data;
};

__attribute__((format(printf, 3, 4))) static void say(
	struct access_log *log, int level, const char *format, ...)
{
	struct baton_error error;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error.text, sizeof(error.text), format, args); /* cut if too long */
	va_end(args);
	log->on_log(level, error.text, log->data);
}

/* Said once, until it works again. */
static void begin_failure(struct access_log *log, const char *reason)
{
	if (log->is_failing)
		return;
	log->is_failing = true;
	say(log, LOG_ERR, "cannot write access log \"%s\": %s", log->path, reason);
}

/* A line finds no room. */
static void lose(struct access_log *log)
{
	log->lost++;
	begin_failure(
		log, log->lines.size >= KEEP_MAX ? "its reader is too slow" : "out of memory");
}

/* A reader that is slow is no failure as long as nothing is lost. */
static void wait_for(struct access_log *log, int error)
{
	if (error == EAGAIN) {
		ev_io_start(log->loop, &log->writable);
		return;
	}
	begin_failure(log, strerror(error));
	ev_timer_set(&log->retry, RETRY_S, 0);
	ev_timer_start(log->loop, &log->retry);
}

static bool is_waiting(const struct access_log *log)
{
	return ev_is_active(&log->writable) || ev_is_active(&log->retry);
}

static void stop_waiting(struct access_log *log)
{
	ev_io_stop(log->loop, &log->writable);
	ev_timer_stop(log->loop, &log->retry);
}

static void recover(struct access_log *log)
{
	if (!log->is_failing)
		return;
	say(log, LOG_NOTICE, "access log \"%s\" is written again, %llu lines are lost", log->path,
		(unsigned long long)log->lost);
	log->is_failing = false;
	log->lost = 0;
}

static void flush(struct access_log *log)
{
	while (log->lines.size) {
		ssize_t written = write(log->fd, buffer_bytes(&log->lines), log->lines.size);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1) {
			wait_for(log, errno);
			return;
		}
		buffer_drop(&log->lines, (size_t)written);
	}
	recover(log);
}

static void on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct access_log *log = w->data;

	(void)loop, (void)revents;
	if (log->lines.size && !is_waiting(log))
		flush(log);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)revents;
	ev_io_stop(loop, w);
	flush(w->data);
}

static void on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	flush(w->data);
}

/* Non-blocking for a pipe; for a regular file it means nothing. */
static int open_file(const char *path)
{
	int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, MODE);

	return fd == -1 ? -errno : fd;
}

static const char *explain(const char *path, int error)
{
	struct stat stat_of;

	if (error == -ENXIO && stat(path, &stat_of) == 0 && S_ISFIFO(stat_of.st_mode))
		return "nobody reads the pipe";
	return strerror(-error);
}

int access_log_open(struct ev_loop *loop, const char *path,
	void (*on_log)(int level, const char *text, void *data), void *data,
	struct access_log **ret, struct baton_error *error)
{
	struct access_log *log = malloc(sizeof(*log));
	int fd = log ? open_file(path) : -ENOMEM;

	if (fd < 0) {
		(void)snprintf(error->text, sizeof(error->text),
			"cannot open access log \"%s\": %s", path, explain(path, fd));
		free(log);
		return fd;
	}
	*log = (struct access_log){
		.loop = loop,
		.path = path,
		.fd = fd,
		.time_s = -1,
		.on_log = on_log,
		.data = data,
	};
	ev_prepare_init(&log->turn, on_turn);
	ev_io_init(&log->writable, on_writable, fd, EV_WRITE);
	ev_init(&log->retry, on_retry);
	log->turn.data = log;
	log->writable.data = log;
	log->retry.data = log;
	ev_prepare_start(loop, &log->turn);
	*ret = log;
	return 0;
}

void access_log_reopen(struct access_log *log)
{
	if (!log)
		return;
	flush(log); /* these lines are the old file's */
	int fd = open_file(log->path);

	if (fd < 0) {
		say(log, LOG_ERR, "cannot reopen access log \"%s\": %s", log->path,
			explain(log->path, fd));
		return;
	}
	stop_waiting(log);    /* the new file may be better */
	(void)close(log->fd); /* an error could not be acted on */
	log->fd = fd;
	ev_io_set(&log->writable, fd, EV_WRITE);
}

/* The end comes first. */
static void lose_rest(struct access_log *log)
{
	const char *bytes = buffer_bytes(&log->lines);

	for (size_t i = 0; i < log->lines.size; i++)
		log->lost += bytes[i] == '\n';
	say(log, LOG_ERR, "cannot write access log \"%s\": %llu lines are lost", log->path,
		(unsigned long long)log->lost);
}

void access_log_close(struct access_log *log)
{
	if (!log)
		return;
	flush(log);
	if (log->lines.size)
		lose_rest(log);
	stop_waiting(log);
	ev_prepare_stop(log->loop, &log->turn);
	(void)close(log->fd); /* an error could not be acted on */
	buffer_release(&log->lines);
	free(log);
}

static void set_time(struct access_log *log, time_t now)
{
	struct tm tm;
	char zone[8];

	(void)localtime_r(&now, &tm); /* fails only past the year 2147483647 */
	(void)strftime(zone, sizeof(zone), "%z", &tm);
	log->time_s = now;
	log->time_size = (size_t)snprintf(log->time, sizeof(log->time),
		"[%02d/%s/%04d:%02d:%02d:%02d %s] \"", tm.tm_mday, response_month(&tm),
		tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, zone);
}

/* What a client sent; nothing of it may look like the end of a field or of a line. */
static char *add_escaped(char *end, const char *text, size_t size)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
			*end++ = (char)c;
			continue;
		}
		*end++ = '\\';
		*end++ = 'x';
		*end++ = hex[c >> 4];
		*end++ = hex[c & 15];
	}
	return end;
}

static char *add_part(char *end, const char *head, struct request_part part)
{
	if (!part.size)
		return text_add(end, "-");
	return add_escaped(end, request_text(head, part), part.size);
}

static char *add_ipv4(char *end, const struct in_addr *address)
{
	const unsigned char *bytes = (const unsigned char *)&address->s_addr;

	for (int i = 0; i < 4; i++) {
		if (i)
			*end++ = '.';
		end = text_add_number(end, bytes[i]);
	}
	return end;
}

static char *add_peer(char *end, const struct sockaddr *peer)
{
	const struct in6_addr *in6 = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
	struct in_addr mapped;

	switch (peer->sa_family) {
	case AF_INET:
		return add_ipv4(end, &((const struct sockaddr_in *)(const void *)peer)->sin_addr);
	case AF_INET6:
		if (IN6_IS_ADDR_V4MAPPED(in6)) {
			memcpy(&mapped, &in6->s6_addr[12], sizeof(mapped));
			return add_ipv4(end, &mapped);
		}
		(void)inet_ntop(AF_INET6, in6, end, INET6_ADDRSTRLEN); /* it fits */
		return end + strlen(end);
	}
	return text_add(end, "unix:");
}

static size_t room_for(const struct access_log *log, const struct exchange_record *record)
{
	const struct request *request = record->request;
	size_t parts = request->line.size + request->kept[REQUEST_REFERER].size +
		request->kept[REQUEST_USER_AGENT].size;

	/* Beside the parts: the peer, the time, two numbers, and what stands between. */
	return parts * ESCAPED + INET6_ADDRSTRLEN + log->time_size + 128;
}

void access_log_add(
	struct access_log *log, const struct exchange_record *record, const struct sockaddr *peer)
{
	const struct request *request = record->request;
	time_t now = (time_t)ev_now(log->loop);

	if (now != log->time_s)
		set_time(log, now);
	if (log->lines.size >= KEEP_MAX || buffer_reserve(&log->lines, room_for(log, record)) < 0) {
		lose(log);
		return;
	}
	char *begin = buffer_bytes(&log->lines) + log->lines.size;
	char *end = add_peer(begin, peer);

	end = text_add(end, " - - ");
	end = text_add_bytes(end, log->time, log->time_size);
	end = add_part(end, record->head, request->line);
	end = text_add(end, "\" ");
	end = text_add_number(end, (uint64_t)record->status);
	*end++ = ' ';
	end = text_add_number(end, record->sent);
	end = text_add(end, " \"");
	end = add_part(end, record->head, request->kept[REQUEST_REFERER]);
	end = text_add(end, "\" \"");
	end = add_part(end, record->head, request->kept[REQUEST_USER_AGENT]);
	end = text_add(end, "\"\n");
	log->lines.size += (size_t)(end - begin);
	if (log->lines.size >= FLUSH_SIZE && !is_waiting(log))
		flush(log);
}
