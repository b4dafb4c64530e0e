/* SPDX-License-Identifier: MIT */
/*
 * What another binary might leave as its state. What is taken refers to nothing that is not
 * there, and reads the same once it has been written again; what is refused has a reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reexec/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_again(const char *text)
{
	struct baton_error error = { "" };
	struct state state;

	if (state_read(text, strlen(text), &state, &error) < 0)
		abort();
	char *again = state_write(&state);

	if (!again || strcmp(text, again) != 0)
		abort();
	free(again);
	state_finish(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct baton_error error = { "" };
	struct state state;
	int r = state_read((const char *)bytes, length, &state, &error);

	if (r < 0 && !error.text[0])
		abort();
	if (r == 0) {
		char *text = state_write(&state);

		if (!text)
			abort();
		check_again(text);
		free(text);
	}
	state_finish(&state);
	return 0;
}
