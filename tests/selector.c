/* SPDX-License-Identifier: MIT */
/* Whose turn it is: lib/socket/selector.c. The programs are run by an interpreter of the
 * instructions that they may have; the last case asks the kernel. */
#include "socket/selector.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "socket/selector_attach.h"
#include "support/suite.h"

enum {
	OFFSET_MAX = 65535,
	DRAWS = 100,
	FLOWS = 20000,
	PORT_MIN = 32768,
	INDEXES_MAX = 2 * SELECTOR_SOCKETS_MAX
};

static struct selector selector;
static struct selector_set to, rest;

/* Cheaper than Check's own, which note each time that they hold: these do so millions of times. */
#define EXPECT(condition) \
	do { \
		if (!(condition)) \
			ck_abort_msg("%s", #condition); \
	} while (0)

/* What the kernel would draw at random, each at its load. */
static uint32_t random_draws[2];
static unsigned loads;

/* The datagram, from its network header on; and what is in it. */
static unsigned char packet[64];
static const unsigned char *payload;
static size_t payload_size;

struct registers {
	uint32_t a, x, memory[BPF_MEMWORDS];
	size_t at;
};

static uint32_t read_packet(uint16_t code, uint32_t offset)
{
	size_t size = BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
	uint32_t value = 0;

	EXPECT(offset + size <= sizeof(packet));
	for (size_t i = 0; i < size; i++)
		value = value << 8 | packet[offset + i];
	return value;
}

static uint32_t load(const struct sock_filter *instruction, const struct registers *registers)
{
	uint32_t k = instruction->k;

	switch (BPF_MODE(instruction->code)) {
	case BPF_MEM:
		return registers->memory[k];
	case BPF_IND:
		return read_packet(instruction->code, k - (uint32_t)SKF_NET_OFF + registers->x);
	case BPF_MSH:
		return (read_packet(BPF_B, k - (uint32_t)SKF_NET_OFF) & 15) * 4;
	case BPF_LEN:
		return (uint32_t)payload_size;
	}
	EXPECT(BPF_MODE(instruction->code) == BPF_ABS);
	if (k >= (uint32_t)SKF_NET_OFF && k < (uint32_t)SKF_AD_OFF)
		return read_packet(instruction->code, k - (uint32_t)SKF_NET_OFF);
	if (k < payload_size) {
		EXPECT(BPF_SIZE(instruction->code) == BPF_B);
		return payload[k];
	}
	EXPECT(k == (uint32_t)SKF_AD_OFF + SKF_AD_RANDOM);
	EXPECT(loads < 2);
	return random_draws[loads++];
}

static uint32_t compute(const struct sock_filter *instruction, const struct registers *registers)
{
	uint32_t a = registers->a;
	uint32_t by = BPF_SRC(instruction->code) == BPF_X ? registers->x : instruction->k;

	switch (BPF_OP(instruction->code)) {
	case BPF_MUL:
		return a * by;
	case BPF_RSH:
		return a >> by;
	case BPF_XOR:
		return a ^ by;
	case BPF_DIV:
		return a / by;
	case BPF_AND:
		return a & by;
	}
	EXPECT(BPF_OP(instruction->code) == BPF_MOD);
	return a % by;
}

static size_t jump(const struct sock_filter *instruction, uint32_t a)
{
	switch (instruction->code) {
	case BPF_JMP | BPF_JA:
		return instruction->k;
	case BPF_JMP | BPF_JEQ | BPF_K:
		return a == instruction->k ? instruction->jt : instruction->jf;
	case BPF_JMP | BPF_JGT | BPF_K:
		return a > instruction->k ? instruction->jt : instruction->jf;
	}
	EXPECT(instruction->code == (BPF_JMP | BPF_JGE | BPF_K));
	return a >= instruction->k ? instruction->jt : instruction->jf;
}

/* All that do not end it. */
static void step(struct registers *registers, const struct sock_filter *instruction)
{
	switch (BPF_CLASS(instruction->code)) {
	case BPF_LD:
		registers->a = load(instruction, registers);
		break;
	case BPF_LDX:
		registers->x = load(instruction, registers);
		break;
	case BPF_ST:
		registers->memory[instruction->k] = registers->a;
		break;
	case BPF_ALU:
		registers->a = compute(instruction, registers);
		break;
	case BPF_JMP:
		registers->at += jump(instruction, registers->a);
		break;
	default:
		EXPECT(instruction->code == (BPF_MISC | BPF_TAX));
		registers->x = registers->a;
	}
}

/* The index that the program returns. */
static unsigned run(void)
{
	struct registers registers = { 0 };

	loads = 0;
	for (;;) {
		EXPECT(registers.at < selector.program.len);
		const struct sock_filter *instruction = &selector.program.filter[registers.at++];

		if (instruction->code == (BPF_RET | BPF_K))
			return instruction->k;
		if (instruction->code == (BPF_RET | BPF_A))
			return registers.a;
		step(&registers, instruction);
	}
}

/* Every way through it, taken or not, stays inside, and ends with a result. */
static void check_jumps(void)
{
	const struct sock_fprog *program = &selector.program;

	EXPECT(program->len > 0);
	EXPECT(program->len <= SELECTOR_LENGTH_MAX);
	EXPECT(program->filter == selector.code);
	for (size_t i = 0; i < program->len; i++) {
		const struct sock_filter *instruction = &program->filter[i];
		size_t left = program->len - 1 - i;

		if (instruction->code == (BPF_JMP | BPF_JA)) {
			EXPECT(instruction->k < left);
		} else if (BPF_CLASS(instruction->code) == BPF_JMP) {
			EXPECT(instruction->jt < left);
			EXPECT(instruction->jf < left);
		}
	}
	EXPECT(program->filter[program->len - 1].code == (BPF_RET | BPF_K));
}

/* The indexes from first on. */
static void fill(struct selector_set *set, size_t count, unsigned first)
{
	set->count = count;
	for (size_t i = 0; i < count; i++)
		set->indexes[i] = first + (unsigned)i;
}

static void build_plan(const struct selector_plan *plan)
{
	memset(&selector, 0xff, sizeof(selector));
	selector_build(&selector, plan);
	check_jumps();
}

static void build(const struct selector_set *others, unsigned percent, bool is_flow)
{
	build_plan(&(struct selector_plan){
		.to = &to, .rest = others, .percent = percent, .is_flow = is_flow });
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
			EXPECT(run() == 300 + draw % count);
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
		random_draws[0] = draw;
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

/* From 127.0.0.1 and that port. */
static void come_from(unsigned port)
{
	static const unsigned char header[] = { 0x45, [12] = 127, 0, 0, 1 };

	memset(packet, 0xee, sizeof(packet));
	memcpy(packet, header, sizeof(header));
	packet[20] = (unsigned char)(port >> 8);
	packet[21] = (unsigned char)port;
}

/* From an address that ends with that byte, and that port. */
static void come_by_ipv6(unsigned char last, unsigned port)
{
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x60;
	packet[23] = last;
	packet[40] = (unsigned char)(port >> 8);
	packet[41] = (unsigned char)port;
}

/* Within a tenth, or what chance allows of few. */
static void check_near(unsigned got, unsigned expected)
{
	unsigned margin = expected / 10 + 25;

	ck_assert_uint_lt(got, expected + margin);
	ck_assert_uint_gt(got + margin, expected);
}

static void expect_flows_spread(size_t to_count, size_t rest_count, unsigned percent)
{
	unsigned counts[INDEXES_MAX] = { 0 };

	fill(&to, to_count, 0);
	fill(&rest, rest_count, (unsigned)to_count);
	build(&rest, percent, true);
	for (unsigned port = PORT_MIN; port < PORT_MIN + FLOWS; port++) {
		come_from(port);
		unsigned index = run();

		EXPECT(index < to_count + rest_count);
		counts[index]++;
	}
	for (size_t i = 0; i < to_count; i++)
		check_near(counts[i], FLOWS / DRAWS * percent / (unsigned)to_count);
	for (size_t i = 0; i < rest_count; i++)
		check_near(counts[to_count + i],
			FLOWS / DRAWS * (DRAWS - percent) / (unsigned)rest_count);
}

/* There is but one number: what decides about the set must not decide about the socket, too. */
START_TEST(flows_of_a_share_are_spread_over_all_its_sockets)
{
	expect_flows_spread(1, 1, 1);
	expect_flows_spread(1, 1, 37);
	expect_flows_spread(4, 4, 1);
	expect_flows_spread(2, 3, 5);
	expect_flows_spread(10, 5, 50);
	expect_flows_spread(7, 20, 99);
	expect_flows_spread(3, 0, 100);
}
END_TEST

START_TEST(flows_of_ipv6_are_spread_too)
{
	unsigned counts[4] = { 0 };

	fill(&to, 4, 0);
	build(NULL, 100, true);
	for (unsigned i = 0; i < FLOWS; i++) {
		come_by_ipv6((unsigned char)i, PORT_MIN + i / 256);
		counts[run()]++;
	}
	for (size_t i = 0; i < 4; i++)
		check_near(counts[i], FLOWS / 4);
}
END_TEST

START_TEST(flow_keeps_its_socket_whatever_the_share)
{
	fill(&to, 4, 0);
	fill(&rest, 3, 300);
	for (unsigned port = PORT_MIN; port < PORT_MIN + 2000; port++) {
		come_from(port);
		build(NULL, 100, true);
		unsigned alone = run();

		build(&rest, 40, true);
		unsigned shared = run();

		EXPECT(shared == alone || shared >= 300);
	}
}
END_TEST

/* Nothing of a datagram but where it comes from makes a difference. */
START_TEST(flow_is_known_by_its_client_alone)
{
	fill(&to, SELECTOR_SOCKETS_MAX, 0);
	build(NULL, 100, true);
	for (unsigned port = PORT_MIN; port < PORT_MIN + 100; port++) {
		come_from(port);
		unsigned index = run();

		memset(packet + 22, 0x55, sizeof(packet) - 22); /* the rest of UDP */
		memset(packet + 1, 0x55, 11);                   /* length, id, ... */
		ck_assert_uint_eq(run(), index);
		memmove(packet + 28, packet + 20, 8); /* behind two words of options */
		packet[0] = 0x47;
		ck_assert_uint_eq(run(), index);
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

static void build_routes(const struct selector_route *routes, size_t count, unsigned ids)
{
	fill(&to, 1, 300);
	build_plan(&(struct selector_plan){
		.to = &to,
		.percent = 100,
		.is_flow = true,
		.routes = routes,
		.route_count = count,
		.id_count = ids,
	});
}

/* Where a datagram of these bytes goes. */
static unsigned send_bytes(const unsigned char *bytes, size_t size)
{
	payload = bytes;
	payload_size = size;
	unsigned index = run();

	payload_size = 0;
	return index;
}

/* Every byte, masked in every way that a mask may be. */
START_TEST(id_is_what_its_mask_leaves_of_a_byte)
{
	for (unsigned low = 0; low < 8; low++) {
		for (unsigned bits = 1; bits <= 8 - low; bits++) {
			unsigned mask = ((1U << bits) - 1) << low;
			const struct selector_route route = { .id_mask = (uint8_t)mask };

			build_routes(&route, 1, 11);
			for (unsigned byte = 0; byte < 256; byte++) {
				unsigned id = (byte & mask) >> low;

				EXPECT(send_bytes(&(unsigned char){ (unsigned char)byte }, 1) ==
					(id < 11 ? id : 300));
			}
		}
	}
}
END_TEST

START_TEST(route_is_taken_only_by_what_matches)
{
	const struct selector_route route = { 1, 0xf0, 0xe0, 3, 0xff };

	build_routes(&route, 1, 256);
	for (unsigned byte = 0; byte < 256; byte++) {
		const unsigned char bytes[] = { 9, (unsigned char)byte, 9, 7 };

		EXPECT(send_bytes(bytes, 4) == ((byte & 0xf0) == 0xe0 ? 7 : 300));
	}
}
END_TEST

/* Behind its end the kernel would end the program, with 0. */
START_TEST(datagram_that_is_too_short_is_new)
{
	static const unsigned char bytes[] = { 0xe0, 1, 2, 3, 4, 5, 6, 7 };

	for (unsigned match = 0; match < sizeof(bytes); match++) {
		for (unsigned id = 0; id < sizeof(bytes); id++) {
			const struct selector_route route = { match, 0xff, bytes[match], id, 0x07 };
			unsigned last = match > id ? match : id;

			build_routes(&route, 1, 8);
			for (size_t size = 0; size <= sizeof(bytes); size++)
				EXPECT(send_bytes(bytes, size) ==
					(size > last ? bytes[id] & 7U : 300));
		}
	}
}
END_TEST

START_TEST(first_route_that_matches_and_has_an_id_is_taken)
{
	static const struct selector_route routes[] = {
		{ 0, 0x80, 0x00, 1, 0x0f },
		{ 0, 0xf0, 0xe0, 2, 0x0f },
		{ 0, 0x00, 0x00, 3, 0x0f },
		{ 5, 0x00, 0x00, 5, 0x0f },
	};

	build_routes(routes, 4, 4);
	ck_assert_uint_eq(send_bytes((unsigned char[]){ 0x00, 3, 2, 1 }, 4), 3);
	ck_assert_uint_eq(send_bytes((unsigned char[]){ 0xe0, 3, 2, 1 }, 4), 2);
	ck_assert_uint_eq(send_bytes((unsigned char[]){ 0xc0, 3, 2, 1 }, 4), 1);
	ck_assert_uint_eq(send_bytes((unsigned char[]){ 0x00, 9, 2, 1 }, 4), 1);
	ck_assert_uint_eq(send_bytes((unsigned char[]){ 0x00, 9, 2, 9 }, 4), 300);
	ck_assert_uint_eq(send_bytes((unsigned char[]){ 0x00, 9, 2, 9, 9, 2 }, 6), 2);
}
END_TEST

static void build_largest(bool is_flow)
{
	static const struct selector_route routes[SELECTOR_ROUTES_MAX] = {
		{ 0, 0x80, 0x80, 6, 0x3f },
		{ 0, 0x80, 0x80, 6, 0xfc },
		{ 0, 0x80, 0x80, OFFSET_MAX, 0xff },
		{ OFFSET_MAX, 0xff, 0x80, 6, 0xff },
	};

	fill(&to, SELECTOR_SOCKETS_MAX, 0);
	fill(&rest, SELECTOR_SOCKETS_MAX, SELECTOR_SOCKETS_MAX);
	build_plan(&(struct selector_plan){
		.to = &to,
		.rest = &rest,
		.percent = 50,
		.is_flow = is_flow,
		.routes = routes,
		.route_count = array_length(routes),
		.id_count = SELECTOR_SOCKETS_MAX,
	});
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
	ck_assert_int_eq(selector_attach(&selector, fd), 0);
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
		flows_of_ipv6_are_spread_too,
		flow_keeps_its_socket_whatever_the_share,
		flow_is_known_by_its_client_alone,
		empty_set_gives_its_part_to_the_other,
		whole_part_leaves_nothing_to_the_rest,
		id_is_what_its_mask_leaves_of_a_byte,
		route_is_taken_only_by_what_matches,
		datagram_that_is_too_short_is_new,
		first_route_that_matches_and_has_an_id_is_taken,
		every_socket_of_the_largest_program_is_reached,
		kernel_takes_the_largest_program,
	};

	return SUITE_RUN("selector", cases);
}
