/* SPDX-License-Identifier: MIT */
/* What the rest of the library knows of trackers, beside <baton/tracker.h>. */
#ifndef LIFECYCLE_TRACKER_H
#define LIFECYCLE_TRACKER_H

#include <baton/tracker.h>
#include <stdint.h>

/* Unlike that of any other tracker, also of one that is gone. */
uint64_t tracker_number(const struct baton_tracker *tracker);

/* Calls fn for each tracker there is, none of which goes meanwhile; ends with its first result that
 * is not 0. fn may neither make nor destroy one. */
int tracker_list(int (*fn)(struct baton_tracker *tracker, void *data), void *data);

#endif
