/* SPDX-License-Identifier: MIT */
/* See filter.h; the machine is that of classic BPF, its input struct seccomp_data (seccomp(2)). */
#include "adopt/filter.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "base/container.h"

/* Processors that are little-endian and have a call of its own for each socket function. */
#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#else
#define NATIVE_ARCH 0
#endif

/* Programs of 32 bits, which some of them run as well: bind(2) by itself, and on i386 as the second
 * of the calls that socketcall(2) has. */
#if defined(__x86_64__)
#define FOREIGN_BIND       361
#define FOREIGN_SOCKETCALL 102
#elif defined(__aarch64__)
#define FOREIGN_BIND 282
#endif
enum { SOCKETCALL_BIND = 2 };

static const struct {
	uint32_t number;
	enum filter_call call;
} calls[] = {
	{ SYS_bind, FILTER_CALL_BIND },
	{ SYS_listen, FILTER_CALL_LISTEN },
	{ SYS_unlinkat, FILTER_CALL_UNLINKAT },
#ifdef SYS_renameat
	{ SYS_renameat, FILTER_CALL_RENAMEAT },
#endif
	{ SYS_renameat2, FILTER_CALL_RENAMEAT },
#ifdef SYS_unlink /* newer processors have the ones above only */
	{ SYS_unlink, FILTER_CALL_UNLINK },
	{ SYS_rename, FILTER_CALL_RENAME },
#endif
};

static void emit(struct filter *filter, struct sock_filter instruction)
{
	assert(filter->program.len < FILTER_LENGTH_MAX);
	filter->code[filter->program.len++] = instruction;
}

static void load(struct filter *filter, size_t offset)
{
	emit(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void end(struct filter *filter, uint32_t action)
{
	emit(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Goes on with the next instruction, or behind so many more. */
static void branch(struct filter *filter, uint32_t value, size_t if_equal, size_t if_not)
{
	emit(filter,
		(struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, value, (uint8_t)if_equal, (uint8_t)if_not));
}

static bool is_wanted(enum filter_call call, const struct filter_options *options)
{
	switch (call) {
	case FILTER_CALL_BIND:
	case FILTER_CALL_SHUTDOWN:
		return true;
	case FILTER_CALL_LISTEN:
		return options->with_listen;
	case FILTER_CALL_UNLINK:
	case FILTER_CALL_UNLINKAT:
	case FILTER_CALL_RENAME:
	case FILTER_CALL_RENAMEAT:
		return options->with_paths;
	case FILTER_CALL_FOREIGN:
	case FILTER_CALL_OTHER:
		break;
	}
	return false;
}

/* Their other calls have other numbers, and pass; of a bind somebody is told. */
static void judge_foreign(struct filter *filter)
{
#ifdef FOREIGN_BIND
	load(filter, offsetof(struct seccomp_data, nr));
#ifdef FOREIGN_SOCKETCALL
	branch(filter, FOREIGN_BIND, 3, 0);
	branch(filter, FOREIGN_SOCKETCALL, 0, 3);
	load(filter, offsetof(struct seccomp_data, args[0]));
	branch(filter, SOCKETCALL_BIND, 0, 1);
#else
	branch(filter, FOREIGN_BIND, 0, 1);
#endif
	end(filter, SECCOMP_RET_USER_NOTIF);
#endif
	end(filter, SECCOMP_RET_ALLOW);
}

bool filter_build(struct filter *filter, const struct filter_options *options)
{
	uint32_t wanted[array_length(calls)];
	size_t count = 0;

	for (size_t i = 0; i < array_length(calls); i++)
		if (is_wanted(calls[i].call, options))
			wanted[count++] = calls[i].number;
	filter->program = (struct sock_fprog){ .filter = filter->code };
	if (!NATIVE_ARCH)
		return false;
	load(filter, offsetof(struct seccomp_data, arch));
	branch(filter, NATIVE_ARCH, 0, 0);
	struct sock_filter *is_native = &filter->code[filter->program.len - 1];

	judge_foreign(filter);
	is_native->jt = (uint8_t)(&filter->code[filter->program.len - 1] - is_native);
	load(filter, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++)
		branch(filter, wanted[i], count - 1 - i + 3, 0); /* to the notification */
	branch(filter, SYS_shutdown, 0, 3);
	load(filter, offsetof(struct seccomp_data, args[1]));
	branch(filter, SHUT_WR, 1, 0);
	end(filter, SECCOMP_RET_USER_NOTIF);
	end(filter, SECCOMP_RET_ALLOW);
	return true;
}

enum filter_call filter_call(uint32_t arch, int number)
{
	if (arch != NATIVE_ARCH)
		return FILTER_CALL_FOREIGN;
	if (number == SYS_shutdown)
		return FILTER_CALL_SHUTDOWN;
	for (size_t i = 0; i < array_length(calls); i++)
		if ((uint32_t)number == calls[i].number)
			return calls[i].call;
	return FILTER_CALL_OTHER;
}
