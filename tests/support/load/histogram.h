/* SPDX-License-Identifier: MIT */
/*
 * Counts of values by size, in memory of fixed size: exact below 128, above
 * that 64 buckets for each power of two, so a percentile is at most 1.6 % off.
 */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_BITS = 40, /* values from 2^40 on are counted as the greatest below it */
	HISTOGRAM_BUCKETS = (HISTOGRAM_BITS - 7) * 64 + 128,
};

struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS];
	uint64_t total;
	uint64_t max;
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The value that this share (0..1) of the values does not exceed; 0 if there are none. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

#endif
