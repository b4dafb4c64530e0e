/* SPDX-License-Identifier: MIT */
/* See selector.h. Jumps are relative, and forwards. */
#include "socket/selector.h"

#include <assert.h>
#include <stdint.h>

enum { PARTS = 100 /* that are shared out */, FLOW = 0 /* where its number is stored */ };

/* By which neighbours become strangers (they are xxHash's). */
#define MIX      0x9e3779b1
#define MIX_MORE 0x85ebca77

static void emit(struct selector *selector, struct sock_filter instruction)
{
	assert(selector->program.len < SELECTOR_LENGTH_MAX);
	selector->code[selector->program.len++] = instruction;
}

static void state(struct selector *selector, int code, uint32_t k)
{
	emit(selector, (struct sock_filter)BPF_STMT((uint16_t)code, k));
}

static void load(struct selector *selector, int size, int offset)
{
	state(selector, BPF_LD | size | BPF_ABS, (uint32_t)offset);
}

/* With what has been loaded: BPF_DIV, BPF_MOD, ... */
static void compute(struct selector *selector, int operation, uint32_t by)
{
	state(selector, BPF_ALU | operation | BPF_K, by);
}

/* The client's address and port, from where the network header begins. */
static void load_client_of_ipv4(struct selector *selector)
{
	load(selector, BPF_W, SKF_NET_OFF + 12);
	state(selector, BPF_ST, FLOW);
	state(selector, BPF_LDX | BPF_B | BPF_MSH, (uint32_t)SKF_NET_OFF); /* its length */
	state(selector, BPF_LD | BPF_H | BPF_IND, (uint32_t)SKF_NET_OFF);
	compute(selector, BPF_MUL, MIX);
	state(selector, BPF_LDX | BPF_MEM, FLOW);
	state(selector, BPF_ALU | BPF_XOR | BPF_X, 0);
}

/* Where there are extension headers it is not the port, but what is the same for a flow, too. */
static void load_client_of_ipv6(struct selector *selector)
{
	load(selector, BPF_H, SKF_NET_OFF + 40);
	compute(selector, BPF_MUL, MIX);
	for (int word = 8; word < 24; word += 4) {
		state(selector, BPF_MISC | BPF_TAX, 0);
		load(selector, BPF_W, SKF_NET_OFF + word);
		state(selector, BPF_ALU | BPF_XOR | BPF_X, 0);
	}
}

/*
 * A number of the client's own, to be drawn from. The kernel's hash (SKF_AD_RXHASH) is 0 unless the
 * network card, or the socket of a local client that is connected, has given one.
 */
static void number_flow(struct selector *selector)
{
	enum { LENGTH_OF_IPV4 = 7, LENGTH_OF_IPV6 = 14 };

	load(selector, BPF_B, SKF_NET_OFF);
	compute(selector, BPF_RSH, 4);
	emit(selector,
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, LENGTH_OF_IPV4 + 1, 0));
	load_client_of_ipv4(selector);
	state(selector, BPF_JMP | BPF_JA, LENGTH_OF_IPV6);
	load_client_of_ipv6(selector);
	compute(selector, BPF_MUL, MIX);
	state(selector, BPF_MISC | BPF_TAX, 0);
	compute(selector, BPF_RSH, 15);
	state(selector, BPF_ALU | BPF_XOR | BPF_X, 0);
	compute(selector, BPF_MUL, MIX_MORE);
	compute(selector, BPF_RSH, 8);
	state(selector, BPF_ST, FLOW);
}

/* Of the flow, or by chance. */
static void load_number(struct selector *selector, bool is_flow)
{
	if (is_flow)
		state(selector, BPF_LD | BPF_MEM, FLOW);
	else
		load(selector, BPF_W, SKF_AD_OFF + SKF_AD_RANDOM);
}

static void end(struct selector *selector, uint32_t index)
{
	state(selector, BPF_RET | BPF_K, index);
}

/* How many instructions choose has. */
static size_t length(const struct selector_set *set, bool is_flow)
{
	return set->count == 1 ? 1 : 2 + is_flow + 2 * set->count - 1;
}

/* A flow has but one number: what the choice of the set leaves of it, since else a set that gets
 * little would have it all on few of its sockets. And it stays on one however the parts change. */
static void draw(struct selector *selector, uint32_t count, bool is_flow)
{
	load_number(selector, is_flow);
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

/* Goes on with the instruction at `end` if the condition does not hold: a jump that was emitted
 * before it was known where that is. */
static void end_here(struct selector *selector, size_t jump)
{
	selector->code[jump].jf = (uint8_t)(selector->program.len - jump - 1);
}

/* The index of the jump, whose other way is for end_here. */
static size_t jump_unless(struct selector *selector, int condition, uint32_t k)
{
	emit(selector,
		(struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | condition | BPF_K), k, 0, 0));
	return selector->program.len - 1U;
}

static uint32_t lowest_bit(uint32_t mask)
{
	return mask & -mask;
}

/* A load from behind the end would end the program, with 0: the index of a socket. The payload
 * begins at offset 0 (net/core/sock_reuseport.c, run_bpf_filter). */
static void follow(struct selector *selector, const struct selector_route *route, unsigned id_count)
{
	unsigned last =
		route->match_offset > route->id_offset ? route->match_offset : route->id_offset;
	size_t jumps[3], count = 0;

	state(selector, BPF_LD | BPF_W | BPF_LEN, 0);
	jumps[count++] = jump_unless(selector, BPF_JGT, last);
	if (route->match_mask) {
		load(selector, BPF_B, (int)route->match_offset);
		compute(selector, BPF_AND, route->match_mask);
		jumps[count++] = jump_unless(selector, BPF_JEQ, route->match_value);
	}
	load(selector, BPF_B, (int)route->id_offset);
	compute(selector, BPF_AND, route->id_mask);
	compute(selector, BPF_DIV, lowest_bit(route->id_mask));
	emit(selector, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, id_count, 1, 0));
	state(selector, BPF_RET | BPF_A, 0);
	while (count > 0)
		end_here(selector, jumps[--count]);
}

void selector_build(struct selector *selector, const struct selector_plan *plan)
{
	const struct selector_set *to = plan->to, *rest = plan->rest;
	bool is_shared = rest && rest->count && to->count && plan->percent < PARTS;

	selector->program = (struct sock_fprog){ .filter = selector->code };
	assert(to->count || (rest && rest->count));
	for (size_t i = 0; i < plan->route_count; i++)
		follow(selector, &plan->routes[i], plan->id_count);
	if (plan->is_flow && (is_shared || to->count + (rest ? rest->count : 0) > 1))
		number_flow(selector);
	if (is_shared) {
		load_number(selector, plan->is_flow);
		compute(selector, BPF_MOD, PARTS);
		emit(selector,
			(struct sock_filter)BPF_JUMP(
				BPF_JMP | BPF_JGE | BPF_K, plan->percent, 0, 1));
		/* A conditional jump reaches 255 instructions only. */
		state(selector, BPF_JMP | BPF_JA, (uint32_t)length(to, plan->is_flow));
	}
	choose(selector, to->count ? to : rest, plan->is_flow);
	if (is_shared)
		choose(selector, rest, plan->is_flow);
}
