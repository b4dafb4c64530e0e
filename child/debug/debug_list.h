/* SPDX-License-Identifier: MIT */
/* What is there of one kind, as text and as JSON. */
#ifndef CHILD_DEBUG_DEBUG_LIST_H
#define CHILD_DEBUG_DEBUG_LIST_H

#include <baton/leak.h>
#include <stdbool.h>

#include "http/buffer.h"

/* 0 or -errno. */
int debug_list(struct buffer *out, enum baton_leak_kind kind, bool is_json);

#endif
