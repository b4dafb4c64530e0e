/* SPDX-License-Identifier: MIT */
/* Whose turn it is: supervisor/steer/selector.c. The programs are run by an interpreter of the few
 * instructions that they may have; the last case asks the kernel. */
#include "steer/selector.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "support/suite.h"

enum { DRAWS = 100, INDEXES_MAX = 2 * SELECTOR_SOCKETS_MAX };

static struct selector selector;
static struct selector_set to, rest;

/* What the kernel would draw at random, each at its load; past the last it is 0. */
static uint32_t random_draws[2];
static unsigned loads;

/* The hash of the flow, the same at each load. */
static uint32_t hash;

static uint32_t load(const struct sock_filter *instruction)
{
	if (instruction->k == (uint32_t)SKF_AD_OFF + SKF_AD_RXHASH)
		return hash;
	ck_assert_uint_eq(instruction->k, (uint32_t)SKF_AD_OFF + SKF_AD_RANDOM);
	ck_assert_uint_lt(loads, 2);
	return random_draws[loads++];
}

static uint32_t compute(const struct sock_filter *instruction, uint32_t a)
{
	ck_assert_uint_ne(instruction->k, 0);
	if (instruction->code == (BPF_ALU | BPF_DIV | BPF_K))
		return a / instruction->k;
	ck_assert_uint_eq(instruction->code, BPF_ALU | BPF_MOD | BPF_K);
	return a % instruction->k;
}

static size_t jump(const struct sock_filter *instruction, uint32_t a)
{
	switch (instruction->code) {
	case BPF_JMP | BPF_JA:
		return instruction->k;
	case BPF_JMP | BPF_JEQ | BPF_K:
		return a == instruction->k ? instruction->jt : instruction->jf;
	}
	ck_assert_uint_eq(instruction->code, BPF_JMP | BPF_JGE | BPF_K);
	return a >= instruction->k ? instruction->jt : instruction->jf;
}

/* The index that the program returns. */
static unsigned run(void)
{
	uint32_t a = 0;
	size_t at = 0;

	loads = 0;
	for (;;) {
		ck_assert_uint_lt(at, selector.program.len);
		const struct sock_filter *instruction = &selector.program.filter[at++];

		switch (BPF_CLASS(instruction->code)) {
		case BPF_LD:
			ck_assert_uint_eq(instruction->code, BPF_LD | BPF_W | BPF_ABS);
			a = load(instruction);
			break;
		case BPF_ALU:
			a = compute(instruction, a);
			break;
		case BPF_JMP:
			at += jump(instruction, a);
			break;
		default:
			ck_assert_uint_eq(instruction->code, BPF_RET | BPF_K);
			return instruction->k;
		}
	}
}

/* Every way through it, taken or not, stays inside, and ends with a result. */
static void check_jumps(void)
{
	const struct sock_fprog *program = &selector.program;

	ck_assert_uint_gt(program->len, 0);
	ck_assert_uint_le(program->len, SELECTOR_LENGTH_MAX);
	ck_assert_ptr_eq(program->filter, selector.code);
	for (size_t i = 0; i < program->len; i++) {
		const struct sock_filter *instruction = &program->filter[i];
		size_t left = program->len - 1 - i;

		if (instruction->code == (BPF_JMP | BPF_JA)) {
			ck_assert_uint_lt(instruction->k, left);
		} else if (BPF_CLASS(instruction->code) == BPF_JMP) {
			ck_assert_uint_lt(instruction->jt, left);
			ck_assert_uint_lt(instruction->jf, left);
		}
	}
	ck_assert_uint_eq(program->filter[program->len - 1].code, BPF_RET | BPF_K);
}

/* The indexes from first on. */
static void fill(struct selector_set *set, size_t count, unsigned first)
{
	set->count = count;
	for (size_t i = 0; i < count; i++)
		set->indexes[i] = first + (unsigned)i;
}

static void build(const struct selector_set *others, unsigned percent, bool is_flow)
{
	memset(&selector, 0xff, sizeof(selector));
	selector_build(&selector, &to, others, percent, is_flow);
	check_jumps();
}

START_TEST(one_socket_gets_all_without_a_draw)
{
	fill(&to, 1, 7);
	build(NULL, 100, false);
	ck_assert_uint_eq(selector.program.len, 1);
	ck_assert_uint_eq(run(), 7);
	ck_assert_uint_eq(loads, 0);
}
END_TEST

START_TEST(each_socket_of_several_gets_as_much)
{
	for (size_t count = 2; count <= SELECTOR_SOCKETS_MAX; count++) {
		fill(&to, count, 300);
		build(NULL, 100, false);
		for (uint32_t draw = 0; draw < 3 * count; draw++) {
			random_draws[0] = draw;
			ck_assert_uint_eq(run(), 300 + draw % count);
		}
	}
}
END_TEST

START_TEST(indexes_need_not_follow_one_another)
{
	to = (struct selector_set){ .indexes = { 9, 2, 4 }, .count = 3 };
	build(NULL, 100, false);
	for (uint32_t draw = 0; draw < 3; draw++) {
		random_draws[0] = draw;
		ck_assert_uint_eq(run(), to.indexes[draw]);
	}
}
END_TEST

START_TEST(every_draw_is_taken_whatever_its_size)
{
	fill(&to, 3, 0);
	build(NULL, 100, false);
	random_draws[0] = UINT32_MAX;
	ck_assert_uint_eq(run(), UINT32_MAX % 3);
}
END_TEST

/* How many of the draws from 0 to 99 reach a set, whose indexes are below 300. */
static unsigned count_to(void)
{
	unsigned count = 0;

	for (uint32_t draw = 0; draw < DRAWS; draw++) {
		random_draws[0] = hash = draw;
		count += run() < 300;
	}
	return count;
}

START_TEST(share_is_just_that_percentage)
{
	fill(&to, 1, 0);
	fill(&rest, 1, 300);
	for (unsigned percent = 1; percent <= 100; percent++) {
		build(&rest, percent, false);
		ck_assert_uint_eq(count_to(), percent);
		build(&rest, percent, true);
		ck_assert_uint_eq(count_to(), percent);
	}
}
END_TEST

START_TEST(share_is_the_same_however_many_sockets_there_are)
{
	static const size_t counts[] = { 1, 2, 3, 127, 128, 129, 255, SELECTOR_SOCKETS_MAX };

	for (size_t i = 0; i < array_length(counts); i++) {
		for (size_t j = 0; j < array_length(counts); j++) {
			fill(&to, counts[i], 0);
			fill(&rest, counts[j], 300);
			build(&rest, 37, false);
			ck_assert_uint_eq(count_to(), 37);
		}
	}
}
END_TEST

START_TEST(draw_of_the_socket_is_one_of_its_own)
{
	fill(&to, 4, 0);
	fill(&rest, 2, 300);
	build(&rest, 10, false);
	for (uint32_t i = 0; i < 4; i++) {
		random_draws[0] = 0;
		random_draws[1] = i;
		ck_assert_uint_eq(run(), i);
		random_draws[0] = 99;
		ck_assert_uint_eq(run(), 300 + i % 2);
		ck_assert_uint_eq(loads, 2);
	}
}
END_TEST

static void expect_flows_spread(size_t to_count, size_t rest_count, unsigned percent)
{
	unsigned counts[INDEXES_MAX] = { 0 };
	unsigned rounds = (unsigned)(to_count * (rest_count ? rest_count : 1));

	fill(&to, to_count, 0);
	fill(&rest, rest_count, (unsigned)to_count);
	build(&rest, percent, true);
	for (hash = 0; hash < DRAWS * rounds; hash++) {
		unsigned index = run();

		ck_assert_uint_lt(index, to_count + rest_count);
		counts[index]++;
	}
	for (size_t i = 0; i < to_count; i++)
		ck_assert_uint_eq(counts[i], percent * rounds / to_count);
	for (size_t i = 0; i < rest_count; i++)
		ck_assert_uint_eq(counts[to_count + i], (DRAWS - percent) * rounds / rest_count);
}

/* There is but one hash: what decides about the set must not decide about the socket, too. */
START_TEST(flows_of_a_share_are_spread_over_all_its_sockets)
{
	expect_flows_spread(4, 4, 1);
	expect_flows_spread(2, 3, 5);
	expect_flows_spread(10, 5, 50);
	expect_flows_spread(7, 20, 99);
	expect_flows_spread(3, 0, 100);
}
END_TEST

START_TEST(flow_keeps_its_socket_whatever_the_share)
{
	fill(&to, 4, 0);
	fill(&rest, 3, 300);
	for (hash = 0; hash < 2000; hash++) {
		build(NULL, 100, true);
		unsigned alone = run();

		build(&rest, 40, true);
		unsigned shared = run();

		ck_assert(shared == alone || shared >= 300);
	}
}
END_TEST

START_TEST(empty_set_gives_its_part_to_the_other)
{
	rest.count = 0;
	fill(&to, 2, 0);
	build(&rest, 5, false);
	ck_assert_uint_eq(count_to(), DRAWS);
	build(NULL, 5, false);
	ck_assert_uint_eq(count_to(), DRAWS);
	to.count = 0;
	fill(&rest, 2, 300);
	build(&rest, 5, false);
	ck_assert_uint_eq(count_to(), 0);
}
END_TEST

START_TEST(whole_part_leaves_nothing_to_the_rest)
{
	fill(&to, 3, 0);
	fill(&rest, 3, 300);
	build(&rest, 100, false);
	ck_assert_uint_eq(count_to(), DRAWS);
	ck_assert_uint_eq(loads, 1);
}
END_TEST

static void build_largest(bool is_flow)
{
	fill(&to, SELECTOR_SOCKETS_MAX, 0);
	fill(&rest, SELECTOR_SOCKETS_MAX, SELECTOR_SOCKETS_MAX);
	build(&rest, 50, is_flow);
}

START_TEST(every_socket_of_the_largest_program_is_reached)
{
	build_largest(false);
	for (uint32_t i = 0; i < SELECTOR_SOCKETS_MAX; i++) {
		random_draws[0] = 0;
		random_draws[1] = i;
		ck_assert_uint_eq(run(), i);
		random_draws[0] = 50;
		ck_assert_uint_eq(run(), SELECTOR_SOCKETS_MAX + i);
	}
}
END_TEST

static void attach(int type)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &selector.program,
				 sizeof(selector.program)),
		0);
	fd_close(fd);
}

START_TEST(kernel_takes_the_largest_program)
{
	build_largest(false);
	attach(SOCK_STREAM);
	build_largest(true);
	attach(SOCK_DGRAM);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		one_socket_gets_all_without_a_draw,
		each_socket_of_several_gets_as_much,
		indexes_need_not_follow_one_another,
		every_draw_is_taken_whatever_its_size,
		share_is_just_that_percentage,
		share_is_the_same_however_many_sockets_there_are,
		draw_of_the_socket_is_one_of_its_own,
		flows_of_a_share_are_spread_over_all_its_sockets,
		flow_keeps_its_socket_whatever_the_share,
		empty_set_gives_its_part_to_the_other,
		whole_part_leaves_nothing_to_the_rest,
		every_socket_of_the_largest_program_is_reached,
		kernel_takes_the_largest_program,
	};

	return SUITE_RUN("selector", cases);
}
