/* SPDX-License-Identifier: MIT */
/* Ready as soon as a command exits 0: it is run again and again, one at a time. */
#include <baton/spawn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "readiness/mode.h"

/* Commands cost more than looks, so their pauses grow further. */
#define PAUSE_MAX 1.0

static void on_command_exited(struct ev_loop *loop, ev_child *w, int revents)
{
	struct readiness *readiness = container_of(w, struct readiness, child);

	(void)revents;
	ev_child_stop(loop, w);
	readiness->child_pid = 0;
	if (WIFEXITED(w->rstatus) && WEXITSTATUS(w->rstatus) == 0)
		readiness_succeed(readiness, READINESS_BY_EXEC);
	else
		readiness_set_timer(readiness, readiness_pause(readiness, PAUSE_MAX));
}

static int spawn_command(
	const struct readiness_options *options, pid_t *ret, struct baton_error *error)
{
	cleanup_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null == -1)
		return -errno;
	/* Its output is for the log; our standard output may be somebody's data. */
	const struct baton_spawn_fd fds[] = {
		{ null, STDIN_FILENO },
		{ STDERR_FILENO, STDOUT_FILENO },
	};
	char *argv[] = { "/bin/sh", "-c", (char *)(uintptr_t)options->mode.command, NULL };

	return baton_spawn(
		&(struct baton_spawn_options){
			.size = sizeof(struct baton_spawn_options),
			.argv = argv,
			.envp = options->envp,
			.fds = fds,
			.fd_count = array_length(fds),
			.workdir = options->workdir,
			.user = options->user,
			.group = options->group,
			.new_process_group = true,
		},
		ret, NULL, error);
}

void readiness_exec_run(struct readiness *readiness)
{
	struct baton_error error = { "cannot run the readiness command" };
	pid_t pid;

	if (spawn_command(&readiness->options, &pid, &error) < 0) {
		/* Perhaps for want of memory or processes: the deadline is the caller's. */
		readiness_report(readiness, error.text);
		readiness_set_timer(readiness, readiness_pause(readiness, PAUSE_MAX));
		return;
	}
	/* Started before we return to the loop, as it must be to be told of the end. */
	readiness->child_pid = pid;
	ev_child_init(&readiness->child, on_command_exited, pid, 0);
	ev_child_start(readiness->loop, &readiness->child);
}

void readiness_exec_stop(struct readiness *readiness)
{
	if (!readiness->child_pid)
		return;
	/* Once its exit is pending the loop has reaped it, and its number may be another's. */
	if (!ev_is_pending(&readiness->child))
		(void)kill(-readiness->child_pid, SIGKILL);
	ev_child_stop(readiness->loop, &readiness->child);
	readiness->child_pid = 0;
}
