/* SPDX-License-Identifier: MIT */
/* See setup.h. */
#include "setup.h"

#include <stdlib.h>

struct setup *setup_create_take(struct loaded *loaded)
{
	struct setup *setup = malloc(sizeof(*setup));

	if (!setup) {
		loaded_finish(loaded);
		return NULL;
	}
	*setup = (struct setup){
		.refs = 1,
		.loaded = *loaded,
		.listeners = LISTENERS_INIT,
	};
	return setup;
}

struct setup *setup_ref(struct setup *setup)
{
	setup->refs++;
	return setup;
}

void setup_unref(struct setup *setup)
{
	if (!setup || --setup->refs > 0)
		return;
	listeners_close(&setup->listeners);
	loaded_finish(&setup->loaded);
	free(setup);
}
