/* SPDX-License-Identifier: MIT */
/* See rehearsal.h. */
#include "reexec/rehearsal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <baton/spawn.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/wait_status.h"
#include "reexec/restore.h"
#include "reexec/state.h"
#include "reexec/state_file.h"

/* Seconds, also on a machine that is busy. */
static const ev_tstamp DEADLINE = 10;

enum { SAID_MAX = 4096, PROOF_SIZE = 64 };

/* What only who has read the state can say: another program may end with 0, too. */
static void write_proof(char text[PROOF_SIZE], pid_t pid)
{
	(void)snprintf(text, PROOF_SIZE, "can go on with the state of pid %d\n", (int)pid);
}

int rehearsal_main(int argc, char **argv)
{
	struct restored restored = { 0 };
	struct baton_error error;
	struct state state;
	char proof[PROOF_SIZE];
	int r = state_file_read(REHEARSAL_STATE_FD, &state, &error);

	(void)argc;
	(void)argv;
	if (r == 0)
		r = restored_load(&restored, &state, &error);
	write_proof(proof, state.pid);
	restored_finish(&restored, &state);
	state_finish(&state);
	if (r == 0) {
		(void)fputs(proof, stdout);
		return EX_OK;
	}
	(void)fprintf(stderr, "cannot read the state: %s\n", error.text);
	return EX_DATAERR;
}

static void stop(struct rehearsal *rehearsal)
{
	ev_child_stop(rehearsal->loop, &rehearsal->exit_watcher);
	ev_io_stop(rehearsal->loop, &rehearsal->output_watcher);
	ev_timer_stop(rehearsal->loop, &rehearsal->deadline);
	family_finish(&rehearsal->family);
	fd_close(take_fd(&rehearsal->output));
	rehearsal->pid = 0;
}

/* Whether there may be more. */
static bool read_output(struct rehearsal *rehearsal)
{
	char bytes[256];
	ssize_t got = read(rehearsal->output, bytes, sizeof(bytes));

	if (got > 0 && rehearsal->said.length < SAID_MAX)
		strbuf_append_bytes(&rehearsal->said, bytes, (size_t)got);
	return got > 0 || (got == -1 && errno == EINTR);
}

static void on_output(struct ev_loop *loop, ev_io *w, int revents)
{
	struct rehearsal *rehearsal = container_of(w, struct rehearsal, output_watcher);

	(void)revents;
	if (!read_output(rehearsal))
		ev_io_stop(loop, w); /* it has closed it; its end is still to come */
}

/* Its last words, without the newline; how it ended, if it had none. */
static void tell_reason(struct rehearsal *rehearsal, int status, char *reason, size_t size)
{
	char how[WAIT_STATUS_SIZE];
	char *said = rehearsal->said.text ? rehearsal->said.text : "";

	while (*said && said[strlen(said) - 1] == '\n')
		said[strlen(said) - 1] = '\0';
	(void)wait_status_text(status, how, sizeof(how));
	if (rehearsal->is_late)
		(void)snprintf(reason, size, "it said nothing for %g seconds", DEADLINE);
	else
		(void)snprintf(reason, size, "%s%s%.200s", how, *said ? ": " : "", said);
}

/* Whatever else it may have had to say. */
static bool ends_with(const struct strbuf *said, const char *proof)
{
	size_t length = strlen(proof);

	return said->length >= length && strcmp(said->text + said->length - length, proof) == 0;
}

static void on_exit_watcher(struct ev_loop *loop, ev_child *w, int revents)
{
	struct rehearsal *rehearsal = container_of(w, struct rehearsal, exit_watcher);
	char proof[PROOF_SIZE];
	char reason[BATON_ERROR_SIZE];

	(void)loop;
	(void)revents;
	while (read_output(rehearsal))
		;
	write_proof(proof, getpid());
	bool is_proven = w->rstatus == 0 && ends_with(&rehearsal->said, proof);

	if (!is_proven)
		tell_reason(rehearsal, w->rstatus, reason, sizeof(reason));
	stop(rehearsal);
	strbuf_finish(&rehearsal->said);
	rehearsal->on_end(is_proven ? NULL : reason, rehearsal->data);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct rehearsal *rehearsal = container_of(w, struct rehearsal, deadline);

	(void)loop;
	(void)revents;
	rehearsal->is_late = true;
	(void)process_signal(rehearsal->family.leader, SIGKILL);
}

void rehearsal_init(
	struct rehearsal *rehearsal, struct ev_loop *loop, rehearsal_fn on_end, void *data)
{
	*rehearsal =
		(struct rehearsal){ .loop = loop, .output = -1, .on_end = on_end, .data = data };
	ev_child_init(&rehearsal->exit_watcher, on_exit_watcher, 0, 0);
	ev_io_init(&rehearsal->output_watcher, on_output, -1, EV_READ);
	ev_timer_init(&rehearsal->deadline, on_deadline, 0, 0);
}

static int spawn(
	struct rehearsal *rehearsal, const char *program, int state, struct baton_error *error)
{
	char *argv[] = { (char *)program, REHEARSAL_COMMAND, NULL };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return error_set_errno(error, -errno, "cannot make a pipe");
	cleanup_fd int ours = ends[0], theirs = ends[1];
	cleanup_fd int pidfd = -1;
	const struct baton_spawn_fd fds[] = { { theirs, STDOUT_FILENO }, { theirs, STDERR_FILENO },
		{ state, REHEARSAL_STATE_FD } };
	const struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = fds,
		.fd_count = array_length(fds),
		.new_session = true, /* what a terminal sends is not for it */
	};
	int r = baton_spawn(&options, &rehearsal->pid, &pidfd, error);

	if (r == 0)
		rehearsal->output = take_fd(&ours);
	return r;
}

int rehearsal_start(struct rehearsal *rehearsal, struct family_registry *families,
	const char *program, int state, struct baton_error *error)
{
	int r = spawn(rehearsal, program, state, error);
	if (r < 0)
		return r;
	rehearsal->is_late = false;
	/* It has not been reaped: the watcher is started before the loop runs. */
	(void)family_init(&rehearsal->family, families, rehearsal->pid, NULL);
	ev_child_set(&rehearsal->exit_watcher, rehearsal->pid, 0);
	ev_child_start(rehearsal->loop, &rehearsal->exit_watcher);
	ev_io_set(&rehearsal->output_watcher, rehearsal->output, EV_READ);
	ev_io_start(rehearsal->loop, &rehearsal->output_watcher);
	ev_timer_set(&rehearsal->deadline, DEADLINE, 0);
	ev_timer_start(rehearsal->loop, &rehearsal->deadline);
	return 0;
}

void rehearsal_finish(struct rehearsal *rehearsal)
{
	if (rehearsal->pid > 0)
		(void)process_signal(rehearsal->family.leader, SIGKILL); /* gone already: fine */
	if (rehearsal->loop)
		stop(rehearsal);
	strbuf_finish(&rehearsal->said);
}
