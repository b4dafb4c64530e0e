/* SPDX-License-Identifier: MIT */
/* What kept a child from executing its program, in words. */
#ifndef PROCESS_SPAWN_EXPLAIN_H
#define PROCESS_SPAWN_EXPLAIN_H

#include <baton/spawn.h>

struct spawn_plan;

/* The step that the plan's report is about; the -errno of that. */
int spawn_explain(const struct spawn_plan *plan, const struct baton_spawn_options *options,
	struct baton_error *error);

#endif
