/* SPDX-License-Identifier: MIT */
/* See machine_scenario.h. */
#include "support/machine_scenario.h"

#include <check.h>
#include <string.h>

#include "support/machine_text.h"

const struct machine_config one_worker = {
	.workers = 1,
	.ready_timeout_ms = 60000,
	.drain_timeout_ms = 30000,
	.max_draining = 2,
	.restart = true,
	.restart_min_ms = 100,
	.restart_max_ms = 1000,
	.max_restarts = -1,
};

struct machine machine;
struct machine_actions actions;

void scenario_feed(struct machine_event event, const char *expected, const char *file, int line)
{
	struct strbuf text = STRBUF_INIT;

	machine_step(&machine, &event, &actions);
	machine_text_event(&text, &event);
	strbuf_append(&text, ": ");
	size_t start = text.length;

	machine_text_actions(&text, &actions);
	ck_assert_msg(text.text, "out of memory");
	ck_assert_msg(strcmp(text.text + start, expected) == 0, "%s:%d\ngot      %s\nexpected %s",
		file, line, text.text, expected);
	strbuf_finish(&text);
}

void serve(const struct machine_config *config)
{
	machine_init(&machine, config);
	START("report starting 1; spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(1, 0, "clear ready 1.0; report ready 1; report serving 1");
}
