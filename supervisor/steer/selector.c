/* SPDX-License-Identifier: MIT */
/* See selector.h. Jumps are relative, and forwards. */
#include "steer/selector.h"

#include <assert.h>
#include <stdint.h>

enum { PARTS = 100 }; /* that are shared out */

static void emit(struct selector *selector, struct sock_filter instruction)
{
	assert(selector->program.len < SELECTOR_LENGTH_MAX);
	selector->code[selector->program.len++] = instruction;
}

/* Of the flow, or by chance. */
static void load(struct selector *selector, bool is_flow)
{
	uint32_t source = is_flow ? SKF_AD_RXHASH : SKF_AD_RANDOM;

	emit(selector,
		(struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + source));
}

/* With it: BPF_DIV or BPF_MOD. */
static void compute(struct selector *selector, uint16_t operation, uint32_t by)
{
	emit(selector, (struct sock_filter)BPF_STMT((uint16_t)(BPF_ALU | operation | BPF_K), by));
}

static void end(struct selector *selector, uint32_t index)
{
	emit(selector, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, index));
}

/* How many instructions choose has. */
static size_t length(const struct selector_set *set, bool is_flow)
{
	return set->count == 1 ? 1 : 2 + is_flow + 2 * set->count - 1;
}

/* A flow has but one hash: what the choice of the set leaves of it, since else a set that gets
 * little would have it all on few of its sockets. And it stays on one however the parts change. */
static void draw(struct selector *selector, uint32_t count, bool is_flow)
{
	load(selector, is_flow);
	if (is_flow)
		compute(selector, BPF_DIV, PARTS);
	compute(selector, BPF_MOD, count);
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
	bool is_shared = rest && rest->count && to->count && percent < PARTS;

	selector->program = (struct sock_fprog){ .filter = selector->code };
	assert(to->count || (rest && rest->count));
	if (is_shared) {
		load(selector, is_flow);
		compute(selector, BPF_MOD, PARTS);
		emit(selector,
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, percent, 0, 1));
		/* A conditional jump reaches 255 instructions only. */
		emit(selector,
			(struct sock_filter)BPF_STMT(
				BPF_JMP | BPF_JA, (uint32_t)length(to, is_flow)));
	}
	choose(selector, to->count ? to : rest, is_flow);
	if (is_shared)
		choose(selector, rest, is_flow);
}
