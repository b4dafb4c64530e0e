/* SPDX-License-Identifier: MIT */
/* Which calls the seccomp filter hands over: supervisor/adopt/filter.c. Run here as the kernel
 * would. */
#include "adopt/filter.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "support/suite.h"

#if defined(__x86_64__)
#define NATIVE  AUDIT_ARCH_X86_64
#define FOREIGN AUDIT_ARCH_I386
enum { FOREIGN_BIND = 361, FOREIGN_SOCKETCALL = 102 };
#elif defined(__aarch64__)
#define NATIVE  AUDIT_ARCH_AARCH64
#define FOREIGN AUDIT_ARCH_ARM
enum { FOREIGN_BIND = 282, FOREIGN_SOCKETCALL = -1 };
#else
#define NATIVE  AUDIT_ARCH_RISCV64
#define FOREIGN AUDIT_ARCH_RISCV32
enum { FOREIGN_BIND = -1, FOREIGN_SOCKETCALL = -1 };
#endif

enum { NUMBERS = 500 };

static struct filter filter;
static const struct filter_options variants[] = { { false, false }, { true, false },
	{ false, true }, { true, true } };
static const struct filter_options *const all = &variants[3];

/* The documented calls. */
static const struct {
	int number;
	enum filter_call call;
	enum { ALWAYS, WITH_LISTEN, WITH_PATHS } when;
} documented[] = {
	{ SYS_bind, FILTER_CALL_BIND, ALWAYS },
	{ SYS_shutdown, FILTER_CALL_SHUTDOWN, ALWAYS },
	{ SYS_listen, FILTER_CALL_LISTEN, WITH_LISTEN },
#ifdef SYS_unlink
	{ SYS_unlink, FILTER_CALL_UNLINK, WITH_PATHS },
	{ SYS_rename, FILTER_CALL_RENAME, WITH_PATHS },
#endif
	{ SYS_unlinkat, FILTER_CALL_UNLINKAT, WITH_PATHS },
#ifdef SYS_renameat
	{ SYS_renameat, FILTER_CALL_RENAMEAT, WITH_PATHS },
#endif
	{ SYS_renameat2, FILTER_CALL_RENAMEAT, WITH_PATHS },
};

static uint32_t load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	ck_assert_uint_le(offset, sizeof(*data) - sizeof(word));
	ck_assert_uint_eq(offset % sizeof(word), 0); /* or the kernel refuses the program */
	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

/* The machine of classic BPF, as far as the filter needs one. */
static uint32_t run(const struct seccomp_data *data)
{
	const struct sock_fprog *program = &filter.program;
	uint32_t accumulator = 0;

	for (size_t at = 0; at < program->len; at++) {
		const struct sock_filter *instruction = &program->filter[at];

		switch (instruction->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			accumulator = load(data, instruction->k);
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += accumulator == instruction->k ? instruction->jt : instruction->jf;
			break;
		case BPF_RET | BPF_K:
			return instruction->k;
		default:
			ck_abort_msg("instruction %zu is %#x", at, instruction->code);
		}
	}
	ck_abort_msg("the program ends without a word");
	return 0;
}

static bool hands_over_with(uint32_t arch, int number, uint64_t first, uint64_t second)
{
	const struct seccomp_data data = {
		.nr = number,
		.arch = arch,
		.args = { first, second, 0, 0, 0, 0 },
	};
	uint32_t action = run(&data);

	ck_assert(action == SECCOMP_RET_USER_NOTIF || action == SECCOMP_RET_ALLOW);
	return action == SECCOMP_RET_USER_NOTIF;
}

static bool hands_over(uint32_t arch, int number, uint64_t second_argument)
{
	return hands_over_with(arch, number, 3, second_argument);
}

static bool is_documented(int number, const struct filter_options *options)
{
	for (size_t i = 0; i < array_length(documented); i++)
		if (documented[i].number == number)
			switch (documented[i].when) {
			case ALWAYS:
				return true;
			case WITH_LISTEN:
				return options->with_listen;
			case WITH_PATHS:
				return options->with_paths;
			}
	return false;
}

START_TEST(documented_calls_alone_are_handed_over)
{
	for (size_t i = 0; i < array_length(variants); i++) {
		ck_assert(filter_build(&filter, &variants[i]));
		for (int number = 0; number <= NUMBERS; number++)
			ck_assert_msg(hands_over(NATIVE, number, SHUT_RDWR) ==
					is_documented(number, &variants[i]),
				"call %d in variant %zu", number, i);
		ck_assert(!hands_over(NATIVE, -1, SHUT_RDWR));
	}
}
END_TEST

START_TEST(calls_of_other_architectures_pass)
{
	for (size_t k = 0; k < array_length(variants); k++) {
		ck_assert(filter_build(&filter, &variants[k]));
		for (int number = 0; number <= NUMBERS; number++)
			ck_assert_int_eq(
				hands_over(FOREIGN, number, SHUT_RDWR), number == FOREIGN_BIND);
	}
}
END_TEST

START_TEST(bind_of_a_32_bit_program_is_told_of)
{
	ck_assert(filter_build(&filter, &variants[0]));
	ck_assert_int_eq(hands_over(FOREIGN, FOREIGN_BIND, 0), FOREIGN_BIND >= 0);
	for (uint64_t call = 0; call < 20; call++) /* SYS_BIND of <linux/net.h> */
		ck_assert_int_eq(hands_over_with(FOREIGN, FOREIGN_SOCKETCALL, call, 0),
			FOREIGN_SOCKETCALL >= 0 && call == 2);
	ck_assert_int_eq(filter_call(FOREIGN, FOREIGN_BIND), FILTER_CALL_FOREIGN);
}
END_TEST

#if defined(__x86_64__)
/* x32 calls have that bit, and the same architecture. */
START_TEST(calls_of_x32_pass)
{
	ck_assert(filter_build(&filter, all));
	for (int number = 0; number <= NUMBERS; number++)
		ck_assert(!hands_over(NATIVE, 0x40000000 | number, SHUT_RDWR));
}
END_TEST
#endif

START_TEST(shutdown_of_the_side_that_sends_passes)
{
	for (size_t k = 0; k < array_length(variants); k++) {
		ck_assert(filter_build(&filter, &variants[k]));
		ck_assert(!hands_over(NATIVE, SYS_shutdown, SHUT_WR));
		ck_assert(hands_over(NATIVE, SYS_shutdown, SHUT_RD));
		ck_assert(hands_over(NATIVE, SYS_shutdown, SHUT_RDWR));
		/* The kernel refuses what comes after, and takes the lower half alone. */
		ck_assert(hands_over(NATIVE, SYS_shutdown, 3));
		ck_assert(!hands_over(NATIVE, SYS_shutdown, 0xffffffff00000000 | SHUT_WR));
	}
}
END_TEST

START_TEST(second_argument_of_other_calls_does_not_matter)
{
	ck_assert(filter_build(&filter, all));
	for (uint64_t argument = 0; argument < 4; argument++) {
		ck_assert(hands_over(NATIVE, SYS_bind, argument));
		ck_assert(hands_over(NATIVE, SYS_unlinkat, argument));
		ck_assert(hands_over(NATIVE, SYS_listen, argument));
		ck_assert(!hands_over(NATIVE, SYS_accept4, argument));
	}
}
END_TEST

START_TEST(filter_is_built_anew_each_time)
{
	ck_assert(filter_build(&filter, all));
	size_t length = filter.program.len;

	ck_assert(filter_build(&filter, all));
	ck_assert_uint_eq(filter.program.len, length);
	ck_assert_uint_le(length, FILTER_LENGTH_MAX);
	ck_assert_ptr_eq(filter.program.filter, filter.code);
	ck_assert(filter_build(&filter, &variants[0]));
	ck_assert_uint_lt(filter.program.len, length);
}
END_TEST

START_TEST(each_call_that_is_handed_over_is_known)
{
	for (size_t i = 0; i < array_length(documented); i++)
		ck_assert_int_eq(filter_call(NATIVE, documented[i].number), documented[i].call);
	for (int number = -1; number <= NUMBERS; number++)
		ck_assert_int_eq(filter_call(NATIVE, number) != FILTER_CALL_OTHER,
			is_documented(number, all));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		documented_calls_alone_are_handed_over,
		calls_of_other_architectures_pass,
		bind_of_a_32_bit_program_is_told_of,
#if defined(__x86_64__)
		calls_of_x32_pass,
#endif
		shutdown_of_the_side_that_sends_passes,
		second_argument_of_other_calls_does_not_matter,
		filter_is_built_anew_each_time,
		each_call_that_is_handed_over_is_known,
	};

	return SUITE_RUN("filter", cases);
}
