/* SPDX-License-Identifier: MIT */
/* See handoff_state.h. */
#include "handoff_state.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(uint32_t) == HANDOFF_STATE_FIXED, "the time comes first");

int handoff_state_write(const struct handoff_state *state, struct buffer *out)
{
	if (state->unread_size > HANDOFF_STATE_UNREAD_MAX)
		return -EMSGSIZE;
	int r = buffer_append(out, &state->left_ms, sizeof(state->left_ms));

	return r < 0 ? r : buffer_append(out, state->unread, state->unread_size);
}

int handoff_state_read(const void *bytes, size_t size, struct handoff_state *ret)
{
	if (size < HANDOFF_STATE_FIXED || size > BATON_HANDOFF_STATE_MAX)
		return -EBADMSG;
	*ret = (struct handoff_state){
		.unread = (const char *)bytes + HANDOFF_STATE_FIXED,
		.unread_size = size - HANDOFF_STATE_FIXED,
	};
	memcpy(&ret->left_ms, bytes, sizeof(ret->left_ms));
	return 0;
}
