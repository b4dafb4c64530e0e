/* SPDX-License-Identifier: MIT */
/* See cut_off.h. */
#include "cut_off.h"

#include <stdio.h>

#include "base/clock.h"
#include "census.h"
#include "generation.h"

enum { PIDS_SIZE = 80 };

/* The processes that have any, in words. */
struct pids {
	char text[PIDS_SIZE];
	size_t length;
};

static void note_pid(pid_t pid, void *data)
{
	struct pids *pids = data;
	int length = snprintf(
		pids->text + pids->length, sizeof(pids->text) - pids->length, " %d", (int)pid);

	if (length < 0 || pids->length + (size_t)length >= sizeof(pids->text))
		pids->text[pids->length] = '\0'; /* the first of them have to do */
	else
		pids->length += (size_t)length;
}

int cut_off_count(struct runtime *runtime, unsigned number, char *text, size_t size)
{
	struct generation *generation = generation_find(runtime, number);
	struct connections_tally tally = { 0 };
	struct pids pids = { "", 0 };
	struct census census;

	*text = '\0';
	if (!generation)
		return 0;
	census_begin(&census, runtime);
	(void)census_count(&census, generation, &tally, note_pid, &pids); /* what is seen counts */
	census_finish(&census);
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
