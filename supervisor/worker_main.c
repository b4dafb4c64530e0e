/* SPDX-License-Identifier: MIT */
/* See worker_main.h. */
#include "worker_main.h"

#include <stdio.h>
#include <string.h>

#include "adopt/broker.h"
#include "base/fd.h"
#include "base/pidfd.h"
#include "generation.h"
#include "log.h"
#include "runtime.h"
#include "worker.h"
#include "worker_family.h"

int worker_take_main(struct worker *worker, pid_t pid)
{
	struct ev_loop *loop = worker->generation->runtime->loop;
	struct log_where at = worker_where(worker);
	char number[PIDFD_PID_SIZE];
	int pidfd = pidfd_open_pid(pid);
	if (pidfd < 0) {
		log_warning(
			&at, "pid %d cannot be the main process: %s", (int)pid, strerror(-pidfd));
		return pidfd;
	}
	ev_child_stop(loop, &worker->exit_watcher);
	ev_io_stop(loop, &worker->end_watcher);
	fd_close(worker->pidfd);
	worker->pid = pid;
	worker->pidfd = pidfd;
	ev_child_set(&worker->exit_watcher, pid, 0);
	ev_child_start(loop, &worker->exit_watcher);
	ev_io_set(&worker->end_watcher, pidfd, EV_READ);
	ev_io_start(loop, &worker->end_watcher);
	if (worker->family->broker)
		broker_set_main(worker->family->broker, pid);
	(void)snprintf(number, sizeof(number), "%d", (int)pid);
	at.event = "main";
	at.subject = number;
	log_info(&at, "the main process is pid=%d now", (int)pid);
	return 0;
}

/*
 * A server that binds for itself may put itself into the background: its main
 * process ends well, and what it has started is a child of ours from then on.
 */
bool worker_follow(struct worker *worker)
{
	struct worker_family *family = worker->family;
	pid_t pid = family->broker && !worker->generation->is_retired
		? worker_family_find_child(family)
		: 0;

	return pid > 0 && worker_take_main(worker, pid) == 0;
}
