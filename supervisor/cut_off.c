/* SPDX-License-Identifier: MIT */
/* See cut_off.h. */
#include "cut_off.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "connections.h"
#include "control/status_listeners.h"
#include "generation.h"
#include "runtime.h"
#include "worker_family.h"

enum { PIDS_SIZE = 80 };

/* The processes that have any, in words. */
struct pids {
	char text[PIDS_SIZE];
	size_t length;
};

static void note_pid(struct pids *pids, pid_t pid)
{
	int length = snprintf(
		pids->text + pids->length, sizeof(pids->text) - pids->length, " %d", (int)pid);

	if (length < 0 || pids->length + (size_t)length >= sizeof(pids->text))
		pids->text[pids->length] = '\0'; /* the first of them have to do */
	else
		pids->length += (size_t)length;
}

static void count_family(struct family *family, unsigned generation,
	struct connections *connections, struct connections_tally *tally, struct pids *pids)
{
	if (family_scan(family) < 0)
		return;
	for (size_t i = 0; i < family->members.count; i++) {
		pid_t pid = family->members.items[i].pid;
		int before = tally->count;

		if (connections_count(connections, pid, generation, tally) == 0 &&
			tally->count > before)
			note_pid(pids, pid);
	}
}

void cut_off_note(struct cut_off *cut_off, const struct runtime *runtime)
{
	uint16_t ports[CUT_OFF_PORTS_MAX];
	size_t count = status_ports(runtime, ports, CUT_OFF_PORTS_MAX);

	if (count == 0)
		return; /* they are closed already */
	memcpy(cut_off->ports, ports, count * sizeof(*ports));
	cut_off->count = count;
}

int cut_off_count(
	struct cut_off *cut_off, struct runtime *runtime, unsigned number, char *text, size_t size)
{
	struct generation *generation = generation_find(runtime, number);
	struct connections connections = { 0 };
	struct connections_tally tally = { 0 };
	struct pids pids = { "", 0 };

	cut_off_note(cut_off, runtime);
	*text = '\0';
	if (generation && cut_off->count > 0 &&
		connections_look(&connections, cut_off->ports, cut_off->count) == 0)
		for (unsigned i = 0; i < generation->worker_count; i++)
			if (generation->workers[i].family)
				count_family(&generation->workers[i].family->processes, number,
					&connections, &tally, &pids);
	connections_finish(&connections);
	if (tally.count == 0)
		return 0;
	if (generation->retired_at_ms > 0 &&
		clock_ms_since(generation->retired_at_ms) > tally.oldest_ms)
		tally.oldest_ms = clock_ms_since(generation->retired_at_ms);
	(void)snprintf(text, size,
		"; this cuts off %d connection%s of pid%s, the oldest for %d ms at least",
		tally.count, tally.count == 1 ? "" : "s", pids.text, tally.oldest_ms);
	return tally.count;
}
