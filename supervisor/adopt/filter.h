/* SPDX-License-Identifier: MIT */
/*
 * The seccomp filter of a service that binds for itself: hands the calls that
 * are ours to decide over and lets all others pass, which costs them some
 * nanoseconds. Written by hand, as some twenty instructions need no library.
 */
#ifndef SUPERVISOR_ADOPT_FILTER_H
#define SUPERVISOR_ADOPT_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/filter.h>

enum { FILTER_LENGTH_MAX = 24 };

struct filter {
	struct sock_filter code[FILTER_LENGTH_MAX];
	struct sock_fprog program; /* points to code: the structure must stay where it is */
};

/* What the service asks for. */
enum filter_call {
	FILTER_CALL_BIND,
	FILTER_CALL_LISTEN,
	FILTER_CALL_SHUTDOWN, /* of anything but the side that sends */
	FILTER_CALL_UNLINK,
	FILTER_CALL_UNLINKAT,
	FILTER_CALL_RENAME,
	FILTER_CALL_RENAMEAT, /* renameat2, too */
	FILTER_CALL_FOREIGN,  /* a bind of a program for an older processor (32 bits): not held */
	FILTER_CALL_OTHER,
};

/* Which calls beside bind and shutdown. */
struct filter_options {
	bool with_listen;
	bool with_paths; /* those that remove and rename files */
};

/* Writes the filter. False: none is known for this processor. */
bool filter_build(struct filter *filter, const struct filter_options *options);

/* Which call it is that the filter handed over, of the architecture that seccomp_data has. */
enum filter_call filter_call(uint32_t arch, int number);

#endif
