/* SPDX-License-Identifier: MIT */
/*
 * The upgrade machine and the world around it in a few bytes, the same for
 * all that differ in nothing the machine goes by: generations are numbered
 * from 1, in an order of their states where their age is of no account, so
 * are the workers of a generation, and failures are counted only where they
 * count.
 */
#ifndef TESTS_SUPPORT_MACHINE_SNAPSHOT_H
#define TESTS_SUPPORT_MACHINE_SNAPSHOT_H

#include "base/strbuf.h"
#include "support/machine_model.h"

#define GENERATION_BYTES (2 + 2 * MODEL_WORKERS)
#define SNAPSHOT_BYTES   (3 + MODEL_GENERATIONS * GENERATION_BYTES)

struct snapshot {
	uint8_t bytes[SNAPSHOT_BYTES];
};

/* Beyond failures_max, more failures in a row make no difference. */
void snapshot_take(struct snapshot *snapshot, const struct machine *machine,
	const struct model *model, unsigned failures_max);

/* Machine and model as they were, under the names that the snapshot gave; both of this config. */
void snapshot_restore(const struct snapshot *snapshot, struct machine *machine, struct model *model,
	const struct machine_config *config);

/* Appends "upgrading; 1 serving ready; 2 starting spawning", ... */
void snapshot_text(struct strbuf *text, const struct machine *machine);

#endif
