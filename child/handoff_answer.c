/* SPDX-License-Identifier: MIT */
/* See handoff_answer.h. */
#include "handoff_answer.h"

#include <errno.h>
#include <string.h>

enum { IS_CHUNKED = 1, CLOSES = 2, FLAGS = IS_CHUNKED | CLOSES };

/* Behind it head, state, unsent and unread. */
struct fixed {
	uint64_t sent, age_us;
	uint32_t flags, left_ms;
	uint32_t head_size, state_size, unsent_size, unread_size;
};

_Static_assert(sizeof(struct fixed) == HANDOFF_ANSWER_FIXED, "no padding");

int handoff_answer_write(const struct handoff_answer *answer, struct buffer *out)
{
	const struct exchange_saved *saved = &answer->saved;
	size_t left = BATON_HANDOFF_STATE_MAX - HANDOFF_ANSWER_FIXED;
	const struct {
		const char *bytes;
		size_t size;
	} parts[] = {
		{ saved->head, saved->head_size },
		{ saved->state, saved->state_size },
		{ answer->unsent, answer->unsent_size },
		{ answer->unread, answer->unread_size },
	};
	enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

	for (size_t i = 0; i < PARTS; i++) {
		if (parts[i].size > left)
			return -EMSGSIZE;
		left -= parts[i].size;
	}
	const struct fixed fixed = {
		.sent = saved->sent,
		.age_us = saved->age_us,
		.flags = (saved->is_chunked ? IS_CHUNKED : 0) | (saved->closes ? CLOSES : 0),
		.left_ms = answer->left_ms,
		.head_size = (uint32_t)saved->head_size,
		.state_size = (uint32_t)saved->state_size,
		.unsent_size = (uint32_t)answer->unsent_size,
		.unread_size = (uint32_t)answer->unread_size,
	};
	int r = buffer_append(out, &fixed, sizeof(fixed));

	for (size_t i = 0; r == 0 && i < PARTS; i++)
		r = buffer_append(out, parts[i].bytes, parts[i].size);
	return r;
}

int handoff_answer_read(const void *bytes, size_t size, struct handoff_answer *ret)
{
	const char *part = (const char *)bytes + HANDOFF_ANSWER_FIXED;
	struct fixed fixed;

	if (size < sizeof(fixed) || size > BATON_HANDOFF_STATE_MAX)
		return -EBADMSG;
	memcpy(&fixed, bytes, sizeof(fixed));
	uint64_t parts = (uint64_t)fixed.head_size + fixed.state_size + fixed.unsent_size +
		fixed.unread_size;

	/* No request took longer than the clock can tell: its beginning is reckoned from that. */
	if (parts != size - sizeof(fixed) || fixed.flags & ~(uint32_t)FLAGS ||
		fixed.age_us > INT64_MAX / 2)
		return -EBADMSG;
	*ret = (struct handoff_answer){
		.saved = {
			.head = part,
			.head_size = fixed.head_size,
			.state = part + fixed.head_size,
			.state_size = fixed.state_size,
			.sent = fixed.sent,
			.age_us = fixed.age_us,
			.is_chunked = fixed.flags & IS_CHUNKED,
			.closes = fixed.flags & CLOSES,
		},
		.left_ms = fixed.left_ms,
		.unsent = part + fixed.head_size + fixed.state_size,
		.unsent_size = fixed.unsent_size,
		.unread = part + fixed.head_size + fixed.state_size + fixed.unsent_size,
		.unread_size = fixed.unread_size,
	};
	return 0;
}
