/* SPDX-License-Identifier: MIT */
/* See stream_state.h. */
#include "app/stream_state.h"

#include <errno.h>
#include <string.h>

#include "http/buffer.h"

_Static_assert(sizeof(struct stream_state) == STREAM_STATE_SIZE, "no padding");

int stream_state_follow(struct stream_state *state, const char *last_id, size_t size)
{
	uint64_t id = 0;

	if (size > STREAM_ID_DIGITS)
		return -EINVAL;
	for (size_t i = 0; i < size; i++) {
		if (last_id[i] < '0' || last_id[i] > '9')
			return -EINVAL;
		id = id * 10 + (uint64_t)(last_id[i] - '0');
	}
	state->next_id = id + 1;
	return 0;
}

int stream_state_add_event(struct stream_state *state, const char *text, struct buffer *out)
{
	int r = buffer_appendf(
		out, "id: %llu\ndata: %s\n\n", (unsigned long long)state->next_id, text);
	if (r < 0)
		return r;
	state->next_id++;
	if (state->left != STREAM_STATE_ENDLESS)
		state->left--;
	return 0;
}

bool stream_state_has_more(const struct stream_state *state)
{
	return state->left > 0;
}

int stream_state_write(const struct stream_state *state, struct buffer *out)
{
	return buffer_append(out, state, sizeof(*state));
}

int stream_state_read(const void *bytes, size_t size, struct stream_state *ret)
{
	struct stream_state state;

	if (size != sizeof(state))
		return -EBADMSG;
	memcpy(&state, bytes, sizeof(state));
	if (state.next_id == 0 || state.left == 0 || state.interval_ms > STREAM_INTERVAL_MAX ||
		state.due_ms > state.interval_ms)
		return -EBADMSG;
	*ret = state;
	return 0;
}
