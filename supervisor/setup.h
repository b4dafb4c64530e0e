/* SPDX-License-Identifier: MIT */
/*
 * What a generation is started with and keeps to its end: settings, and the
 * listeners that they ask for. Generations of one setup share it; those of two
 * share the sockets that both have.
 */
#ifndef SUPERVISOR_SETUP_H
#define SUPERVISOR_SETUP_H

#include <baton/error.h>

#include "config/loaded.h"
#include "listeners.h"

struct setup {
	unsigned refs;
	struct loaded loaded;
	struct listeners listeners;
};

/* A setup of what was loaded, which is the setup's from the call on, whatever it returns; no
 * listener is open yet. NULL if memory ran out. */
struct setup *setup_create_take(struct loaded *loaded);

struct setup *setup_ref(struct setup *setup);

/* Closes its listeners and frees it once nobody has it any more. NULL is allowed. */
void setup_unref(struct setup *setup);

#endif
