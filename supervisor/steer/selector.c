/* SPDX-License-Identifier: MIT */
/* See selector.h. Jumps are relative, and forwards. */
#include "steer/selector.h"

#include <assert.h>
#include <stdint.h>

static void emit(struct selector *selector, struct sock_filter instruction)
{
	assert(selector->program.len < SELECTOR_LENGTH_MAX);
	selector->code[selector->program.len++] = instruction;
}

/* A number from 0 to below count: of the flow, or by chance. */
static void draw(struct selector *selector, uint32_t count, bool is_flow)
{
	uint32_t source = is_flow ? SKF_AD_RXHASH : SKF_AD_RANDOM;

	emit(selector,
		(struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + source));
	emit(selector, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count));
}

static void end(struct selector *selector, uint32_t index)
{
	emit(selector, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, index));
}

/* How many instructions choose has. */
static size_t length(const struct selector_set *set)
{
	return set->count == 1 ? 1 : 2 + 2 * set->count - 1;
}

static void choose(struct selector *selector, const struct selector_set *set, bool is_flow)
{
	if (set->count > 1)
		draw(selector, (uint32_t)set->count, is_flow);
	for (size_t i = 0; i + 1 < set->count; i++) {
		emit(selector,
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)i, 0, 1));
		end(selector, set->indexes[i]);
	}
	end(selector, set->indexes[set->count - 1]);
}

void selector_build(struct selector *selector, const struct selector_set *to,
	const struct selector_set *rest, unsigned percent, bool is_flow)
{
	bool is_shared = rest && rest->count && to->count && percent < 100;

	selector->program = (struct sock_fprog){ .filter = selector->code };
	assert(to->count || (rest && rest->count));
	if (is_shared) {
		draw(selector, 100, is_flow);
		emit(selector,
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, percent, 0, 1));
		/* A conditional jump reaches 255 instructions only. */
		emit(selector,
			(struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)length(to)));
	}
	choose(selector, to->count ? to : rest, is_flow);
	if (is_shared)
		choose(selector, rest, is_flow);
}
