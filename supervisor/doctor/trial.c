/* SPDX-License-Identifier: MIT */
/* See trial.h. */
#include "doctor/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <baton/spawn.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/parse.h"
#include "base/pidfd.h"
#include "base/signal_name.h"
#include "doctor/attempt.h"
#include "doctor/findings.h"
#include "log_entry.h"

/* How a line of the log begins. */
#define LOG_START "{\"time\":\""

enum {
	NUMBER_SIZE = 16,
	NAME_SIZE = 32,
	LAST_READS = 64, /* of a pipe's buffer, more than there is in it */
};

static void on_generation_up(struct trial *trial, const struct log_entry *entry)
{
	trial->serving = entry->generation;
}

static void on_not_started(struct trial *trial, const struct log_entry *entry)
{
	(void)snprintf(trial->reason, sizeof(trial->reason), "%.*s", (int)sizeof(trial->reason) - 1,
		entry->subject);
}

static void on_not_ready(struct trial *trial, const struct log_entry *entry)
{
	on_not_started(trial, entry);
	trial->was_late = true;
}

static void on_not_executed(struct trial *trial, const struct log_entry *entry)
{
	on_not_started(trial, entry);
	trial->was_missing = true;
}

static void on_rolled_back(struct trial *trial, const struct log_entry *entry)
{
	on_not_started(trial, entry);
	trial->rolled_back++;
}

static void on_started(struct trial *trial, const struct log_entry *entry)
{
	trial->main = entry->pid;
}

static void on_main(struct trial *trial, const struct log_entry *entry)
{
	(void)parse_int(entry->subject, 1, INT_MAX, &trial->main); /* is one */
}

static void on_hammered(struct trial *trial, const struct log_entry *entry)
{
	(void)entry;
	trial->hammered++;
}

static void on_gone(struct trial *trial, const struct log_entry *entry)
{
	trial->gone++;
	trial->gone_ms = entry->ms;
}

static const struct {
	const char *event;
	void (*take)(struct trial *trial, const struct log_entry *entry);
} takers[] = {
	{ "gone", on_gone },
	{ "hammered", on_hammered },
	{ "main", on_main },
	{ "not-executed", on_not_executed },
	{ "not-ready", on_not_ready },
	{ "not-started", on_not_started },
	{ "rolled-back", on_rolled_back },
	{ "serving", on_generation_up },
	{ "started", on_started },
	{ "took-over", on_generation_up },
	{ "worker-given-up", on_not_started },
};

static void take_entry(struct trial *trial, const struct log_entry *entry)
{
	if (trial->is_verbose)
		(void)fprintf(stderr, "baton: %s\n", entry->message);
	for (size_t i = 0; i < array_length(takers); i++)
		if (strcmp(takers[i].event, entry->event) == 0)
			takers[i].take(trial, entry);
	findings_take(trial->findings, entry);
}

/* What the server says may hold anything; what is kept of it is for a terminal. */
static void take_output(struct trial *trial, const char *text)
{
	char *tail = trial->tail[trial->said % TRIAL_TAIL_LINES];

	if (!*text)
		return;
	if (trial->is_verbose)
		(void)fprintf(stderr, "%s\n", text);
	(void)snprintf(tail, TRIAL_TAIL_SIZE, "%s", text); /* cut */
	for (char *c = tail; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	trial->said++;
}

static void take_line(struct trial *trial, char *line)
{
	char *start = strstr(line, LOG_START); /* behind a line that the server has not ended */
	struct log_entry entry;

	if (!start || log_entry_parse(start, &entry) < 0) {
		take_output(trial, line);
		return;
	}
	*start = '\0';
	take_output(trial, line);
	take_entry(trial, &entry);
}

static void take_lines(struct trial *trial)
{
	char *line = trial->line, *end;

	trial->line[trial->length] = '\0';
	while ((end = memchr(line, '\n', trial->length - (size_t)(line - trial->line)))) {
		*end = '\0';
		take_line(trial, line);
		line = end + 1;
	}
	trial->length -= (size_t)(line - trial->line);
	memmove(trial->line, line, trial->length);
	if (trial->length < sizeof(trial->line) - 1)
		return;
	take_line(trial, trial->line);
	trial->length = 0;
}

/* Whether there may be more. */
static bool read_log(struct trial *trial)
{
	ssize_t got = read(
		trial->log, trial->line + trial->length, sizeof(trial->line) - 1 - trial->length);

	if (got > 0) {
		trial->length += (size_t)got;
		take_lines(trial);
		return true;
	}
	if (got == 0 || (errno != EAGAIN && errno != EINTR))
		ev_io_stop(trial->loop, &trial->log_watcher);
	return false;
}

static void on_log(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	(void)read_log(container_of(w, struct trial, log_watcher));
}

/* What was said last is still in the pipe; others of the server may go on to write to it. */
static void on_end(struct ev_loop *loop, ev_child *w, int revents)
{
	struct trial *trial = container_of(w, struct trial, end_watcher);

	(void)revents;
	ev_child_stop(loop, w);
	for (int i = 0; i < LAST_READS && read_log(trial); i++)
		continue;
	trial->has_ended = true;
}

static size_t count_words(char *const *words)
{
	size_t count = 0;

	while (words && words[count])
		count++;
	return count;
}

static void add(char **argv, size_t *count, const char *word)
{
	argv[(*count)++] = (char *)word;
}

static void add_all(char **argv, size_t *count, char *const *words)
{
	for (; words && *words; words++)
		add(argv, count, *words);
}

/* What of the arguments has to be written. */
struct numbers {
	char name[NAME_SIZE], ready[NUMBER_SIZE], drain[NUMBER_SIZE], signal[SIGNAL_NAME_SIZE];
};

/* The words, NULL at their end, are borrowed from options and numbers; the array is the
 * caller's. */
static char **build_argv(const struct trial_options *options, struct numbers *numbers)
{
	const struct rung *rung = options->rung;
	size_t fixed = 32 + 2 * rung->keep_count, count = 0;
	char **argv =
		calloc(fixed + count_words(options->run_options) + count_words(options->command),
			sizeof(*argv));

	if (!argv)
		return NULL;
	(void)snprintf(numbers->name, sizeof(numbers->name), "doctor-%d", (int)getpid());
	(void)snprintf(numbers->ready, sizeof(numbers->ready), "%dms", options->ready_timeout_ms);
	(void)snprintf(numbers->drain, sizeof(numbers->drain), "%dms", options->drain_timeout_ms);
	(void)signal_name(rung->signal, numbers->signal, sizeof(numbers->signal));
	add_all(argv, &count,
		(char *[]){ "/proc/self/exe", "run", "--name", numbers->name, "--ready-timeout",
			numbers->ready, "--drain-timeout", numbers->drain, "--max-restarts", "0",
			"--settle", "0", NULL });
	add_all(argv, &count, options->run_options);
	add_all(argv, &count,
		(char *[]){ "--log-level", "info", "--log-format", "json", "--adopt",
			"--stop-signal", numbers->signal, NULL });
	if (rung->is_steered)
		add(argv, &count, "--steer");
	for (size_t i = 0; i < rung->keep_count; i++) {
		add(argv, &count, "--keep-file");
		add(argv, &count, options->findings->pid_files[i]);
	}
	add(argv, &count, "--");
	add_all(argv, &count, options->command);
	return argv;
}

/* Starts it with both its outputs in the pipe: what the server prints is not the report. */
static int spawn(struct trial *trial, const struct trial_options *options, int output,
	struct baton_error *error)
{
	struct numbers numbers;
	cleanup_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	cleanup_free char **argv = build_argv(options, &numbers);

	if (null == -1)
		return error_set_errno(error, -errno, "cannot open /dev/null");
	if (!argv)
		return error_set(error, -ENOMEM, "out of memory");
	return baton_spawn(
		&(struct baton_spawn_options){
			.size = sizeof(struct baton_spawn_options),
			.argv = argv,
			.fds = (struct baton_spawn_fd[]){ { null, STDIN_FILENO },
				{ output, STDOUT_FILENO }, { output, STDERR_FILENO } },
			.fd_count = 3,
			/* A terminal's signals are for the doctor, which ends it in order. */
			.new_process_group = true,
			.parent_death_signal = SIGQUIT,
		},
		&trial->pid, &trial->pidfd, error);
}

int trial_start(struct trial *trial, const struct trial_options *options, struct baton_error *error)
{
	int ends[2];

	*trial = (struct trial){
		.loop = options->loop,
		.findings = options->findings,
		.is_verbose = options->is_verbose,
		.pidfd = -1,
		.log = -1,
		.gone_ms = -1,
	};
	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_set_errno(error, -errno, "cannot make a pipe");
	cleanup_fd int log = ends[0], output = ends[1];
	int r = fd_set_nonblock(log, true);
	if (r < 0)
		return error_set_errno(error, r, "cannot make a pipe");
	r = spawn(trial, options, output, error);
	if (r < 0)
		return r;
	trial->log = take_fd(&log);
	ev_io_init(&trial->log_watcher, on_log, trial->log, EV_READ);
	ev_io_start(trial->loop, &trial->log_watcher);
	ev_child_init(&trial->end_watcher, on_end, trial->pid, 0);
	ev_child_start(trial->loop, &trial->end_watcher);
	return 0;
}

void trial_signal(struct trial *trial, int signal)
{
	if (!trial->has_ended)
		(void)pidfd_signal(trial->pidfd, signal); /* gone meanwhile: its end is seen */
}

void trial_finish(struct trial *trial)
{
	if (trial->log < 0)
		return;
	ev_io_stop(trial->loop, &trial->log_watcher);
	ev_child_stop(trial->loop, &trial->end_watcher);
	fd_close(trial->log);
	fd_close(trial->pidfd);
	trial->log = trial->pidfd = -1;
}

const char *trial_tail(const struct trial *trial, size_t back)
{
	if (back >= trial->said || back >= TRIAL_TAIL_LINES)
		return NULL;
	return trial->tail[(trial->said - 1 - back) % TRIAL_TAIL_LINES];
}
