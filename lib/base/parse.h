/* SPDX-License-Identifier: MIT */
/*
 * Checked values from text. All return 0 and write *ret, or -EINVAL (not of
 * that form) or -ERANGE (of that form, outside the bounds); *ret is then
 * untouched. The whole text must match: no white space, no rest. Pure.
 */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include <stdint.h>

/* A decimal number without sign, within min..max. */
int parse_unsigned(const char *text, uint64_t min, uint64_t max, uint64_t *ret);

/* As parse_unsigned, for an int; min must not be negative. */
int parse_int(const char *text, int min, int max, int *ret);

/*
 * A duration in milliseconds: 500ms, 2s, 1m, 1h, or a bare number of seconds;
 * a decimal fraction is allowed (0.5, 1.5s) and rounded up to a millisecond.
 * At most 24 days, so that it fits an int.
 */
int parse_duration(const char *text, int *ret_ms);

/* A signal: TERM, SIGTERM, term, RTMIN+3, or a number that is a signal here. */
int parse_signal(const char *text, int *ret);

#endif
