/* SPDX-License-Identifier: MIT */
/* See histogram.h. */
#include "support/load/histogram.h"

#include <math.h>

/* Of 2^e <= value < 2^(e+1) the seven leading bits name the bucket. */
static unsigned bucket_of(uint64_t value)
{
	unsigned shift = 0;

	if (value >> HISTOGRAM_BITS)
		value = (UINT64_C(1) << HISTOGRAM_BITS) - 1;
	if (value >= 128)
		shift = 63u - (unsigned)__builtin_clzll(value) - 6u;
	return shift * 64u + (unsigned)(value >> shift);
}

static uint64_t greatest_in(unsigned bucket)
{
	unsigned shift = bucket < 128 ? 0 : bucket / 64 - 1;
	uint64_t leading = bucket - shift * 64u;

	return ((leading + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->counts[bucket_of(value)]++;
	histogram->total++;
	if (value > histogram->max)
		histogram->max = value;
}

uint64_t histogram_percentile(const struct histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)ceil(share * (double)histogram->total);
	uint64_t seen = 0;

	if (histogram->total == 0)
		return 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->counts[i];
		if (seen && seen >= wanted) {
			uint64_t value = greatest_in(i);

			return value < histogram->max ? value : histogram->max;
		}
	}
	return histogram->max;
}
