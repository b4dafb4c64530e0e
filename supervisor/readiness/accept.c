/* SPDX-License-Identifier: MIT */
/* Ready as soon as a process of the worker's family is seen to wait on an inherited socket. */
#include <errno.h>
#include <stdio.h>

#include "base/container.h"
#include "family.h"
#include "readiness/mode.h"
#include "readiness/waiting.h"

#define PAUSE_MAX 0.05

/* A look at a family of many processes with many descriptors takes its time: we
 * spend at most that part of ours on it. */
#define LOOK_PART 10

/*
 * The furthest that any process of the family is: an enum waiting; or -EACCES
 * and its pid if all who could be looked into are not waiting, but one could not be.
 */
static int look_at_family(
	const struct family *family, const struct waiting_sockets *sockets, pid_t *ret_pid)
{
	int result = WAITING_NOT;
	bool was_refused = false;

	for (size_t i = 0; i < family->members.count; i++) {
		pid_t pid = family->members.items[i].pid;
		int waiting = waiting_on(pid, sockets);

		if (waiting == WAITING_NOW || waiting == WAITING_ACCEPTED)
			return waiting;
		if (waiting == WAITING_REGISTERED)
			result = waiting;
		if (waiting == -EACCES && !was_refused) {
			was_refused = true;
			*ret_pid = pid;
		}
	}
	return result == WAITING_NOT && was_refused ? -EACCES : result;
}

static void report_refusal(struct readiness *readiness, pid_t pid)
{
	char text[160];

	(void)snprintf(text, sizeof(text),
		"cannot see whether pid %d accepts (no permission to look into it): "
		"use --ready notify, exec or delay",
		(int)pid);
	readiness_report(readiness, text);
}

void readiness_accept_look(struct readiness *readiness)
{
	const struct readiness_options *options = &readiness->options;
	ev_tstamp begin = ev_time();
	pid_t refused = 0;
	int waiting = WAITING_NOT;

	/* When the scan fails, for want of memory or descriptors, the next one may not. */
	if (family_scan(options->family) == 0)
		waiting = look_at_family(options->family, options->sockets, &refused);
	if (waiting == -EACCES)
		report_refusal(readiness, refused);
	/*
	 * Registered without waiting is a server that is about to wait, or is busy already
	 * with what it accepted; still so at the next look, it counts. A busy server may
	 * never be caught waiting, and one that dies at once is seen to be gone.
	 */
	if (waiting == WAITING_NOW || waiting == WAITING_ACCEPTED ||
		(waiting == WAITING_REGISTERED && readiness->was_seen)) {
		readiness_succeed(readiness, READINESS_BY_ACCEPT);
		return;
	}
	readiness->was_seen = waiting == WAITING_REGISTERED;
	ev_tstamp pause = readiness_pause(readiness, PAUSE_MAX);
	ev_tstamp cost = (ev_time() - begin) * LOOK_PART;

	/* A registration is looked at again at once: the pause has grown for those who do
	 * nothing. */
	if (cost > pause)
		pause = cost < PAUSE_MAX ? cost : PAUSE_MAX;
	readiness_set_timer(readiness, readiness->was_seen ? 0.001 : pause);
}
