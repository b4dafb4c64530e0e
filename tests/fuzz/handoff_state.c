/* SPDX-License-Identifier: MIT */
/* What might come with a connection. What is taken is what was written, byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "handoff_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct handoff_state state;
	struct buffer again = { 0 };

	if (handoff_state_read(bytes, length, &state) < 0)
		return 0;
	if (handoff_state_write(&state, &again) < 0 || again.size != length ||
		memcmp(buffer_bytes(&again), bytes, length) != 0)
		abort();
	buffer_release(&again);
	return 0;
}
