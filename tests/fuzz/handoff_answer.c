/* SPDX-License-Identifier: MIT */
/* What might come with an answer under way. What is taken is what was written, byte for byte; and a
 * stream goes on with an event that it could have been at. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/stream_state.h"
#include "handoff_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_state(const struct exchange_saved *saved)
{
	struct buffer again = { 0 };
	struct stream_state state;

	if (stream_state_read(saved->state, saved->state_size, &state) < 0)
		return;
	if (state.due_ms > state.interval_ms || !stream_state_has_more(&state))
		abort();
	if (stream_state_write(&state, &again) < 0 || again.size != saved->state_size ||
		memcmp(buffer_bytes(&again), saved->state, again.size) != 0)
		abort();
	buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct handoff_answer answer;
	struct buffer again = { 0 };

	if (handoff_answer_read(bytes, length, &answer) < 0)
		return 0;
	if (handoff_answer_write(&answer, &again) < 0 || again.size != length ||
		memcmp(buffer_bytes(&again), bytes, length) != 0)
		abort();
	buffer_release(&again);
	check_state(&answer.saved);
	return 0;
}
